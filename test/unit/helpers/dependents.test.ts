import { expect, test } from 'vitest'
import { dependentTests, testTexts, withOwnApplication } from '../../helpers/dependents.ts'

const texts = new Map([
  ['test/unit/pure.test.ts', `import { a } from '../helpers/pure.ts'`],
  ['test/unit/reads.test.ts', `import { readFileSync } from 'node:fs'\nreadFileSync('docs/operations.md')`],
  ['test/unit/elsewhere.test.ts', `import { a } from '../../scripts/a.ts'\nreadFileSync(join(folder, 'a.txt'))`],
  ['test/unit/through.test.ts', `import { b } from '../helpers/between.ts'`],
  ['test/unit/later.test.ts', `await import('../helpers/between.ts')`],
  ['test/helpers/pure.ts', 'export const a = 1'],
  ['test/helpers/between.ts', `export { b } from './reader.ts'`],
  [
    'test/helpers/reader.ts',
    `import { between } from './between.ts'\nexport const b = repositoryFile('values/x.yaml')`,
  ],
])

test('a test depends on the application where it, or what it imports, reads files of the repository', () => {
  expect(dependentTests(texts)).toEqual([
    'test/unit/later.test.ts',
    'test/unit/reads.test.ts',
    'test/unit/through.test.ts',
  ])
})

test('of the tests here some do, and some do not', () => {
  const all = testTexts()
  const found = dependentTests(all)
  expect(found).toContain('test/generated/committed.test.ts')
  expect(found).toContain('test/unit/cli.test.ts')
  expect(found).not.toContain('test/unit/model/formats.test.ts')
})

test('those with an application of their own are there, and make it', () => {
  const all = testTexts()
  for (const path of withOwnApplication) {
    expect([path, all.get(path)]).toEqual([
      path,
      expect.stringMatching(/folderWith|userFolder|repositoryCopy|installPackage|temporaryFolder|mkdtemp|sharedFolder/),
    ])
  }
})
