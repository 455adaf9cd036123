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
])('a value that %s is told by its entries', (_, remote, value, faults) => {
  expect(faultsOf(remote, value)).toEqual(faults)
})

test('no part of a value is in what is told of it', () => {
  const faults = [
    ...valueFaults(opaque, Buffer.from('hunter2')),
    ...valueFaults(bundle, Buffer.from('{"A":"hunter2","B":"hunter2"}')),
    ...valueFaults(bundle, Buffer.from('hunter2')),
  ]
  expect(faults).toHaveLength(4)
  expect(JSON.stringify(faults)).not.toContain('hunter2')
})
