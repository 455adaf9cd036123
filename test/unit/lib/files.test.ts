import fs, { mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { syncBuiltinESMExports } from 'node:module'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { readIfExists, writeWhole } from '../../../scripts/lib/files.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

/** What a step of writing does instead of its work, when a test says so. */
const failing = { at: '' as '' | 'writeFile' | 'sync' | 'rename', code: '' }

const { open, rename } = fs
const fail = () => Promise.reject(Object.assign(new Error(`${failing.code}: simulated`), { code: failing.code }))

beforeAll(() => {
  fs.rename = (...args) => (failing.at === 'rename' ? fail() : rename(...args))
  fs.open = async (...args) => {
    const file = await open(...args)
    const { writeFile: write, sync } = file
    file.writeFile = async (text) => {
      if (failing.at !== 'writeFile') return write.call(file, text)
      await write.call(file, String(text).slice(0, 3))
      return fail()
    }
    file.sync = () => (failing.at === 'sync' ? fail() : sync.call(file))
    return file
  }
  syncBuiltinESMExports()
})

afterAll(() => {
  Object.assign(fs, { open, rename })
  syncBuiltinESMExports()
})

beforeEach(() => {
  failing.at = ''
})

test.each([
  ['half of the text is written', 'writeFile', 'ENOSPC', 'the disk is full, or the file too large for it (ENOSPC)'],
  ['the text is flushed', 'sync', 'EIO', 'EIO: simulated'],
  ['the new file takes the place of the old one', 'rename', 'EPERM', 'this user may not (EPERM)'],
] as const)(
  'when it fails after %s, the old text is whole and nothing is left beside it',
  async (_, at, code, reason) => {
    const folder = await temporaryFolder()
    const path = join(folder, 'file.txt')
    await writeFile(path, 'old text\n')
    Object.assign(failing, { at, code })
    expect(await problemOf(writeWhole(path, 'new text\n'))).toMatchObject({
      code: 'FILE_NOT_WRITTEN',
      where: path,
      message: `can't be written: ${reason}. Expected a file this user may write.`,
      exitCode: 3,
    })
    expect(await readFile(path, 'utf8')).toBe('old text\n')
    expect(await readdir(folder)).toEqual(['file.txt'])
    failing.at = ''
    await writeWhole(path, 'new text\n')
    expect(await readFile(path, 'utf8')).toBe('new text\n')
  },
)

test('a file that is not there has no text, also below a file', async () => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file.txt'), 'x')
  expect(await readIfExists(join(folder, 'none.txt'))).toBe(undefined)
  expect(await readIfExists(join(folder, 'file.txt/none.txt'))).toBe(undefined)
  expect(await readIfExists(join(folder, 'file.txt'))).toBe('x')
})

test('what can not be read is not taken for a file that is not there', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'file.txt'))
  expect((await problemOf(readIfExists(join(folder, 'file.txt')))).code).toBe('FILE_UNREADABLE')
  await rm(join(folder, 'file.txt'), { recursive: true })
})

test.each([
  [
    'a file lies where its folder has to be',
    'file.txt/new.txt',
    'a file lies where one of its folders',
    'Move that file',
  ],
  ['a file lies where the folder above has to be', 'file.txt/a/new.txt', 'a file lies where one of', 'Move that file'],
  ['it is a folder', 'folder', 'it is a folder', 'Move the folder away'],
  ['its name is too long', 'x'.repeat(300), 'its name is too long', 'Name a shorter path'],
  ['links lead in a circle', 'circle/new.txt', 'its links lead in a circle', 'Correct the links'],
])('where no file can be written because %s, that is told, and what to do', async (_, name, fact, fix) => {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'file.txt'), 'x')
  await mkdir(join(folder, 'folder'))
  await symlink('circle', join(folder, 'circle'))
  const problem = await problemOf(writeWhole(join(folder, name), 'x'))
  expect(problem.message).toContain(`can't be written: ${fact}`)
  expect(problem.fix).toMatch(new RegExp(`^${fix}.*, then run the same command again; nothing was lost\\.$`))
})

test('a folder in place of a file is reported as one', async () => {
  const folder = await temporaryFolder()
  expect(await problemOf(readIfExists(folder))).toMatchObject({
    message: "can't be read: it is a folder (EISDIR). Expected a file this user may read.",
    fix: 'Move the folder away, or name a file, then run the same command again.',
  })
})
