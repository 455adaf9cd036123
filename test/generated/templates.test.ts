import { readdir } from 'node:fs/promises'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import type { JsonSchema } from '../../scripts/generate/json-schema.ts'
import { generatorSources, repositoryFile } from '../helpers/generating.ts'

const folder = 'charts/tiered-secrets/templates'
const names = (await readdir(folder)).sort()
const templates = await Promise.all(names.map((name) => repositoryFile(`${folder}/${name}`)))
const text = templates
  .join('\n')
  .replaceAll(/\{\{-? ?\/\*[\s\S]*?\*\/ ?-?\}\}/g, '')
  // A part that may be null: `(.Values.a | default dict).b`.
  .replaceAll(/\(([\w.$]+) \| default dict\)/g, '$1')
const { baseSchema } = await generatorSources()

/** Paths of the values all environments share, as the contract has them: `namespaces.create`. */
function sharedPaths(schema: JsonSchema, path = ''): string[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const place = path === '' ? name : `${path}.${name}`
    return property.properties ? sharedPaths(property, place) : [place]
  })
}

/** Paths that templates read from the root: `.Values.a.b`, `$.Values.a.b`, `.root.Values.a.b`. */
const used = new Set([...text.matchAll(/\.Values\.([\w.]+)/g)].map(([, path]) => path ?? ''))

test('every value a template reads is in the contract', () => {
  expect(used.size).toBeGreaterThan(8)
  expect([...used].filter((path) => !sharedPaths(baseSchema).includes(path))).toEqual([])
})

test('every value of the contract is read by a template, but for those of charts around this one', () => {
  expect(sharedPaths(baseSchema).filter((path) => !used.has(path))).toEqual(['enabled', 'global'])
})

test('every field of a tier, an ExternalSecret, a field and a bundle is read by a template', () => {
  for (const definition of ['tier', 'externalSecret', 'field', 'bundle']) {
    const fields = Object.keys(baseSchema.definitions?.[definition]?.properties ?? {})
    expect(fields.length).toBeGreaterThan(1)
    const unread = fields.filter((field) => !new RegExp(`\\.${field}\\b|"${field}"`).test(text))
    expect(unread, definition).toEqual([])
  }
})

test('every field that templates read of a tier is in the contract', () => {
  const read = new Set([...text.matchAll(/\$spec\.(\w+)/g)].map(([, field]) => field ?? ''))
  expect(read.size).toBeGreaterThan(3)
  expect([...read].filter((field) => !(field in (baseSchema.definitions?.tier?.properties ?? {})))).toEqual([])
})

test('the defaults have every value of the contract that has one', async () => {
  const defaults = parse(await repositoryFile('charts/tiered-secrets/values.yaml'))
  const without = ['scaleway.apiUrl', 'operator.controllerClass', 'enabled', 'global', 'baseName']
  const paths = sharedPaths(baseSchema).filter((path) => !without.includes(path))
  const missing = paths.filter((path) => path.split('.').reduce((value, name) => value?.[name], defaults) === undefined)
  expect(missing).toEqual([])
  expect(Object.keys(defaults).filter((name) => !(name in (baseSchema.properties ?? {})))).toEqual([])
})

test('four in ten lines of the default values are comments', async () => {
  const lines = (await repositoryFile('charts/tiered-secrets/values.yaml'))
    .split('\n')
    .filter((line) => line.trim() !== '')
  expect(lines.filter((line) => line.trim().startsWith('#')).length / lines.length).toBeGreaterThan(0.4)
})

test.each([
  'lookup',
  'tpl',
  'Capabilities',
  'randAlpha',
  'randAlphaNum',
  'randBytes',
  'uuidv4',
  'now',
  'genCA',
  'getHostByName',
  'env',
  'Files',
])('no template uses %s: the chart renders the same everywhere, without a cluster', (word) => {
  const actions = [...text.matchAll(/\{\{-?([\s\S]*?)-?\}\}/g)].map(([, action = '']) =>
    action.replaceAll(/"(\\.|[^"\\])*"|`[^`]*`/g, '""'),
  )
  expect(actions.length).toBeGreaterThan(50)
  expect(actions.filter((action) => new RegExp(`\\b${word}\\b`).test(action))).toEqual([])
})

test('every helper begins with the name of the chart, and every `fail` is in _validate.tpl', () => {
  const defined = [...text.matchAll(/define "([^"]+)"/g)].map(([, name]) => name)
  expect(defined.length).toBeGreaterThan(4)
  expect(defined.filter((name) => !name?.startsWith('tiered-secrets.'))).toEqual([])
  const failing = names.filter((_, index) =>
    /\bfail\b/.test(templates[index]?.replaceAll(/\/\*[\s\S]*?\*\//g, '') ?? ''),
  )
  expect(failing).toEqual(['_validate.tpl'])
})

test('a template has at most 80 lines', () => {
  const long = names.filter((_, index) => (templates[index]?.split('\n').length ?? 0) > 81)
  expect(long).toEqual([])
})
