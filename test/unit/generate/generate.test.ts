import { expect, test } from 'vitest'
import { generate } from '../../../scripts/generate/generate.ts'
import type { Application } from '../../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith } from '../../helpers/applications.ts'
import { generatedFiles, generatorSources } from '../../helpers/generating.ts'
import { problemOf } from '../../helpers/problems.ts'

const reversed = <T>(record: Readonly<Record<string, T>>) => Object.fromEntries(Object.entries(record).reverse())

/** The same application, written down in another order. */
const inAnotherOrder = ({ catalogue, environments }: Application): Application => ({
  catalogue: {
    ...reversed(catalogue as never),
    tiers: reversed(catalogue.tiers),
    secrets: catalogue.secrets.map((secret) => reversed(secret as never) as never).reverse(),
  } as never,
  environments: reversed(environments),
})

test.each([
  ['Trackdéchets', trackdechets],
  ['the bookshop', bookshop],
])(
  'the files of %s do not depend on the order of the catalogue, but for its own tables in the documentation',
  async (_, application) => {
    const [one, other] = [await generatedFiles(application), await generatedFiles(inAnotherOrder(application))]
    expect([...other.keys()]).toEqual([...one.keys()])
    for (const [path, content] of one) if (!path.startsWith('docs/')) expect(other.get(path), path).toBe(content)
  },
)

test('the files are the same each time', async () => {
  expect(await generatedFiles(trackdechets)).toEqual(await generatedFiles(trackdechets))
})

test('every file has Unix line ends, one line break at its end and a line that names its source', async () => {
  for (const [path, content] of await generatedFiles(bookshop)) {
    expect(content, path).toMatch(/[^\n]\n$/)
    expect(content, path).not.toContain('\r')
    const [head] = content.split('"properties"')
    if (!path.startsWith('docs/'))
      expect(head, path).toMatch(/Generated from (schema|scripts)\/.+ by `npm run gen-values`\. Do not edit\./)
  }
})

test('each environment has its values twice: for Helm and, the same, for ct', async () => {
  const files = await generatedFiles(bookshop)
  for (const name of ['live', 'preview', 'rehearsal']) {
    expect(files.get(`values/${name}.yaml`)).toContain(`\nenvironment: ${name}\n`)
    expect(files.get(`charts/tiered-secrets/ci/${name}-values.yaml`)).toBe(files.get(`values/${name}.yaml`))
  }
  expect([...files.keys()].filter((path) => path.endsWith('.yaml'))).toHaveLength(6)
})

test('an application with problems makes no file, and all problems are reported', async () => {
  const secrets = [{ format: 'nothing' as never }, { variable: '1', remoteName: 'one' }]
  const problem = await problemOf(generate(applicationWith({ secrets }), await generatorSources()))
  expect(problem.all.map(({ code }) => code)).toEqual(['VARIABLE_INVALID', 'FORMAT_UNKNOWN'])
  expect(problem.exitCode).toBe(3)
})

test('a warning is handed on and stops nothing', async () => {
  const secrets = [{}, { variable: 'SAME', remoteName: 'token' }]
  const { files, warnings } = await generate(applicationWith({ secrets }), await generatorSources())
  expect(warnings.map(({ code }) => code)).toEqual(['REPEATED_REMOTE_REF'])
  expect(files).toHaveLength(11)
})

test('values that the contract refuses are not written', async () => {
  const { baseSchema, ...sources } = await generatorSources()
  const properties = { ...baseSchema.properties, environment: { description: 'x', const: 'other' } }
  const problem = await problemOf(
    generate(applicationWith(), { ...sources, baseSchema: { ...baseSchema, properties } }),
  )
  expect(problem).toMatchObject({ code: 'VALUES_REFUSED_BY_SCHEMA', where: 'values/dev.yaml environment', exitCode: 3 })
})
