import { beforeAll, expect, test } from 'vitest'
import { chartValuesTypes, compileChartValuesTypes } from '../../../scripts/generate/chart-values-types.ts'
import type { JsonSchema } from '../../../scripts/generate/json-schema.ts'
import { generatorSources } from '../../helpers/generating.ts'

let base: JsonSchema
let types: string
beforeAll(async () => {
  base = (await generatorSources()).baseSchema
  types = await compileChartValuesTypes(base)
})

test('the types are compiled when there are none', async () => {
  expect(await chartValuesTypes(base, undefined)).toBe(types)
  expect(types).toContain('export interface ChartValues {')
})

test('types that are current are not compiled again', async () => {
  // Texts with right digests are believed, which shows that nothing is compiled.
  const mark = Object.assign(new String(types), {}) as unknown as string
  expect(await chartValuesTypes(base, mark)).toBe(mark)
})

test.each([
  ['a field renamed by hand', (text: string) => text.replace('refreshInterval', 'interval')],
  ['a line added at the end', (text: string) => `${text}export type Mine = string\n`],
  ['a missing final line break', (text: string) => text.slice(0, -1)],
  ['a header without digests', (text: string) => text.replace(/^\/\/ schema.*\n/m, '')],
  ['another header', (text: string) => text.replace('Do not edit.', 'Edit.')],
  ['Windows line ends', (text: string) => text.replaceAll('\n', '\r\n')],
  ['an empty file', () => ''],
])('%s is detected, and the types are made again', async (_, edit) => {
  const edited = edit(types)
  expect(edited).not.toBe(types)
  expect(await chartValuesTypes(base, edited)).toBe(types)
})

test('a change of the schema is detected', async () => {
  const properties = { ...base.properties, colour: { description: 'New.', type: 'string' } }
  const changed = await chartValuesTypes({ ...base, properties }, types)
  expect(changed).toContain('colour?: string')
  expect(changed).not.toBe(types)
})
