import { expect, test } from 'vitest'
import { compileChartValuesTypes } from '../../scripts/generate/chart-values-types.ts'
import { generatedPaths } from '../../scripts/generate/generate.ts'
import { diffOf, findStale } from '../../scripts/generate/stale-files.ts'
import { committed, committedEnvironments } from '../helpers/committed.ts'
import { generatedFiles, generatorSources, repositoryFile, root } from '../helpers/generating.ts'

const files = await generatedFiles(committed)

test.each([...files.keys()])('%s is what the generator makes, byte for byte', async (path) => {
  const content = files.get(path) ?? ''
  const text = await repositoryFile(path)
  expect(text, await diffOf([{ path, content, committed: text }])).toBe(content)
})

test('these are all generated files', () => {
  const ofEnvironments = committedEnvironments.flatMap((name) => [
    `charts/tiered-secrets/ci/${name}-values.yaml`,
    `values/${name}.reachability.md`,
    `values/${name}.yaml`,
  ])
  const ofAll = [
    'charts/tiered-secrets/README.md',
    'charts/tiered-secrets/values.schema.json',
    'docs/boundary.md',
    'docs/catalogue.md',
    'docs/emulator.md',
    'docs/operator.md',
    'docs/troubleshooting.md',
    'schema/chart-values.ts',
  ]
  expect([...files.keys()].sort()).toEqual([...ofAll, ...ofEnvironments].sort())
})

test('the types of the chart values are what the compiler makes of the schema, and not only what their digests say', async () => {
  const { baseSchema } = await generatorSources()
  expect(await repositoryFile(generatedPaths.types)).toBe(await compileChartValuesTypes(baseSchema))
})

test('a file that differs in one byte is found', async () => {
  const [path = '', content = ''] = [...files][0] ?? []
  expect(await findStale(root, [{ path, content }])).toEqual([])
  expect(await findStale(root, [{ path, content: `${content}x` }])).toHaveLength(1)
})

test.each(committedEnvironments)('the values of %s for ct are those for Helm', async (environment) => {
  const values = await repositoryFile(`values/${environment}.yaml`)
  expect(await repositoryFile(`charts/tiered-secrets/ci/${environment}-values.yaml`)).toBe(values)
})
