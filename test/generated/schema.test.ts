import { Ajv } from 'ajv'
import { describe, expect, test } from 'vitest'
import type { JsonSchema } from '../../scripts/generate/json-schema.ts'
import { isRecord } from '../../scripts/lib/record.ts'
import { allSingle, bookshop, trackdechets } from '../fixtures/applications.ts'
import { generatedFiles, generatorSources } from '../helpers/generating.ts'

const schemaPath = 'charts/tiered-secrets/values.schema.json'
const narrowed = async (application: typeof trackdechets) =>
  JSON.parse((await generatedFiles(application)).get(schemaPath) ?? '') as JsonSchema

/** Objects whose keys somebody else names: Kubernetes labels and annotations, and what Helm hands down. */
const open = [
  '/properties/global',
  '/properties/namespaces/properties/labels',
  '/properties/namespaces/properties/annotations',
]

const { baseSchema } = await generatorSources()

test.each([
  ['remoteRef', 'path:/shop-api/..', 'path:/shop-api/..a'],
  ['remoteRef', 'path:/shop-api/./token', 'path:/shop-api/.b/token'],
  ['remoteRef', 'path:/shop-api/%2e', 'path:/shop-api/2e'],
  ['remoteName', '..', 'a.b'],
  ['field.properties.property', '@tostr', '\\@tostr'],
  ['field.properties.property', 'a|b', 'a\\|b'],
  ['field.properties.property', 'a..b', 'smtp.user name.été'],
  ['field.properties.property', 'a'.repeat(1001), 'a'.repeat(1000)],
  ['tier.properties.remotePath', '/shop/..', '/shop/..a'],
])('the contract knows no %s that admission refuses: %s', (place, wrong, right) => {
  const path = place.split('.')
  const schema = path.reduce(
    (parent, name) => (parent as Record<string, never>)[name],
    baseSchema.definitions as unknown,
  )
  const isValid = new Ajv().compile(schema as JsonSchema)
  expect([isValid(wrong), isValid(right)]).toEqual([false, true])
})

describe.each([
  ['the hand-written contract', (await generatorSources()).baseSchema],
  ['the schema of Trackdéchets', await narrowed(trackdechets)],
  ['the schema of Trackdéchets with single layout', await narrowed(allSingle)],
  ['the schema of the bookshop', await narrowed(bookshop)],
])('%s', (name, schema) => {
  const places = walk(schema)

  test('is valid draft-07, which old and new Helm read alike', () => {
    expect(schema.$schema).toBe('http://json-schema.org/draft-07/schema#')
    const ajv = new Ajv()
    expect(ajv.validateSchema(schema), JSON.stringify(ajv.errors)).toBe(true)
    const newer = [
      '$defs',
      '$anchor',
      '$dynamicRef',
      'unevaluatedProperties',
      'dependentRequired',
      'prefixItems',
      '$id',
    ]
    expect(places.filter(({ schema }) => newer.some((keyword) => keyword in schema))).toEqual([])
  })

  test('is self-contained: a reference is to a definition that is there, and each definition is referred to', () => {
    const refs = places.flatMap(({ schema }) => (typeof schema.$ref === 'string' ? [schema.$ref] : []))
    const defined = Object.keys(schema.definitions ?? {}).map((definition) => `#/definitions/${definition}`)
    expect([...new Set(refs)].sort()).toEqual(defined.sort())
    if (name === 'the hand-written contract') expect(defined.length).toBeGreaterThan(5)
  })

  test('has no reference with neighbours, which draft-07 would ignore', () => {
    expect(places.filter(({ schema }) => '$ref' in schema && Object.keys(schema).length > 1)).toEqual([])
  })

  test('is closed everywhere, but for labels, annotations and `global`', () => {
    const objects = places.filter(({ schema }) => schema.type === 'object' || schema.properties)
    expect(objects.length).toBeGreaterThan(5)
    const isMap = (place: string) =>
      name === 'the hand-written contract' || /\/(podLabels|quota|requests|limits)$/.test(place)
    const notClosed = objects.filter(
      ({ place, schema }) => schema.additionalProperties !== false && !(isMap(place) && isTyped(schema)),
    )
    expect(notClosed.map(({ place }) => place).filter((place) => !open.includes(place))).toEqual([])
  })

  test('describes every property', () => {
    const properties = places.filter(({ place }) => /\/properties\/[^/]+$/.test(place))
    expect(properties.length).toBeGreaterThan(20)
    const bare = properties.filter(({ schema }) => !/^\S.*\S$/.test(String(schema.description ?? '')))
    expect(bare.map(({ place }) => place)).toEqual([])
  })
})

test('the walk sees what is open or not described', () => {
  const places = walk({ properties: { a: { items: { type: 'object', properties: { b: {} } } } } })
  expect(places.map(({ place }) => place)).toEqual([
    '',
    '/properties/a',
    '/properties/a/items',
    '/properties/a/items/properties/b',
  ])
})

// --- internal ---

interface Place {
  /** JSON pointer, from the root. */
  readonly place: string
  readonly schema: JsonSchema
}

/** A schema and all schemas in it. */
function walk(schema: JsonSchema, place = ''): Place[] {
  const maps = ['properties', 'patternProperties', 'definitions'] as const
  const single = ['additionalProperties', 'items', 'not', 'propertyNames', 'contains'] as const
  const lists = ['allOf', 'anyOf', 'oneOf'] as const
  const inside: [string, unknown][] = [
    ...maps.flatMap((keyword) =>
      Object.entries(schema[keyword] ?? {}).map(([key, value]) => [`${keyword}/${key}`, value] as [string, unknown]),
    ),
    ...single.map((keyword): [string, unknown] => [keyword, schema[keyword]]),
    ...lists.flatMap((keyword) =>
      ((schema[keyword] as unknown[]) ?? []).map((value, index) => [`${keyword}/${index}`, value] as [string, unknown]),
    ),
  ]
  return [
    { place, schema },
    ...inside.flatMap(([key, value]) => (isSchema(value) ? walk(value, `${place}/${key}`) : [])),
  ]
}

function isSchema(value: unknown): value is JsonSchema {
  return isRecord(value)
}

/** A map whose values have a schema: the contract does not know the names of tiers and variables. */
function isTyped({ additionalProperties }: JsonSchema): boolean {
  return isSchema(additionalProperties)
}
