import { describe, expect, test } from 'vitest'
import { draftOf, entriesOf, externalSecret, leftoversOf, otherTier, store } from '../../../helpers/importing.ts'

/** The entries of tier `api` that an ExternalSecret becomes. */
function entries(spec: string, { version = 'v1', more = '' } = {}) {
  const draft = draftOf(`${externalSecret('shop-api', spec, `external-secrets.io/${version}`)}${otherTier}${more}`)
  const { 'web.TITLE': _, ...own } = entriesOf(draft)
  return { own, leftovers: leftoversOf(draft) }
}

const plain = (remoteName: string) => ({ remoteName })

describe('versions of the API', () => {
  test.each(['v1alpha1', 'v1beta1', 'v1'])('%s: data, with fields of a JSON object', (version) => {
    const { own, leftovers } = entries(
      `secretStoreRef: { name: store }
data:
  - { secretKey: TOKEN, remoteRef: { key: path:/shop-api/token } }
  - { secretKey: MAIL_USER, remoteRef: { key: path:/shop-api/mail, property: account.name } }
  - { secretKey: MAIL_PASSWORD, remoteRef: { key: path:/shop-api/mail, property: 'pass\\.word' } }`,
      { version },
    )
    expect(own).toEqual({
      'api.TOKEN': plain('token'),
      'api.MAIL_USER': { remoteName: 'mail', property: ['account', 'name'] },
      'api.MAIL_PASSWORD': { remoteName: 'mail', property: ['pass.word'] },
    })
    expect(leftovers).toEqual([])
  })

  test.each([
    ['v1alpha1', '- { key: path:/shop-api/all }'],
    ['v1beta1', '- { extract: { key: path:/shop-api/all } }'],
    ['v1', '- { extract: { key: path:/shop-api/all } }'],
  ])('%s: dataFrom is a bundle of the keys that pods name', (version, dataFrom) => {
    const more = `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: server, namespace: shop-api }
spec:
  template:
    spec:
      containers:
        - name: server
          volumeMounts: [{ name: v, mountPath: /run }]
          env:
            - { name: X, valueFrom: { secretKeyRef: { name: app, key: LOGIN } } }
      volumes:
        - { name: v, secret: { secretName: app, items: [{ key: CERT, path: x }] } }
`
    expect(entries(`dataFrom:\n  ${dataFrom}`, { version, more })).toEqual({
      own: {
        'api.CERT': { remoteName: 'cert', identity: 'all', layout: 'bundle' },
        'api.LOGIN': { remoteName: 'login', identity: 'all', layout: 'bundle' },
      },
      leftovers: ['TARGET_RENAMED Secret app, which server reads'],
    })
  })

  test('dataFrom whose keys nothing names is left over', () => {
    expect(entries('dataFrom: [{ extract: { key: path:/shop-api/all } }]')).toEqual({
      own: {},
      leftovers: ['KEYS_UNKNOWN ExternalSecret app: path:/shop-api/all'],
    })
  })

  const pods = (container: string) => `---
apiVersion: apps/v1
kind: Deployment
metadata: { name: server, namespace: shop-api }
spec: { template: { spec: { containers: [{ name: c, ${container} }] } } }
`
  const variable = (key: string) => `{ name: ${key}, valueFrom: { secretKeyRef: { name: app, key: ${key} } } }`

  test('keys that `rewrite` gives a prefix are fields of the object that has it', () => {
    const { own, leftovers } = entries(
      `dataFrom:
  - extract: { key: path:/shop-api/queue }
    rewrite: [{ regexp: { source: '^', target: MQ_ } }]
  - extract: { key: path:/shop-api/all }`,
      { more: pods(`env: [${variable('MQ_HOST')}, ${variable('LEVEL')}]`) },
    )
    expect(own).toEqual({
      'api.HOST': { key: 'MQ_HOST', remoteName: 'host', identity: 'queue', layout: 'bundle' },
      'api.LEVEL': { remoteName: 'level', identity: 'all', layout: 'bundle' },
    })
    expect(leftovers).toEqual(['TARGET_RENAMED Secret app, which server reads'])
  })

  test.each([
    ['a search beside it', 'find: { name: { regexp: x } }', 'SOURCE_UNSUPPORTED ExternalSecret app: dataFrom.find'],
    [
      'a rewrite that does more',
      "extract: { key: path:/shop-api/db }\n    rewrite: [{ regexp: { source: '(.*)', target: DB_$1 } }]",
      'SOURCE_UNSUPPORTED ExternalSecret app: an entry of dataFrom',
    ],
  ])('a key that one of several sources may deliver is not an entry: %s', (_, other, unsupported) => {
    const { own, leftovers } = entries(`dataFrom:\n  - extract: { key: path:/shop-api/all }\n  - ${other}`, {
      more: pods(`env: [${variable('DB_HOST')}]`),
    })
    expect(own).toEqual({})
    expect(leftovers).toEqual([
      'KEYS_UNKNOWN ExternalSecret app: path:/shop-api/all',
      'SOURCE_AMBIGUOUS Secret app: DB_HOST',
      unsupported,
    ])
  })

  test('where pods name one key and take all of them, the others are reported as unknown', () => {
    const { own, leftovers } = entries('dataFrom: [{ extract: { key: path:/shop-api/all } }]', {
      more: pods(`envFrom: [{ secretRef: { name: app } }], env: [${variable('LEVEL')}]`),
    })
    expect(Object.keys(own)).toEqual(['api.LEVEL'])
    expect(leftovers).toContain('KEYS_UNKNOWN ExternalSecret app: path:/shop-api/all')
  })

  test('a ClusterExternalSecret is one in each namespace that it lists', () => {
    const draft = draftOf(`---
apiVersion: external-secrets.io/v1
kind: ClusterExternalSecret
metadata: { name: all }
spec:
  namespaces: [shop-api, shop-web]
  externalSecretSpec:
    data: [{ secretKey: TOKEN, remoteRef: { key: token } }]
`)
    expect(Object.keys(entriesOf(draft))).toEqual(['api.TOKEN', 'web.TOKEN'])
  })
})

describe('references of every grammar become a folder and a name', () => {
  test.each([
    ['path:/shop-api/token', 'token', []],
    ['name:token', 'token', ['VALUE_MOVES TOKEN from name:token to path:/shop-api/token']],
    ['name:live/api/token', 'token', ['VALUE_MOVES TOKEN from name:live/api/token to path:/live/api/token']],
    ['token', 'token', ['VALUE_MOVES TOKEN from token to path:/shop-api/token']],
    ['path:/token', 'token', ['VALUE_MOVES TOKEN from path:/token to path:/shop-api/token']],
    ['path:/x//token/', 'token', ['VALUE_MOVES TOKEN from path:/x//token/ to path:/x/token']],
    [
      'id:0d4f2a3c-7b1e-4c58-9a60-e2f8b5d7c914',
      'token',
      ['VALUE_MOVES TOKEN from id:0d4f2a3c-7b1e-4c58-9a60-e2f8b5d7c914 to path:/shop-api/token'],
    ],
  ])('%s', (key, remoteName, leftovers) => {
    const spec = `secretStoreRef: { name: store }\ndata: [{ secretKey: TOKEN, remoteRef: { key: '${key}' } }]`
    const more = store('shop-api', 'scaleway', '{ region: fr-par }')
    expect(entries(spec, { more })).toEqual({ own: { 'api.TOKEN': plain(remoteName) }, leftovers })
  })

  test.each([
    ['aws', 'prod/shop/token', 'token'],
    ['aws', 'arn:aws:secretsmanager:eu-west-3:123456789012:secret:shop/token-AbC1d2', 'token'],
    ['vault', 'secret/data/shop/token', 'token'],
    ['gcpsm', 'projects/shop/secrets/token', 'token'],
    ['azurekv', 'secret/token', 'token'],
    ['kubernetes', 'token', 'token'],
    ['onepassword', 'My Vault/The token!', 'The-token'],
  ])('of %s: %s', (provider, key, remoteName) => {
    const spec = `secretStoreRef: { name: store }\ndata: [{ secretKey: TOKEN, remoteRef: { key: '${key}' } }]`
    const { own, leftovers } = entries(spec, { more: store('shop-api', provider) })
    expect(own).toEqual({ 'api.TOKEN': plain(remoteName) })
    expect(leftovers).toEqual([`VALUE_MOVES TOKEN from ${key} to path:/shop-api/${remoteName}`])
  })

  test('two secrets of one name in different folders keep apart', () => {
    const { own } = entries(`data:
  - { secretKey: A, remoteRef: { key: prod/stripe/key } }
  - { secretKey: B, remoteRef: { key: prod/mail/key } }`)
    expect(own).toEqual({ 'api.A': plain('stripe-key'), 'api.B': plain('mail-key') })
  })
})

describe('what has no place in the catalogue is left over', () => {
  test.each([
    ['a pinned version', 'data: [{ secretKey: T, remoteRef: { key: t, version: "3" } }]', 'VERSION_PINNED'],
    ['a decoded value', 'data: [{ secretKey: T, remoteRef: { key: t, decodingStrategy: Base64 } }]', 'VALUE_DECODED'],
    ['a search', 'dataFrom: [{ find: { name: { regexp: x } } }]', 'SOURCE_UNSUPPORTED'],
    [
      'a generator',
      'data: [{ secretKey: T, sourceRef: { generatorRef: { kind: Password, name: p } } }]',
      'SOURCE_UNSUPPORTED',
    ],
    ['a query of a field', "data: [{ secretKey: T, remoteRef: { key: t, property: 'a.#.b' } }]", 'FIELD_UNSUPPORTED'],
    [
      'a composed value',
      'target: { template: { data: { URL: "x://{{ .U }}@db" } } }\ndata: [{ secretKey: U, remoteRef: { key: u } }]',
      'VALUE_COMPOSED',
    ],
    [
      'a template of a ConfigMap',
      'target: { template: { templateFrom: [{ configMap: { name: t, items: [{ key: k }] } }] } }\ndata: [{ secretKey: U, remoteRef: { key: u } }]',
      'TEMPLATE_UNSUPPORTED',
    ],
  ])('%s', (_, spec, code) => {
    expect(entries(spec).leftovers.map((text) => text.split(' ')[0])).toContain(code)
  })

  test('a template that renames is followed, to what it renames', () => {
    const { own } =
      entries(`target: { template: { engineVersion: v2, data: { LOGIN: '{{ .user }}', PASSWORD: '{{ .all_pass | toString }}' } } }
data: [{ secretKey: user, remoteRef: { key: path:/shop-api/user } }]
dataFrom:
  - extract: { key: path:/shop-api/all }
    rewrite: [{ regexp: { source: '^', target: all_ } }]`)
    expect(own).toEqual({ 'api.LOGIN': plain('user'), 'api.PASSWORD': { remoteName: 'all', property: ['pass'] } })
  })
})
