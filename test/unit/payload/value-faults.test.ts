import { expect, test } from 'vitest'
import { resolve } from '../../../scripts/model/resolve.ts'
import type { SecretSpec } from '../../../scripts/model/types.ts'
import { valueFaults } from '../../../scripts/payload/value-faults.ts'
import { applicationWith } from '../../helpers/applications.ts'

function remoteOf(...secrets: readonly Partial<SecretSpec>[]) {
  const model = resolve(applicationWith({ secrets }), 'dev')
  const remote = model.tiers.flatMap(({ remoteSecrets }) => remoteSecrets)[0]
  if (!remote) throw new Error('no remote secret')
  return remote
}

const opaque = remoteOf({ variable: 'A', format: 'boolean' })
const bundle = remoteOf(
  { variable: 'A', format: 'boolean', layout: 'bundle', identity: 'x' },
  { variable: 'B', format: 'http-url', layout: 'bundle', identity: 'x' },
)
const json = remoteOf({ variable: 'A', format: 'boolean', property: ['smtp', 'tls'] })

const faultsOf = (remote: typeof opaque, value: string | Buffer) =>
  valueFaults(remote, Buffer.from(value)).map(({ code, specs }) => [code, ...specs.map(({ variable }) => variable)])

test('values that fit have no fault', () => {
  expect(faultsOf(opaque, 'true')).toEqual([])
  expect(faultsOf(bundle, '{"A":"true","B":"https://x.example/"}')).toEqual([])
  expect(faultsOf(json, '{"smtp":{"tls":"false"},"more":1}')).toEqual([])
})

test.each([
  '{"smtp":{"tls":"true"},"timeout":1.0,"wait":1e3,"id":12345678901234567890}',
  '\ufeff{"smtp":{"tls":true}}',
  '{"smtp":{"tls":true,},}',
  '{"smtp":{"tls":true}, // a comment\n}',
])('what the operator delivers has no fault: %s', (value) => {
  expect(faultsOf(json, value)).toEqual([])
})

test('numbers of any size and form have no fault in a bundle', () => {
  expect(faultsOf(bundle, '{"A":true,"B":"https://x.example/","n":1.0,"m":12345678901234567890}')).toEqual([])
})

test('a field with null says that it arrives, as an empty text', () => {
  expect(valueFaults(json, Buffer.from('{"smtp":{"tls":null}}'))).toMatchObject([
    {
      message: 'has null in the field "smtp.tls" of its JSON, which the operator delivers as an empty text',
      isNull: true,
    },
  ])
})

test.each([
  ['misfits', opaque, 'yes', [['VALUE_MISFIT', 'A']]],
  ['is too large', opaque, 'x'.repeat(65_537), [['VALUE_TOO_LARGE', 'A']]],
  ['is not a text', opaque, Buffer.from([0xff, 0xfe]), [['VALUE_NOT_TEXT', 'A']]],
  ['of a bundle is not JSON', bundle, 'plain', [['VALUE_NOT_JSON', 'A', 'B']]],
  ['of a bundle is not an object', bundle, '["A"]', [['VALUE_NOT_JSON', 'A', 'B']]],
  ['of a bundle lacks a key', bundle, '{"A":"true"}', [['VALUE_MISSING', 'B']]],
  [
    'of a bundle misfits in two keys',
    bundle,
    '{"A":"x","B":"x"}',
    [
      ['VALUE_MISFIT', 'A'],
      ['VALUE_MISFIT', 'B'],
    ],
  ],
  ['lacks a field', json, '{"smtp":{}}', [['VALUE_MISSING', 'A']]],
  ['has null in a field', json, '{"smtp":{"tls":null}}', [['VALUE_MISSING', 'A']]],
  ['is JSON and no object', json, '["true"]', [['VALUE_MISSING', 'A']]],
  ['is not JSON, and lacks the field', json, '{"smtp":{"tls2":true}', [['VALUE_NOT_JSON', 'A']]],
  ['is not JSON, and misfits', json, '{"smtp":{"tls":"yes"}', [['VALUE_MISFIT', 'A']]],
  [
    'of a bundle has null in a key',
    bundle,
    '{"A":null,"B":"x"}',
    [
      ['VALUE_MISSING', 'A'],
      ['VALUE_MISFIT', 'B'],
    ],
  ],
  ['of a bundle begins with a byte order mark', bundle, '\ufeff{}', [['VALUE_NOT_JSON', 'A', 'B']]],
  [
    'of a bundle has a name no key can have',
    bundle,
    '{"A":"true","B":"https://x.example/","C D":""}',
    [['VALUE_NAME_UNFIT', 'A', 'B']],
  ],
])('a value that %s is reported by its entries', (_, remote, value, faults) => {
  expect(faultsOf(remote, value)).toEqual(faults)
})

test('a value that fits, and is probably not meant, is reported as doubtful', () => {
  const token = remoteOf({ variable: 'A', format: 'token' })
  expect(valueFaults(token, Buffer.from('changeme'))).toMatchObject([
    { code: 'VALUE_DOUBTFUL', message: 'looks like a placeholder or an example', expected: 'the real value' },
  ])
  expect(faultsOf(token, 'Kq3v9')).toEqual([])
})

test('no part of a value is in what is reported of it', () => {
  const faults = [
    ...valueFaults(opaque, Buffer.from('hunter2')),
    ...valueFaults(bundle, Buffer.from('{"A":"hunter2","B":"hunter2"}')),
    ...valueFaults(bundle, Buffer.from('hunter2')),
  ]
  expect(faults).toHaveLength(4)
  expect(JSON.stringify(faults)).not.toContain('hunter2')
})
