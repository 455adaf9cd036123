import { chmod, mkdir, readdir, readFile, stat, utimes, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { createJiti } from 'jiti'
import { expect, test, vi } from 'vitest'
import { keepJavaScript } from '../../../scripts/session/kept-javascript.ts'
import { temporaryFolder } from '../../helpers/folders.ts'

const plain = createJiti(import.meta.url, { fsCache: false })
const one = { source: 'export const a: number = 1\n', filename: '/a/scripts/catalogue.ts', ts: true }

/** A transform that counts what it is asked. */
const counted = () => vi.fn((options: { readonly source: string }) => ({ code: `made of ${options.source}` }))

test('what was transformed once is not transformed again, by no later run either', async () => {
  const folder = join(await temporaryFolder(), 'new/data-files')
  const transform = counted()
  const first = await keepJavaScript(folder, '1', transform)
  expect([first(one), first(one)]).toEqual([{ code: `made of ${one.source}` }, { code: `made of ${one.source}` }])
  const second = await keepJavaScript(folder, '1', transform)
  expect(second(one)).toEqual({ code: `made of ${one.source}` })
  expect(transform).toHaveBeenCalledTimes(1)
  const [file = ''] = await readdir(folder)
  expect([(await stat(folder)).mode & 0o777, (await stat(join(folder, file))).mode & 0o777]).toEqual([0o700, 0o600])
})

test.each([
  ['another text', '1', { ...one, source: 'export const a = 2\n' }],
  ['another version of what transforms', '2', one],
  ['another option', '1', { ...one, async: true }],
])('%s is transformed anew', async (_title, version, options) => {
  const folder = await temporaryFolder()
  const transform = counted()
  const first = await keepJavaScript(folder, '1', transform)
  first(one)
  const second = await keepJavaScript(folder, version, transform)
  expect(second(options)).toEqual({ code: `made of ${options.source}` })
  expect(transform).toHaveBeenCalledTimes(2)
})

test('the place of a file counts where its text asks for it, and the real transform agrees', async () => {
  const transform = counted()
  const kept = await keepJavaScript(await temporaryFolder(), '1', transform)
  const elsewhere = { ...one, filename: '/b/catalogue.ts' }
  for (const options of [one, elsewhere]) kept(options)
  expect(transform).toHaveBeenCalledTimes(1)
  expect(plain.transform(one)).toBe(plain.transform(elsewhere))
  const source = 'export const here: string = import.meta.url\n'
  for (const { filename } of [one, elsewhere]) kept({ ...one, source, filename })
  expect(transform).toHaveBeenCalledTimes(3)
  expect(plain.transform({ ...one, source })).not.toBe(plain.transform({ ...elsewhere, source }))
})

test('what could not be read is not kept', async () => {
  const folder = await temporaryFolder()
  const kept = await keepJavaScript(folder, '1', (options) => ({ code: plain.transform(options) }))
  expect(kept({ ...one, source: 'export const {' }).code).toContain('__JITI_ERROR__')
  const failing = await keepJavaScript(folder, '1', () => ({ code: 'x', error: new Error('no') }))
  failing(one)
  expect(await readdir(folder)).toEqual([])
})

/** Changes what is kept, as another user could while the folder was open to others. */
async function plant(folder: string): Promise<string> {
  const [file = ''] = await readdir(folder)
  await writeFile(join(folder, file), 'planted')
  return join(folder, file)
}

test.each([
  ['a folder that others can change', async (folder: string) => chmod(folder, 0o777)],
  ['a file that others can change', async (_folder: string, file: string) => chmod(file, 0o666)],
])('nothing is run from %s', async (_title, open) => {
  const folder = await temporaryFolder()
  const transform = counted()
  const first = await keepJavaScript(folder, '1', transform)
  first(one)
  await open(folder, await plant(folder))
  const second = await keepJavaScript(folder, '1', transform)
  expect(second(one)).toEqual({ code: `made of ${one.source}` })
})

test.each([
  ['a file', async () => join(await temporaryFolder(), 'file')],
  ['a folder of the kernel', async () => '/proc/nothing'],
])('below %s nothing can be kept, and all is transformed', async (_title, above) => {
  const folder = await above()
  if (!folder.startsWith('/proc')) await writeFile(folder, '')
  const transform = counted()
  const kept = await keepJavaScript(join(folder, 'data-files'), '1', transform)
  expect([kept(one), kept(one)]).toHaveLength(2)
  expect(transform).toHaveBeenCalledTimes(2)
})

test('of more than a hundred the ones used longest ago go', async () => {
  const folder = await temporaryFolder()
  await mkdir(folder, { recursive: true })
  for (let index = 0; index < 100; index++) {
    await writeFile(join(folder, `${index}.js`), '')
    await utimes(join(folder, `${index}.js`), index, index)
  }
  const kept = await keepJavaScript(folder, '1', counted())
  kept(one)
  const left = await readdir(folder)
  expect([left.length, left.includes('0.js'), left.includes('1.js')]).toEqual([100, false, true])
  const own = left.find((name) => name.length > 10) ?? ''
  expect(await readFile(join(folder, own), 'utf8')).toBe(`made of ${one.source}`)
  await utimes(join(folder, own), 1, 1)
  kept(one)
  expect((await stat(join(folder, own))).mtimeMs).toBeGreaterThan(1_000_000)
})
