import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { refuseBrokenManifest } from '../../../scripts/lib/manifest.ts'
import { temporaryFolder } from '../../helpers/folders.ts'
import { problemOf } from '../../helpers/problems.ts'

const refused = (typedIn: string, userFolder = typedIn) =>
  problemOf(Promise.resolve().then(() => refuseBrokenManifest(typedIn, userFolder)))

async function withText(text: string): Promise<string> {
  const folder = await temporaryFolder()
  await writeFile(join(folder, 'package.json'), text)
  return folder
}

test.each([
  ['{', 'is not JSON: it ends too early, at line 1, column 2.'],
  ['', 'is not JSON: it ends too early, at line 1, column 1.'],
  ['{\n  "name": "x",\n  }\n', 'is not JSON: at line 3, column 3.'],
  ['[]', 'is JSON, and not an object.'],
  ['null', 'is JSON, and not an object.'],
])('a package.json that is %j is reported with its place', async (text, message) => {
  expect(await refused(await withText(text))).toMatchObject({
    code: 'JSON_INVALID',
    where: 'package.json',
    message: `${message} Expected what npm can read.`,
    exitCode: 3,
  })
})

test('a package.json that is a folder, or that may not be read, is reported', async () => {
  const folder = await temporaryFolder()
  await mkdir(join(folder, 'package.json'))
  expect(await refused(folder)).toMatchObject({
    code: 'FILE_UNREADABLE',
    where: 'package.json',
    message: expect.stringContaining('it is a folder (EISDIR)'),
  })
  if (process.getuid?.() === 0) return
  const other = await withText('{}')
  await chmod(join(other, 'package.json'), 0)
  expect(await refused(other)).toMatchObject({ code: 'FILE_UNREADABLE', where: 'package.json' })
})

test('one above is read as long as none below is of ours, and named from where the command is typed', async () => {
  const top = await withText('{')
  const below = join(top, 'apps/shop')
  await mkdir(below, { recursive: true })
  expect(await refused(below)).toMatchObject({ where: '../../package.json' })
  await writeFile(join(below, 'package.json'), '{}')
  expect(await refused(below)).toMatchObject({ where: '../../package.json' })
  await writeFile(join(below, 'package.json'), '\uFEFF{ "devDependencies": { "tiered-secrets": "1" } }')
  expect(() => refuseBrokenManifest(below, below)).not.toThrow()
})
