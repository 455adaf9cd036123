import { expect, test } from 'vitest'
import { dependentTests, sameForEach, testTexts } from '../../helpers/dependents.ts'

const generating = `export const root = process.cwd()
export const ourChart = join(root, 'charts/tiered-secrets')
export function repositoryFile(path: string) {
  return readFile(join(root, path), 'utf8')
}
`
/** A helper with one part that depends on the application, and one that does not. */
const both = `import { root } from './generating.ts'

export const one = await loadApplication({ userFolder: root })

export function other() {
  return 1
}

export function third() {
  return one
}
`
const helpers = { 'test/helpers/generating.ts': generating, 'test/helpers/both.ts': both }
const names = "import { ourChart, repositoryFile, root } from '../helpers/generating.ts'\n"

const dependsOn = (text: string, more: Readonly<Record<string, string>> = {}) =>
  dependentTests(new Map(Object.entries({ ...helpers, ...more, 'test/unit/x.test.ts': text }))).length === 1

test.each([
  ['names the folder', `${names}loadApplication({ userFolder: root })`],
  ['names the folder where it is', 'start({ cwd: process.cwd() })'],
  ['names the chart', `${names}run('helm', [ourChart])`],
  ['starts the command line where it is', 'execFile(process.execPath, [compiledCli, name])'],
  ['reads a generated file', `${names}repositoryFile('values/live.yaml')`],
  ['reads the data', "readFileSync('scripts/catalogue.ts')"],
  ['reads a page', "readFile('README.md', 'utf8')"],
  ['reads a path it has written down', "const page = 'docs/catalogue.md'\n\ntest('x', () => readFileSync(page))"],
  ['reads a path below its own', "readFile(join(import.meta.dirname, '../../values/live.yaml'))"],
  ['reads whole folders', "for (const folder of ['scripts', 'docs']) readdirSync(folder)"],
  ['reads a file that nobody knows', `${names}repositoryFile(path)`],
  ['copies the chart', `${names}cp(join(root, 'charts/tiered-secrets'), folder)`],
  ['uses such a part of a helper', "import { one } from '../helpers/both.ts'\n\ntest(one)"],
  ['uses a part that uses such a part', "import { third as it } from '../helpers/both.ts'\n\ntest(it)"],
  ['uses a helper as a whole', "import * as all from '../helpers/both.ts'"],
  ['loads one later', "await import('../helpers/both.ts')"],
])('a test that %s depends on the application', (_, text) => {
  expect(dependsOn(text)).toBe(true)
})

test.each([
  ['reads in a folder of its own', "readFile(join(folder, 'values/live.yaml'))"],
  ['reads what is the same for each', `${names}repositoryFile('schema/values.base.schema.json')`],
  ['names a program', `${names}join(root, 'node_modules/.bin/tsc')`],
  ['has a root of its own', 'const root = await temporaryFolder()\nreadFile(join(root, path))'],
  ['asks another folder', "repository.read('values/live.yaml')"],
  ['starts the command line elsewhere', 'execFile(process.execPath, [compiledCli], { cwd: folder })'],
  ['uses another part of a helper', "import { other } from '../helpers/both.ts'\n\ntest(other)"],
  ['has its types alone', "import type { One } from '../helpers/both.ts'"],
])('a test that %s does not', (_, text) => {
  // The other part runs when the file is loaded, but has a name.
  expect(dependsOn(text)).toBe(false)
})

test('an import line that is handed on counts as a whole', () => {
  const more = { 'test/helpers/between.ts': "export { one } from './both.ts'\n" }
  expect(dependsOn("import { one } from '../helpers/between.ts'\n\ntest(one)", more)).toBe(true)
})

test('of the tests here some do, and some do not', () => {
  const found = dependentTests(testTexts())
  for (const path of ['generated/committed', 'unit/cli', 'unit/words', 'unit/documentation', 'chart/check'])
    expect(found).toContain(`test/${path}.test.ts`)
  for (const path of ['unit/model/formats', 'generated/gen-values', 'chart/manifests', 'chart/installed-package'])
    expect(found).not.toContain(`test/${path}.test.ts`)
})

test('each part that is the same for every application is there, and is needed', () => {
  const all = testTexts()
  const found = dependentTests(all)
  for (const key of Object.keys(sameForEach)) {
    const { [key]: _, ...others } = sameForEach
    expect([key, dependentTests(all, others).length]).not.toEqual([key, found.length])
  }
})
