import { expect, test } from 'vitest'
import { compileChartValuesTypes } from '../../scripts/generate/chart-values-types.ts'
import { generatedPaths } from '../../scripts/generate/generate.ts'
import { diffOf, findStale } from '../../scripts/generate/stale-files.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { generatedFiles, generatorSources, repositoryFile, root } from '../helpers/generating.ts'

const files = await generatedFiles(trackdechets)

test.each([...files.keys()])('%s is what the generator makes, byte for byte', async (path) => {
  const content = files.get(path) ?? ''
  const committed = await repositoryFile(path)
  expect(committed, await diffOf([{ path, content, committed }])).toBe(content)
})

test('these are all generated files', () => {
  expect([...files.keys()].sort()).toEqual([
    'charts/tiered-secrets/README.md',
    'charts/tiered-secrets/ci/production-values.yaml',
    'charts/tiered-secrets/ci/recette-values.yaml',
    'charts/tiered-secrets/ci/sandbox-values.yaml',
    'charts/tiered-secrets/values.schema.json',
    'docs/catalogue.md',
    'docs/emulator.md',
    'docs/operator.md',
    'docs/troubleshooting.md',
    'schema/chart-values.ts',
    'values/production.reachability.md',
    'values/production.yaml',
    'values/recette.reachability.md',
    'values/recette.yaml',
    'values/sandbox.reachability.md',
    'values/sandbox.yaml',
  ])
})

test('the types of the chart values are what the compiler makes of the schema, and not only what their digests say', async () => {
  const { baseSchema } = await generatorSources()
  expect(await repositoryFile(generatedPaths.types)).toBe(await compileChartValuesTypes(baseSchema))
})

test('a file that differs in one byte is found', async () => {
  const [path = '', content = ''] = [...files][0] ?? []
  expect(await findStale(root, [{ path, content }])).toEqual([])
  expect(await findStale(root, [{ path, content: content.replace('fr-par', 'nl-ams') }])).toHaveLength(1)
})

test.each(['recette', 'sandbox', 'production'])('the values of %s for ct are those for Helm', async (environment) => {
  const values = await repositoryFile(`values/${environment}.yaml`)
  expect(await repositoryFile(`charts/tiered-secrets/ci/${environment}-values.yaml`)).toBe(values)
})
