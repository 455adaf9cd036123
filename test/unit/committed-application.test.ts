import { expect, test } from 'vitest'
import { importsOf } from '../helpers/boundaries.ts'
import { testTexts } from '../helpers/dependents.ts'

/** Files of tests that import a file a user edits. */
function importers(files: ReadonlyMap<string, string>): string[] {
  return [...files]
    .filter(([, text]) => importsOf(text).some(({ from = '' }) => /scripts\/(catalogue|environments)\.ts$/.test(from)))
    .map(([path]) => path)
}

test('no test imports the catalogue or the environments of this repository: they may be those of any application', () => {
  const files = new Map(testTexts())
  files.delete('test/unit/committed-application.test.ts')
  files.delete('test/unit/imports.test.ts')
  expect(files.size).toBeGreaterThan(200)
  expect(importers(files)).toEqual([])
})

test('such an import is found', () => {
  const planted = new Map([['e2e/x.test.ts', "import catalogue from '../../scripts/catalogue.ts'"]])
  expect(importers(planted)).toEqual(['e2e/x.test.ts'])
})
