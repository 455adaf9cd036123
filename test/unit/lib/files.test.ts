import fs, { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
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
  ['half of the text is written', 'writeFile', 'ENOSPC', 'the disk is full'],
  ['the text is flushed', 'sync', 'ENOSPC', 'the disk is full'],
  ['the new file takes the place of the old one', 'rename', 'EPERM', 'EPERM: simulated'],
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
