import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { duplicateKeyProblems } from '../../../../scripts/inspect/check/duplicate-keys.ts'
import { temporaryFolder } from '../../../helpers/folders.ts'
import { root } from '../../../helpers/generating.ts'

async function found(text: string, name = 'catalogue.ts') {
  const userFolder = await temporaryFolder()
  await mkdir(join(userFolder, 'scripts'))
  await writeFile(join(userFolder, 'scripts', name), text)
  return duplicateKeyProblems({ userFolder })
}

const one = 'const shop = { description: "x" }\nexport default {\n  tiers: {\n    shop,\n    "shop": {},\n  },\n}\n'

test.each(['catalogue.ts', 'environments.mjs'])('a name that an object of %s has twice is reported', async (name) => {
  expect(await found(one, name)).toEqual([
    {
      code: 'DUPLICATE_KEY',
      where: `scripts/${name}:4`,
      message: 'an object has "shop" twice, in lines 4 and 5: only the last counts. Expected each name once.',
      fix: 'Rename one of them, or bring them together.',
    },
  ])
})

test('three of a name are one problem, and each object is looked at alone', async () => {
  const problems = await found(
    'export default [{ a: 1, ["a"]: 2, ...{ a: 3 },\n  a: 4 }, { b: { c: 1 }, d: { c: 1 } }]\n',
  )
  expect(problems.map(({ message }) => message)).toEqual([expect.stringContaining('"a" 3 times, in lines 1, 1 and 2')])
})

test.each([
  ['a getter with its setter', 'export default { get a() { return 1 }, set a(value) {} }\n'],
  ['a name known only at run time', 'const k = "a"\nexport default { [k]: 1, a: 2 }\n'],
  ['a file with a mistake, which its loading reports', 'export default { a: 1, a: 2\n'],
])('nothing is said of %s', async (_what, text) => {
  expect(await found(text)).toEqual([])
})

test('nor of the data files of this repository', async () => {
  expect(await duplicateKeyProblems({ userFolder: root })).toEqual([])
})
