import { expect, test } from 'vitest'
import { checkValue } from '../../../scripts/model/formats.ts'
import { type RemoteSecretModel, resolve, resolveAll } from '../../../scripts/model/resolve.ts'
import { generateValue, payloadOf } from '../../../scripts/payload/seed.ts'
import { bookshop, oneBundlePerTier, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith } from '../../helpers/applications.ts'

const remoteSecrets = (secrets: Parameters<typeof applicationWith>[0]) =>
  resolve(applicationWith(secrets), 'dev').tiers.flatMap((tier) => tier.remoteSecrets)

const named = ({ variable }: { variable: string }) => `value of ${variable}`

test('a single secret holds its value, as it is', () => {
  const [remote] = remoteSecrets({ secrets: [{}] })
  expect(payloadOf(remote as RemoteSecretModel, () => '$2a$10$é\n"')).toBe('$2a$10$é\n"')
})

test('a bundle is flat JSON, one key per variable', () => {
  const mail = { identity: 'mail', layout: 'bundle' as const }
  const [remote] = remoteSecrets({
    secrets: [
      { variable: 'USER', ...mail },
      { variable: 'PASSWORD', ...mail },
    ],
  })
  expect(JSON.parse(payloadOf(remote as RemoteSecretModel, named))).toEqual({
    PASSWORD: 'value of PASSWORD',
    USER: 'value of USER',
  })
})

test('a JSON value has its fields in place, also those with a dot in their name', () => {
  const [remote] = remoteSecrets({
    secrets: [
      { variable: 'HOST', remoteName: 'mail', property: ['relay.host'] },
      { variable: 'USER', remoteName: 'mail', property: ['login', 'user'] },
      { variable: 'PASSWORD', remoteName: 'mail', property: ['login', 'password'] },
    ],
  })
  expect(JSON.parse(payloadOf(remote as RemoteSecretModel, named))).toEqual({
    'relay.host': 'value of HOST',
    login: { user: 'value of USER', password: 'value of PASSWORD' },
  })
})

test.each([
  ['Trackdéchets', trackdechets],
  ['Trackdéchets in bundles', oneBundlePerTier],
  ['the bookshop', bookshop],
])('every value generated for %s fits its format, and every payload fits into a version', (_, application) => {
  const all = resolveAll(application).flatMap((model) => model.tiers.flatMap((tier) => tier.remoteSecrets))
  expect(all.length).toBeGreaterThan(10)
  for (const remote of all) {
    for (const spec of remote.specs) expect(checkValue(spec.format, generateValue(spec))).toBe(undefined)
    expect(Buffer.byteLength(payloadOf(remote, generateValue))).toBeLessThanOrEqual(64 * 1024)
  }
})
