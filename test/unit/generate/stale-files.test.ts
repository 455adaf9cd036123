import { chmod, mkdir, readdir, readFile, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { diffOf, findStale, writeStale } from '../../../scripts/generate/stale-files.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

const files = [
  { path: 'a/fresh.txt', content: 'fresh\n' },
  { path: 'a/old.txt', content: 'new\n' },
  { path: 'b/c/missing.txt', content: 'made\n' },
]

/** A folder in which one file is as it has to be, one is old and one is missing. */
async function folderWithOldFiles() {
  const root = await temporaryFolder()
  await mkdir(join(root, 'a'))
  await writeFile(join(root, 'a/fresh.txt'), 'fresh\n')
  await writeFile(join(root, 'a/old.txt'), 'old\n')
  return root
}

test('what differs or is missing is stale, and what is the same is not', async () => {
  const stale = await findStale(await folderWithOldFiles(), files)
  expect(stale).toEqual([
    { path: 'a/old.txt', content: 'new\n', committed: 'old\n' },
    { path: 'b/c/missing.txt', content: 'made\n', committed: undefined },
  ])
})

test('a difference of one line break is a difference', async () => {
  const root = await folderWithOldFiles()
  expect(await findStale(root, [{ path: 'a/fresh.txt', content: 'fresh' }])).toHaveLength(1)
})

test('stale files are written with their folders; nothing is stale afterwards and nothing is left beside them', async () => {
  const root = await folderWithOldFiles()
  await writeStale(root, await findStale(root, files))
  expect(await findStale(root, files)).toEqual([])
  expect((await readdir(root, { recursive: true })).sort()).toEqual([
    'a',
    'a/fresh.txt',
    'a/old.txt',
    'b',
    'b/c',
    'b/c/missing.txt',
  ])
})

test('a file that would not change is not touched', async () => {
  const root = await folderWithOldFiles()
  const path = join(root, 'a/fresh.txt')
  await utimes(path, 1000, 1000)
  const before = await stat(path)
  await writeStale(root, await findStale(root, files))
  const after = await stat(path)
  expect([after.ino, after.mtimeMs]).toEqual([before.ino, before.mtimeMs])
  expect((await stat(join(root, 'a/old.txt'))).mtimeMs).toBeGreaterThan(1_000_000)
})

test('a crash in the middle leaves every file whole: the ones before new, the others as they were', async () => {
  const root = await folderWithOldFiles()
  // `b` is a file, so that the folder of the third can't be made.
  await writeFile(join(root, 'b'), '')
  const problem = await problemOf(writeStale(root, await findStale(root, files)))
  expect(problem).toMatchObject({ code: 'FILE_NOT_WRITTEN', where: join(root, 'b/c/missing.txt'), exitCode: 3 })
  expect(await readFile(join(root, 'a/old.txt'), 'utf8')).toBe('new\n')
  expect((await readdir(root, { recursive: true })).sort()).toEqual(['a', 'a/fresh.txt', 'a/old.txt', 'b'])
})

test('a file nobody may read is reported, and is not taken for a missing one', async () => {
  const root = await temporaryFolder()
  await mkdir(join(root, 'folder.txt'))
  expect(await problemOf(findStale(root, [{ path: 'folder.txt', content: '' }]))).toMatchObject({
    code: 'FILE_UNREADABLE',
    where: join(root, 'folder.txt'),
  })
})

test('a written file has the usual permissions, also when it replaces a link', async () => {
  const root = await temporaryFolder()
  await writeFile(join(root, 'elsewhere.txt'), 'elsewhere\n')
  await chmod(join(root, 'elsewhere.txt'), 0o600)
  await symlink('elsewhere.txt', join(root, 'file.txt'))
  await writeStale(root, await findStale(root, [{ path: 'file.txt', content: 'new\n' }]))
  expect((await stat(join(root, 'file.txt'))).mode & 0o777).toBe(0o644)
  expect(await readFile(join(root, 'elsewhere.txt'), 'utf8')).toBe('elsewhere\n')
})

test('a diff goes from what is committed to what is implied', async () => {
  const diff = await diffOf(await findStale(await folderWithOldFiles(), files))
  expect(diff).toContain('--- a/a/old.txt\n+++ b/a/old.txt\n@@ -1,1 +1,1 @@\n-old\n+new\n')
  expect(diff).toContain('--- /dev/null\n+++ b/b/c/missing.txt\n@@ -0,0 +1,1 @@\n+made\n')
  expect(diff).not.toContain('fresh')
  expect(await diffOf([])).toBe('')
})
