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

  test('a value is what the operator would deliver, also where it is no text', () => {
    expect(valuesOf(bundle, '{"USER":587,"PASSWORD":"x"}')).toEqual({ USER: '587', PASSWORD: 'x' })
    expect(valuesOf(json, '{"login":{"user":{"a":true}}}')).toEqual({ HOST: undefined, USER: '{"a":true}' })
    expect(valuesOf(json, '{"login":"x"}')).toEqual({ HOST: undefined, USER: '"x"' })
    expect(valuesOf(opaque, '\ufeffx\n')).toEqual({ TOKEN: '\ufeffx\n' })
  })

  test.each(['[]', 'null', '"x"', '{', '{"a":1.0}', '{"a":12345678901234567890}', '{"a":1e400}'])(
    '%s is not readable: it could not be written again as it is',
    (text) => {
      expect(readPayload(json, Buffer.from(text)).isReadable).toBe(false)
    },
  )

  test('numbers in texts, and numbers that stay as they are, are readable', () => {
    expect(readPayload(json, Buffer.from(String.raw`{"a":"1.0 \" 2.0","b":-1.5,"c":[10]}`)).isReadable).toBe(true)
  })

  test('bytes that are no UTF-8 are not readable', () => {
    for (const remote of [opaque, bundle, json])
      expect(readPayload(remote, Buffer.from([0x22, 0xff, 0x22])).isReadable).toBe(false)
  })

  test('keys of a bundle beyond the catalogue are named', () => {
    expect(readPayload(bundle, Buffer.from('{"USER":"x","OLD":"y"}')).extra).toEqual(['OLD'])
    expect(readPayload(json, Buffer.from('{"OLD":"y"}')).extra).toEqual([])
  })
})

describe('the next version', () => {
  test('of a bundle holds its variables and nothing else', () => {
    const current = Buffer.from('{"USER":"x","OLD":"y"}')
    expect(JSON.parse(nextPayload(bundle, current, ({ variable }) => variable))).toEqual({
      USER: 'USER',
      PASSWORD: 'PASSWORD',
    })
  })

  test('of JSON keeps every field the catalogue does not name, or that gets no value', () => {
    const fields = fc.dictionary(
      fc.string().filter((key) => key !== '__proto__'),
      fc.jsonValue(),
      { maxKeys: 5 },
    )
    fc.assert(
      fc.property(fields, (object) => {
        const before = JSON.stringify({ ...object, 'relay.host': 'h' })
        const current = Buffer.from(before)
        fc.pre(readPayload(json, current).isReadable)
        const valueFor = ({ variable }: SecretSpec) => (variable === 'USER' ? 'new' : undefined)
        const next = JSON.parse(nextPayload(json, current, valueFor))
        const { login, ...others } = JSON.parse(before)
        const isObject = typeof login === 'object' && login !== null && !Array.isArray(login)
        expect(next).toEqual({ ...others, login: { ...(isObject ? login : {}), user: 'new' } })
      }),
    )
  })
})
