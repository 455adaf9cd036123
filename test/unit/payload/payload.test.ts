import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type RemoteSecretModel, resolve, resolveAll } from '../../../scripts/model/resolve.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { nextPayload, readPayload, slotsOf } from '../../../scripts/payload/payload.ts'
import { generateValue, payloadOf } from '../../../scripts/payload/seed.ts'
import { bookshop, oneBundlePerTier, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith } from '../../helpers/applications.ts'

function remoteOf(secrets: readonly Partial<SecretSpec>[]): RemoteSecretModel {
  const [remote] = resolve(applicationWith({ secrets }), 'dev').tiers.flatMap((tier) => tier.remoteSecrets)
  if (!remote) throw new Error('no remote secret')
  return remote
}

const opaque = remoteOf([{ format: 'text' }])
const mail = { identity: 'mail', layout: 'bundle' as const }
const bundle = remoteOf([
  { variable: 'USER', ...mail },
  { variable: 'PASSWORD', ...mail },
])
const json = remoteOf([
  { variable: 'HOST', remoteName: 'mail', property: ['relay.host'] },
  { variable: 'USER', remoteName: 'mail', property: ['login', 'user'] },
])

const valuesOf = (remote: RemoteSecretModel, text: string) => {
  const payload = readPayload(remote, Buffer.from(text))
  return Object.fromEntries(remote.specs.map((spec) => [spec.variable, payload.valueOf(spec)]))
}

describe('taking a version apart', () => {
  test.each([
    ['Trackdéchets', trackdechets],
    ['Trackdéchets in bundles', oneBundlePerTier],
    ['the bookshop', bookshop],
  ])('gives back every value of %s', (_, application) => {
    for (const remote of resolveAll(application).flatMap(({ tiers }) => tiers.flatMap((tier) => tier.remoteSecrets))) {
      const values = new Map(remote.specs.map((spec) => [spec, generateValue(spec)]))
      const text = payloadOf(remote, (spec) => values.get(spec) ?? '')
      for (const [spec, value] of values) expect(readPayload(remote, Buffer.from(text)).valueOf(spec)).toBe(value)
      expect(slotsOf(remote).flatMap(({ specs }) => specs)).toHaveLength(remote.specs.length)
    }
  })

  test('a value is what the operator would deliver, also where it is not text', () => {
    expect(valuesOf(bundle, '{"USER":587,"PASSWORD":"x"}')).toEqual({ USER: '587', PASSWORD: 'x' })
    expect(valuesOf(json, '{"login":{"user":{"a":true}}}')).toEqual({ HOST: undefined, USER: '{"a":true}' })
    expect(valuesOf(json, '{"login":"x"}')).toEqual({ HOST: undefined, USER: undefined })
    expect(valuesOf(opaque, '\ufeffx\n')).toEqual({ TOKEN: '\ufeffx\n' })
  })

  test('null is a missing value', () => {
    expect(valuesOf(bundle, '{"USER":null,"PASSWORD":"null"}')).toEqual({ USER: undefined, PASSWORD: 'null' })
    expect(valuesOf(json, '{"relay.host":null,"login":null}')).toEqual({ HOST: undefined, USER: undefined })
  })

  test.each(['null', '"x"', '5', '{', '', '{"a":1,}', '{"a":1} x', '{/* */}', "{'a':1}"])(
    '%s is not readable: it could not be written again',
    (text) => {
      expect(readPayload(json, Buffer.from(text)).isReadable).toBe(false)
      expect(readPayload(bundle, Buffer.from(text)).isReadable).toBe(false)
    },
  )

  test.each(['{"a":1.0}', '{"a":12345678901234567890}', '{"a":1e400}', '{"a":1,"a":2}', '{"__proto__":1}', ' {} '])(
    '%s is readable: nothing of it is changed',
    (text) => {
      expect(readPayload(json, Buffer.from(text)).isReadable).toBe(true)
      expect(readPayload(bundle, Buffer.from(text)).isReadable).toBe(true)
    },
  )

  test('nesting that the operator refuses is not readable', () => {
    const deep = (depth: number) => Buffer.from(`{"a":${'['.repeat(depth - 1)}"]["${']'.repeat(depth - 1)}}`)
    expect(readPayload(bundle, deep(10_000)).isReadable).toBe(true)
    expect(readPayload(bundle, deep(10_001)).isReadable).toBe(false)
  })

  test('bytes that are not UTF-8 are not readable', () => {
    for (const remote of [opaque, bundle, json])
      expect(readPayload(remote, Buffer.from([0x22, 0xff, 0x22])).isReadable).toBe(false)
  })

  test('keys of a bundle beyond the catalogue are named', () => {
    expect(readPayload(bundle, Buffer.from('{"USER":"x","OLD":"y"}')).extra).toEqual(['OLD'])
    expect(readPayload(json, Buffer.from('{"OLD":"y"}')).extra).toEqual([])
  })
})

/** What the next version holds; nothing may be in its way. */
function written(remote: RemoteSecretModel, before: string, values: Readonly<Record<string, string>>): string {
  const { text, obstacles } = nextPayload(remote, Buffer.from(before), ({ variable }) => values[variable])
  expect(obstacles).toEqual([])
  return text
}

/** A remote secret with a variable for each of these fields, named F0, F1… */
const fields = (...paths: readonly (readonly string[])[]) =>
  remoteOf(paths.map((property, index) => ({ variable: `F${index}`, remoteName: 'shared', property })))

describe('the next version', () => {
  test('of a bundle holds its variables and nothing else', () => {
    expect(written(bundle, '{"USER":"x","OLD":"y"}', { USER: 'u', PASSWORD: 'p' })).toBe('{"PASSWORD":"p","USER":"u"}')
  })

  test('of a bundle keeps the JSON of a value that stays', () => {
    expect(written(bundle, ' {"USER": 1.0, "PASSWORD": "\\u0078"}', { USER: '1.0', PASSWORD: 'x' })).toBe(
      '{"PASSWORD":"\\u0078","USER":1.0}',
    )
    expect(written(bundle, '{"USER":587,"PASSWORD":"x"}', { USER: '587', PASSWORD: 'new' })).toBe(
      '{"PASSWORD":"new","USER":587}',
    )
  })

  test('of JSON keeps the JSON of every field whose value stays', () => {
    const before = '{"port":5432,"tls":true,"opts":{"a":1},"password":"old"}'
    const all = fields(['port'], ['tls'], ['opts'], ['password'])
    const values = { F0: '5432', F1: 'true', F2: '{"a":1}', F3: 'new' }
    expect(written(all, before, values)).toBe(before.replace('old', 'new'))
    const escaped = String.raw`{"port":"\u00e9\/","tls":"x","tls":"y","opts":1,"password":"old"}`
    expect(written(all, escaped, { F0: 'é/', F1: 'x', F2: '1', F3: 'new' })).toBe(escaped.replace('old', 'new'))
  })

  test.each([
    ['a number', '5432', '5433', '5433'],
    ['a number, by a text', '5432', 'none', '"none"'],
    ['a number, by one JSON does not know', '5432', '05433', '"05433"'],
    ['a number, by one with space', '5432', '5433 ', '"5433 "'],
    ['true', 'true', 'false', 'false'],
    ['true, by a text', 'true', 'False', '"False"'],
    ['an object', '{"a":1}', '{"b": 1.0}', '{"b": 1.0}'],
    ['an object, by one that is cut off', '{"a":1}', '{"b":', '"{\\"b\\":"'],
    ['an object, by a list', '{"a":1}', '[1]', '"[1]"'],
    ['a list', '[1,2]', '[]', '[]'],
    ['a text, by what looks like a number', '"5432"', '5433', '"5433"'],
    ['null', 'null', '5433', '"5433"'],
    ['null, by the text null', 'null', 'null', '"null"'],
  ])('of %s is of the same kind where that is the value given', (_, before, value, after) => {
    const text = written(fields(['a']), `{"x":[1.0],"a":${before} }`, { F0: value })
    expect(text).toBe(`{"x":[1.0],"a":${after} }`)
    expect(valuesOf(fields(['a']), text)).toEqual({ F0: value })
  })

  test.each([
    ['a list', ['hosts', '0'], '{"hosts":["db-0","db-1"],"keep":1}', '{"hosts":["new","db-1"],"keep":1}'],
    ['a list of objects', ['0', 'a'], '[{"a":"x"},{"a":"y"}]', '[{"a":"new"},{"a":"y"}]'],
    ['null', ['a', 'b'], '{"a":null,"keep":1e3}', '{"a":{"b":"new"},"keep":1e3}'],
    ['nothing', ['a', 'b', '0'], '{}', '{"a":{"b":{"0":"new"}}}'],
    ['an object in lines', ['c'], '{\n  "a": 1\n}\n', '{\n  "a": 1,\n  "c": "new"\n}\n'],
    ['an inner object', ['a', 'c'], '{"a": { "b" : 1 }}', '{"a": { "b" : 1, "c" : "new" }}'],
    ['an empty object', ['a', 'c'], '{"a": { }}', '{"a": {"c":"new" }}'],
    ['JSON behind a byte order mark', ['a'], '\ufeff{"a":"x"}', '\ufeff{"a":"new"}'],
    [
      'names like those of JavaScript',
      ['constructor', 'toString'],
      '{"a":1}',
      '{"a":1,"constructor":{"toString":"new"}}',
    ],
    ['a name with escapes', ['é'], String.raw`{"\u00e9":"x"}`, String.raw`{"\u00e9":"new"}`],
    ['beside doubles of other names', ['b'], '{"a":1,"a":2,"b":"x"}', '{"a":1,"a":2,"b":"new"}'],
  ])('writes into %s', (_, path, before, after) => {
    expect(written(fields(path), before, { F0: 'new' })).toBe(after)
    expect(valuesOf(fields(path), after)).toEqual({ F0: 'new' })
  })

  test.each([
    [['hosts', 'a'], '{"hosts":["x"]}', 'has a list in the field "hosts" of its JSON, of 1, without an element "a".'],
    [['hosts', '1'], '{"hosts":["x"]}', 'has a list in the field "hosts" of its JSON, of 1, without an element "1".'],
    [['a'], '["x"]', 'is a JSON list, of 1, without an element "a".'],
    [['a', 'b'], '{"a":"x"}', 'has a text in the field "a" of its JSON, so that it has no room for "a.b".'],
    [['a', 'b'], '{"a":1.0}', 'has a number in the field "a" of its JSON, so that it has no room for "a.b".'],
    [['a', 'b'], '{"a":false}', 'has a boolean in the field "a" of its JSON, so that it has no room for "a.b".'],
    [['a', '0', 'b'], '{"a":["x"]}', 'has a text in the field "a.0" of its JSON, so that it has no room for "a.0.b".'],
    [
      ['a'],
      '{"a":"x","a":"y"}',
      'has the field "a" twice in its JSON: the operator reads the first, most others the last.',
    ],
    [['a', 'b'], '{"a":{},"a":{"b":"x"}}', 'has the field "a" twice in its JSON: the operator reads the first,'],
  ])('overwrites nothing that stands in the way of %j in %s', (path, before, wrong) => {
    const { obstacles } = nextPayload(fields(path), Buffer.from(before), () => 'new')
    expect(obstacles).toMatchObject([{ wrong: expect.stringContaining(wrong) }])
  })

  test('tells every field that has no room', () => {
    const { obstacles } = nextPayload(fields(['a', 'b'], ['c', 'd'], ['e']), Buffer.from('{"a":1,"c":2}'), () => 'new')
    expect(obstacles).toHaveLength(2)
  })

  test('is not made where two fields are one place', () => {
    const both = fields(['hosts', '0'], ['hosts', '00'])
    const { obstacles } = nextPayload(both, Buffer.from('{"hosts":["x"]}'), ({ variable }) => variable)
    expect(obstacles).toEqual([
      { wrong: 'has one place in its JSON for "hosts.0" and another field of the catalogue. Expected one for each.' },
    ])
  })

  test('of JSON keeps every field the catalogue does not name, or that gets no value, to the byte', () => {
    const name = fc.oneof(fc.string(), fc.constantFrom('__proto__', 'constructor', 'login', 'a', ''))
    const tree = fc.letrec((tie) => ({
      value: fc.oneof(
        { maxDepth: 3 },
        fc.constantFrom('1.0', '1e3', '12345678901234567890', '-0', 'true', 'null', '[ ]', '"\\u00e9"'),
        fc.string().map((text) => JSON.stringify(text)),
        fc.array(tie('value')).map((list) => `[${list.join(' ,')}]`),
        tie('object'),
      ),
      object: fc
        .uniqueArray(fc.tuple(name, tie('value')), { selector: ([key]) => key })
        .map((list) => `{ ${list.map(([key, value]) => `${JSON.stringify(key)} :\n${value}`).join(',')}}`),
    }))
    fc.assert(
      fc.property(tree.object, (before) => {
        const { text, obstacles } = nextPayload(json, Buffer.from(before as string), ({ variable }) =>
          variable === 'USER' ? 'new' : undefined,
        )
        if (obstacles.length > 0) return
        expect(valuesOf(json, text)).toMatchObject({ USER: 'new', HOST: valuesOf(json, before as string).HOST })
        const { login: was, ...others } = JSON.parse(before as string)
        const { login, ...kept } = JSON.parse(text)
        expect([kept, login]).toEqual([others, { ...was, user: 'new' }])
        const [front = '', back = ''] = text.split('"new"')
        if (was?.user === undefined) return
        expect((before as string).startsWith(front) && (before as string).endsWith(back)).toBe(true)
      }),
    )
  })
})
