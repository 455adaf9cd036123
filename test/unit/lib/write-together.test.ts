import { mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { writeTogether } from '../../../scripts/lib/write-together.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

const news = [
  { path: 'a.txt', content: 'A', before: undefined },
  { path: 'deep/er/b.txt', content: 'B', before: undefined },
]

async function contentOf(folder: string): Promise<Record<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.map((entry) => ({ path: join(entry.parentPath, entry.name), isFile: entry.isFile() }))
  const read = async ({ path, isFile }: (typeof files)[number]) =>
    [path.slice(folder.length + 1), isFile ? await readFile(path, 'utf8') : ''] as const
  return Object.fromEntries(await Promise.all(files.map(read)))
}

const write = async (folder: string, changes: Parameters<typeof writeTogether>[1]) => writeTogether(folder, changes)

test('all files are written, with their folders, and nothing else is left', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'c.txt'), 'old', { mode: 0o640 })
  await write(folder, [...news, { path: 'c.txt', content: 'new', before: 'old' }])
  expect(await contentOf(folder)).toEqual({
    'a.txt': 'A',
    deep: '',
    'deep/er': '',
    'deep/er/b.txt': 'B',
    'c.txt': 'new',
  })
  expect((await stat(join(folder, 'c.txt'))).mode & 0o777).toBe(0o640)
})

test.each([
  ['a file came to be there', { path: 'last.txt', content: 'x', before: undefined }],
  ['a file has changed', { path: 'last.txt', content: 'x', before: 'other' }],
  ['a file is where a folder has to be', { path: 'last.txt/x', content: 'x', before: undefined }],
  ['a file is gone', { path: 'gone.txt', content: 'x', before: 'was here' }],
])('none is written when %s', async (_title, last) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'last.txt'), 'mine')
  await writeFile(join(folder, 'c.txt'), 'old')
  await mkdir(join(folder, 'deep'))
  const before = await contentOf(folder)
  const changes = [...news, { path: 'c.txt', content: 'new', before: 'old' }, last]
  expect(await problemOf(write(folder, changes))).toMatchObject({
    code: 'FILE_NOT_WRITTEN',
    where: join(folder, last.path),
  })
  expect(await contentOf(folder)).toEqual(before)
})
