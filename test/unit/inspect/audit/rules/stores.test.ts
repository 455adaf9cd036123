import { readFileSync } from 'node:fs'
import { describe, expect, test } from 'vitest'
import { projects } from '../../../../helpers/applications.ts'
import { audited, findingsOf } from '../audited.ts'

const schemas = Object.fromEntries(
  ['SecretStore', 'ExternalSecret'].map((kind) => [
    `external-secrets.io/v1 ${kind}`,
    JSON.parse(readFileSync(`schema/external-secrets.io/${kind.toLowerCase()}_v1.json`, 'utf8')),
  ]),
)

const key = (name: string) => `{ secretRef: { name: own-key, key: ${name} } }`

function store(
  change: Partial<Record<'version' | 'region' | 'projectId' | 'secretKey' | 'more', string>> = {},
): string {
  const { version = 'v1', region = 'fr-par', projectId = projects.dev, secretKey = key('b'), more = '' } = change
  return `---
apiVersion: external-secrets.io/${version}
kind: SecretStore
metadata: { name: scw, namespace: shop-api }
spec: { provider: { scaleway: { region: ${region}, projectId: "${projectId}", accessKey: ${key('a')}, secretKey: ${secretKey}${more} } } }
---
apiVersion: bitnami.com/v1alpha1
kind: SealedSecret
metadata: { name: own-key, namespace: shop-api }
spec: { encryptedData: { a: AgA=, b: AgA= } }
`
}

function external(spec: string, name = 'mail'): string {
  return `---
apiVersion: external-secrets.io/v1
kind: ExternalSecret
metadata: { name: ${name}, namespace: shop-api }
spec: { secretStoreRef: { name: scw }, ${spec} }
`
}

const reading = (ref: string) => external(`data: [{ secretKey: A, remoteRef: { key: "${ref}" } }]`)
const secrets = [{ variable: 'MAIL_KEY' }, { tier: 'web', variable: 'PAGE_KEY' }]
const found = (text: string) => audited(text, { catalogue: { secrets }, schemas })

test('a store and an ExternalSecret that are right', () => {
  expect(found(store() + reading('path:/shop-api/mail-key'))).toEqual([])
})

test('versions that are not served any more', () => {
  expect(found(store({ version: 'v1beta1' }))).toEqual(['API_NOT_SERVED SecretStore/shop-api/scw v1beta1'])
  expect(found('apiVersion: external-secrets.io/v1alpha1\nkind: PushSecret\nmetadata: { name: p }\n')).toEqual([])
})

describe('fields', () => {
  test('one that the kind does not have, with the nearest', () => {
    expect(findingsOf(store({ more: ', projetId: x' }), { catalogue: { secrets }, schemas })).toMatchObject([
      {
        code: 'FIELD_UNKNOWN',
        key: 'spec.provider.scaleway.projetId',
        expected: 'a field that exists, such as projectId',
      },
    ])
  })

  test('providers that are not described, status, and fields of a later operator are passed over', () => {
    const other = store().replace('scaleway:', 'vault:').replace('region', 'server')
    expect(found(other)).toEqual([])
    expect(
      found(
        `${external('data: [{ secretKey: A, remoteRef: { key: "path:/shop-api/a", nullBytePolicy: Fail } }]')}status: {}\n${store()}`,
      ),
    ).toEqual([])
    expect(
      found(store() + external('data: [{ secretKey: A, remoteRef: { key: "path:/shop-api/a", propertie: b } }]')),
    ).toEqual(['FIELD_UNKNOWN ExternalSecret/shop-api/mail spec.data[0].remoteRef.propertie'])
  })
})

describe('project and region', () => {
  test.each([
    '<project-id>',
    'YOUR_PROJECT_ID',
    '00000000-0000-0000-0000-000000000000',
    '11111111-1111-1111-1111-111111111111',
    '',
  ])('%s is a placeholder', (projectId) => {
    expect(found(store({ projectId }))).toEqual([
      'PROJECT_PLACEHOLDER SecretStore/shop-api/scw spec.provider.scaleway.projectId',
    ])
  })

  test('another form, another project, another region', () => {
    expect(found(store({ projectId: `${projects.dev}0` }))).toEqual([
      'PROJECT_MALFORMED SecretStore/shop-api/scw spec.provider.scaleway.projectId',
    ])
    expect(found(store({ projectId: projects.other }))).toEqual([
      'PROJECT_DIFFERS SecretStore/shop-api/scw spec.provider.scaleway.projectId',
    ])
    expect(found(store({ region: 'nl-ams' }))).toEqual([
      'PROJECT_DIFFERS SecretStore/shop-api/scw spec.provider.scaleway.region',
    ])
    expect(found(store({ region: 'paris' }))).toEqual([
      'PROJECT_MALFORMED SecretStore/shop-api/scw spec.provider.scaleway.region',
    ])
  })
})

test('a key in the clear, whose text is not repeated', () => {
  const value = 'c0ffee00-1234-4abc-8def-001122334455'
  const all = findingsOf(store({ secretKey: `{ value: ${value} }` }), { catalogue: { secrets } })
  expect(all).toMatchObject([{ code: 'KEY_IN_CLEAR', severity: 'error' }])
  expect(JSON.stringify(all)).not.toContain('c0ffee00')
})

test('credentials that nothing makes, as a whole or in one key', () => {
  const [only = ''] = store().split('---\napiVersion: bitnami')
  expect(found(only)).toEqual(['REFERENCE_UNMADE SecretStore/shop-api/scw Secret/own-key'])
  expect(found(store({ secretKey: key('c') }))).toEqual(['KEY_UNMADE SecretStore/shop-api/scw Secret/own-key c'])
})

describe('references', () => {
  test.each([
    ['shop-api/mail-key', 'has none of the beginnings'],
    ['secret:mail', 'begins with a word other'],
    ['name:shop-api/mail-key', 'a name with a slash'],
    ['name:', 'names nothing'],
    ['path:shop-api/mail-key', 'does not begin with a slash'],
    ['path:/shop-api/', 'ends with a slash'],
    ['path:/shop-api//mail-key', 'two slashes'],
    ['id:mail', 'not a UUID'],
  ])('%s never matches', (ref, why) => {
    expect(findingsOf(store() + reading(ref), { catalogue: { secrets } })).toMatchObject([
      { code: 'REF_NEVER_MATCHES', key: 'spec.data[0].remoteRef.key', fact: expect.stringContaining(why) },
    ])
  })

  test('a bare name is found anywhere in the project, and an id is not judged', () => {
    expect(found(store() + reading('name:mail-key'))).toEqual([
      'REF_WITHOUT_FOLDER ExternalSecret/shop-api/mail spec.data[0].remoteRef.key',
    ])
    expect(found(store() + reading('id:c0ffee00-1234-4abc-8def-001122334455'))).toEqual([])
  })

  test("another tier's folder, and one whose name only begins alike", () => {
    expect(found(store() + reading('path:/shop-web/page-key'))).toEqual([
      'REF_OF_OTHER_TIER ExternalSecret/shop-api/mail spec.data[0].remoteRef.key',
    ])
    expect(found(store() + reading('path:/shop-webhooks/key'))).toEqual([])
  })

  test('those of another provider have other forms', () => {
    expect(found(store().replace('scaleway:', 'vault:') + reading('kv/shop'))).toEqual([])
  })

  test('a store that nothing makes', () => {
    expect(found(reading('path:/shop-api/a'))).toEqual(['STORE_UNMADE ExternalSecret/shop-api/mail SecretStore/scw'])
    expect(found(reading('path:/shop-api/a').replace('name: scw', 'name: api-secretstore'))).toEqual([])
  })

  test('a key that is written twice', () => {
    const ref = 'remoteRef: { key: "path:/shop-api/a" }'
    expect(found(store() + external(`data: [{ secretKey: A, ${ref} }, { secretKey: A, ${ref} }]`))).toEqual([
      'SECRET_KEY_TWICE ExternalSecret/shop-api/mail A',
    ])
  })
})

describe('one Secret, two owners', () => {
  const data = 'data: [{ secretKey: A, remoteRef: { key: "path:/shop-api/a" } }]'

  test('two ExternalSecrets, of which the second merges or does not', () => {
    const target = (policy: string) => external(`target: { name: mail, creationPolicy: ${policy} }, ${data}`, 'other')
    expect(found(store() + external(data) + target('Owner'))).toEqual([
      'TARGET_TWO_OWNERS ExternalSecret/shop-api/other Secret/mail',
    ])
    expect(found(store() + external(data) + target('Merge'))).toEqual([])
  })

  test('one by hand that writes what the chart writes, and one that the chart has rendered', () => {
    expect(found(store() + external(data, 'api-secrets'))).toEqual([
      'TARGET_TWO_OWNERS ExternalSecret/shop-api/api-secrets Secret/api-secrets',
    ])
    const rendered = external(data, 'api-secrets').replace(
      'namespace: shop-api',
      'namespace: shop-api, labels: { helm.sh/chart: tiered-secrets-0.1.0 }',
    )
    expect(found(store() + rendered)).toEqual([])
  })
})
