import { beforeAll, expect, test } from 'vitest'
import { chartReadme } from '../../../scripts/generate/chart-readme.ts'
import type { GeneratorSources } from '../../../scripts/generate/generate.ts'
import type { JsonSchema } from '../../../scripts/generate/json-schema.ts'
import { generatorSources } from '../../helpers/generating.ts'

let sources: GeneratorSources
let rows: string[][]
beforeAll(async () => {
  sources = await generatorSources()
  rows = rowsOf(chartReadme(sources.baseSchema, sources.chartDefaults))
})

test('every property of the contract has a line, in its order, with its description', () => {
  const descriptions: string[] = []
  const walk = (schema: JsonSchema) => {
    for (const property of Object.values(schema.properties ?? {})) {
      descriptions.push(String(property.description))
      for (const part of [property, ...((property.allOf as JsonSchema[] | undefined) ?? [])]) walk(target(part))
    }
  }
  /** What is below a property: its own properties, or those of each of its entries. */
  const target = (schema: JsonSchema): JsonSchema => {
    const { $ref, additionalProperties } = schema
    if (typeof $ref === 'string') return target(sources.baseSchema.definitions?.[$ref.split('/').at(-1) ?? ''] ?? {})
    if (schema.properties) return schema
    return typeof additionalProperties === 'object' ? target(additionalProperties as JsonSchema) : {}
  }
  walk(sources.baseSchema)
  expect(descriptions.length).toBeGreaterThan(30)
  expect(rows.map((row) => row.at(-1))).toEqual(descriptions)
})

test('a value below others is named by its whole path', () => {
  const places = rows.map(([place]) => place)
  expect(new Set(places).size).toBe(places.length)
  expect(places).toContain('`scaleway.region`')
  expect(places).toContain('`tiers.<tier>.namespace`')
  expect(places).toContain('`tiers.<tier>.required.bundles.<identity>.keys`')
  expect(places).toContain('`tiers.<tier>.optional.fields.<VARIABLE>.property`')
})

test('the default is that of values.yaml, and a group of values has none', () => {
  const readme = chartReadme(sources.baseSchema, { ...sources.chartDefaults, refreshInterval: '42m' })
  const byPlace = new Map(rowsOf(readme).map(([place, _type, value]) => [place, value]))
  expect(byPlace.get('`refreshInterval`')).toBe('`"42m"`')
  expect(byPlace.get('`namespaces`')).toBe('')
  expect(byPlace.get('`tiers`')).toBe('`{}`')
})

test('it says where it comes from, and its type is one a reader knows', () => {
  expect(chartReadme(sources.baseSchema, {})).toMatch(/^<!-- Generated from schema\/values\.base\.schema\.json by /)
  for (const [place, type] of rows)
    expect(type, place).toMatch(/^(string|object|array|boolean|integer|[\w./-]+( or [\w./-]+)+)$/)
})

// --- internal ---

function rowsOf(readme: string): string[][] {
  return readme
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(2, -2).split(' | '))
}
