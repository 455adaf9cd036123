import { describe, expect, test } from 'vitest'
import { type Manifest, placeOf } from '../../scripts/chart/manifests.ts'
import { checkManifests, policyRules } from '../../scripts/chart/policy/index.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import { bookshop } from '../fixtures/applications.ts'
import { chartOf, find, helm4, manifestsOf } from '../helpers/chart.ts'
import { withValue } from '../helpers/values.ts'

const { chart, values } = await chartOf(bookshop)
const manifests = await manifestsOf(helm4, chart, values('live'), '--namespace', 'bookshop-secrets')
const model = resolve(bookshop, 'live')

/** The manifests with one object changed, or taken out by `undefined`. It is named by `name`, or by `kind/namespace/name`. */
const changed = (place: string, change: (manifest: Manifest) => unknown) => {
  const found = manifests.filter((one) => one.metadata.name === place || placeOf(one) === place)
  expect(found).toHaveLength(1)
  return manifests
    .map((manifest) => (manifest === found[0] ? change(structuredClone(manifest)) : manifest))
    .filter((manifest) => manifest !== undefined) as Manifest[]
}

/** The same with one place of it changed. */
const broken = (name: string, place: string, value: unknown) =>
  changed(name, (manifest) => withValue(manifest, place, value))
const told = (list: readonly Manifest[]) => checkManifests(list, model).map(({ code, where }) => `${code} ${where}`)

test('the manifests as the chart renders them have no problem', () => {
  expect(manifests.length).toBeGreaterThan(40)
  expect(told(manifests)).toEqual([])
})

describe('objects', () => {
  test('a missing ExternalSecret is reported, and so is a missing store', () => {
    expect(told(changed('orders-secrets', () => undefined))).toEqual([
      'OBJECT_MISSING external-secrets.io/v1 ExternalSecret/bookshop-orders/orders-secrets',
    ])
    expect(told(changed('orders-secretstore', () => undefined))).toEqual([
      'OBJECT_MISSING external-secrets.io/v1 SecretStore/bookshop-orders/orders-secretstore',
    ])
  })

  test('a namespace may be missing: somebody else may have made it', () => {
    expect(told(changed('post-office', () => undefined))).toEqual([])
  })

  test('an object too many is reported, also one of another kind, version or namespace, or one that is there twice', () => {
    const pod: Manifest = { apiVersion: 'v1', kind: 'Secret', metadata: { name: 'x', namespace: 'bookshop-orders' } }
    expect(told([...manifests, pod])).toEqual(['OBJECT_UNEXPECTED v1 Secret/bookshop-orders/x'])
    expect(told([...manifests, manifests[0] as Manifest])).toHaveLength(1)
    expect(told(broken('orders-secrets', 'apiVersion', 'external-secrets.io/v1beta1'))).toEqual([
      'OBJECT_MISSING external-secrets.io/v1 ExternalSecret/bookshop-orders/orders-secrets',
      'OBJECT_UNEXPECTED external-secrets.io/v1beta1 ExternalSecret/bookshop-orders/orders-secrets',
    ])
    expect(told(broken('orders-secrets', 'metadata.namespace', 'bookshop-storefront'))).toContain(
      'OBJECT_UNEXPECTED external-secrets.io/v1 ExternalSecret/bookshop-storefront/orders-secrets',
    )
    expect(told(broken('orders-secretstore', 'kind', 'ClusterSecretStore'))).toHaveLength(2)
  })
})

const scaleway = 'spec.provider.scaleway'

test.each([
  ['another project', `${scaleway}.projectId`, '91c6f4a8-5d02-4be7-8a3f-b70e2d6c9f46'],
  ['another region', `${scaleway}.region`, 'fr-par'],
  ['the credential of another tier', `${scaleway}.secretKey.secretRef.name`, 'scw-storefront-credentials'],
  ['a credential of another namespace', `${scaleway}.secretKey.secretRef.namespace`, 'bookshop-storefront'],
  ['a key in plain text', `${scaleway}.accessKey`, { value: 'SCWXXXXXXXXXXXXXXXXX' }],
  ['another server', `${scaleway}.apiUrl`, 'http://127.0.0.1:8080'],
  ['another provider beside it', 'spec.provider.fake', {}],
  ['a condition that opens it to others', 'spec.conditions', [{ namespaces: ['default'] }]],
])('a store with %s is reported', (_, place, value) => {
  expect(told(broken('orders-secretstore', place, value))).toEqual([
    'STORE_DIFFERS SecretStore/bookshop-orders/orders-secretstore',
  ])
})

test.each([
  ['another interval', 'spec.refreshInterval', '0s'],
  ['another refresh policy', 'spec.refreshPolicy', 'CreatedOnce'],
  ['the store of another tier', 'spec.secretStoreRef.name', 'storefront-secretstore'],
  ['a store of the whole cluster', 'spec.secretStoreRef.kind', 'ClusterSecretStore'],
  ['another target', 'spec.target.name', 'other'],
  ['a target somebody else owns', 'spec.target.creationPolicy', 'Merge'],
  ['a target that empties itself', 'spec.target.deletionPolicy', 'Delete'],
  ['a target of no template', 'spec.target.template', undefined],
  ['another label on the target', 'spec.target.template.metadata.labels', {}],
  ['no annotation of Reloader on the target', 'spec.target.template.metadata.annotations', undefined],
  ['another annotation on the target', 'spec.target.template.metadata.annotations.x', 'y'],
  ['a template that reads a Secret of the namespace', 'spec.target.template.templateFrom', [{ secret: { name: 'x' } }]],
  ['a variable more', 'spec.target.template.data.MORE', 'x'],
  ['a variable less', 'spec.target.template.data.PAY_MERCHANT', undefined],
  ['two variables swapped', 'spec.target.template.data.PAY_MERCHANT', '{{ .b_3ds_dpayment__PAY_SIGNATURE }}'],
  ['another remote ref', 'spec.data.0.remoteRef.key', 'path:/bookshop-storefront/catalog-origin'],
  ['a remote ref by name', 'spec.data.0.remoteRef.key', 'name:basket-seal'],
  ['another variable', 'spec.data.0.secretKey', 'OTHER'],
  ['a field', 'spec.data.0.remoteRef.property', '@this'],
  ['a version', 'spec.data.0.remoteRef.version', '1'],
  ['a value that is decoded', 'spec.data.0.remoteRef.decodingStrategy', 'Auto'],
  ['a default left out', 'spec.data.0.remoteRef.metadataPolicy', undefined],
  ['a source of its own', 'spec.data.0.sourceRef', { generatorRef: {} }],
  ['another bundle', 'spec.dataFrom.0.extract.key', 'path:/bookshop-storefront/3ds-payment'],
  ['a bundle that is not renamed', 'spec.dataFrom.0.rewrite', undefined],
  ['a bundle renamed otherwise', 'spec.dataFrom.0.rewrite.0.regexp.target', ''],
  ['a search', 'spec.dataFrom.0', { find: { name: { regexp: '.*' } } }],
  ['no references at all', 'spec.data', undefined],
  ['a setting nobody knows', 'spec.more', true],
])('an ExternalSecret with %s is reported', (_, place, value) => {
  expect(told(broken('orders-secrets', place, value))).toEqual([
    'EXTERNAL_SECRET_DIFFERS ExternalSecret/bookshop-orders/orders-secrets',
  ])
})

test('an optional bundle that delivers another key is reported', () => {
  const place = 'spec.target.template.templateFrom.0.literal'
  const { spec } = find(manifests, 'ExternalSecret', 'storefront-optional-secrets')
  const { target } = spec as { target: { template: { templateFrom: { literal: string }[] } } }
  const literal = target.template.templateFrom[0]?.literal ?? ''
  expect(literal).toContain('"LOYALTY_PARTNER_KEY"')
  const other = literal.replace('"LOYALTY_PARTNER_KEY"', '"ADMIN"')
  expect(told(broken('storefront-optional-secrets', place, other))).toHaveLength(1)
  expect(told(broken('storefront-optional-secrets', place, literal))).toEqual([])
})

test('a label that names the version of the chart is reported', () => {
  const labels = (manifest: Manifest) => ({ ...manifest.metadata.labels, 'helm.sh/chart': 'tiered-secrets-0.1.0' })
  const labelled = changed('orders-secrets', (manifest) => withValue(manifest, 'metadata.labels', labels(manifest)))
  expect(told(labelled)).toEqual(['LABEL_NAMES_VERSION ExternalSecret/bookshop-orders/orders-secrets'])
})

test('a namespace that is not kept is reported', () => {
  for (const annotations of [undefined, { 'helm.sh/resource-policy': 'delete' }]) {
    expect(told(broken('post-office', 'metadata.annotations', annotations))).toEqual([
      'NAMESPACE_NOT_KEPT Namespace/post-office',
    ])
  }
})

describe('protections', () => {
  const role = 'Role/bookshop-orders/secrets-viewer'
  const rules = (add: object) => (manifest: Manifest) =>
    withValue(manifest, 'rules', [...(manifest.rules as object[]), add])

  test.each([
    ['Secrets', { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }, 'get /secrets'],
    ['everything', { apiGroups: ['*'], resources: ['*'], verbs: ['*'] }, '* */*'],
    [
      'a write on stores',
      { apiGroups: ['external-secrets.io'], resources: ['secretstores'], verbs: ['update'] },
      'update external-secrets.io/secretstores',
    ],
    [
      'what only operators may',
      { apiGroups: ['external-secrets.io'], resources: ['externalsecrets'], verbs: ['patch'] },
      'patch external-secrets.io/externalsecrets',
    ],
  ])('a Role that grants %s is reported', (_, add, grant) => {
    const found = checkManifests(changed(role, rules(add)), model)
    expect(found.map(({ code, where }) => `${code} ${where}`)).toEqual([`ROLE_TOO_WIDE ${role}`])
    expect(found[0]?.message).toContain(`grants "${grant}"`)
  })

  test('a Role without its rights is reported', () => {
    expect(new Set(told(broken(role, 'rules', [])))).toEqual(new Set([`ROLE_TOO_NARROW ${role}`]))
  })

  test.each([
    ['subjects', [{ kind: 'Group', name: 'system:authenticated', apiGroup: 'rbac.authorization.k8s.io' }]],
    ['subjects', undefined],
    ['roleRef.name', 'admin'],
    ['roleRef.kind', 'ClusterRole'],
  ])('a binding whose %s is %j is reported', (place, value) => {
    const binding = 'RoleBinding/bookshop-orders/secrets-operator'
    expect(told(broken(binding, place, value))).toEqual([`BINDING_DIFFERS ${binding}`])
  })

  test.each([
    ['ServiceAccount/bookshop-orders/orders-workloads', 'automountServiceAccountToken', undefined, 'TOKEN_MOUNTED'],
    ['ServiceAccount/bookshop-orders/orders-workloads', 'automountServiceAccountToken', true, 'TOKEN_MOUNTED'],
    ['ResourceQuota/bookshop-orders/tier-quota', 'spec.hard.secrets', '50', 'QUOTA_DIFFERS'],
    ['ResourceQuota/bookshop-orders/tier-quota', 'spec.scopes', ['BestEffort'], 'QUOTA_DIFFERS'],
    ['LimitRange/bookshop-orders/container-defaults', 'spec.limits.0.default.memory', '8Gi', 'LIMITS_DIFFER'],
    ['Secret/bookshop-secrets/boundary-bookshop-orders', 'metadata.annotations.projectId', 'x', 'BOUNDARY_DIFFERS'],
    ['Secret/bookshop-secrets/boundary-bookshop-orders', 'metadata.annotations.rules', 'off', 'BOUNDARY_DIFFERS'],
    ['Secret/bookshop-secrets/boundary-bookshop-orders', 'metadata.annotations.operators', '', 'BOUNDARY_DIFFERS'],
    ['Secret/bookshop-secrets/boundary-bookshop-orders', 'metadata.annotations.targetTypes', '', 'BOUNDARY_DIFFERS'],
    [
      'Secret/bookshop-secrets/boundary-bookshop-orders',
      'metadata.annotations.apiUrl',
      'http://127.0.0.1:1',
      'BOUNDARY_DIFFERS',
    ],
    ['ValidatingAdmissionPolicy/bookshop-secret-stores', 'spec.failurePolicy', 'Ignore', 'ADMISSION_WEAK'],
    [
      'ValidatingAdmissionPolicyBinding/bookshop-orders-secret-stores',
      'spec.validationActions',
      ['Warn'],
      'ADMISSION_WEAK',
    ],
  ])('%s with another %s, %j, is reported', (place, field, value, code) => {
    expect(told(broken(place, field, value))).toEqual([`${code} ${place}`])
  })

  test("a level of Pod Security that is not the catalogue's is reported, and so is one that is not there", () => {
    for (const [mode, level] of [
      ['enforce', 'baseline'],
      ['warn', 'privileged'],
      ['audit', undefined],
    ] as const) {
      const relabelled = changed('Namespace/bookshop-orders', (manifest) => ({
        ...manifest,
        metadata: {
          ...manifest.metadata,
          labels: { ...manifest.metadata.labels, [`pod-security.kubernetes.io/${mode}`]: level },
        },
      }))
      expect(told(relabelled)).toEqual(['POD_SECURITY_DIFFERS Namespace/bookshop-orders'])
    }
  })
})

const sealed: Manifest = {
  apiVersion: 'bitnami.com/v1alpha1',
  kind: 'SealedSecret',
  metadata: { namespace: 'bookshop-orders', name: 'scw-orders-credentials' },
  spec: { encryptedData: { 'access-key': 'AgA', 'secret-key': 'AgB' } },
}

test('a sealed key is that of the environment, and there is none where it says none', () => {
  expect(told([...manifests, sealed])).toEqual([
    'SEALED_CREDENTIALS_DIFFER SealedSecret/bookshop-orders/scw-orders-credentials',
    'OBJECT_UNEXPECTED bitnami.com/v1alpha1 SealedSecret/bookshop-orders/scw-orders-credentials',
  ])
  const tiers = model.tiers.map((tier) =>
    tier.name === 'orders' ? { ...tier, sealedCredentials: { accessKey: 'AgA', secretKey: 'AgB' } } : tier,
  )
  const codes = (list: readonly Manifest[]) => checkManifests(list, { ...model, tiers }).map(({ code }) => code)
  expect(codes([...manifests, sealed])).toEqual([])
  expect(codes(manifests)).toEqual(['OBJECT_MISSING'])
  const swapped = withValue(sealed, 'spec.encryptedData', { 'access-key': 'AgB', 'secret-key': 'AgA' })
  expect(codes([...manifests, swapped])).toEqual(['SEALED_CREDENTIALS_DIFFER'])
})

test('every rule finds something in manifests that have nothing to do with the catalogue', () => {
  const foreign = manifests.map((manifest) => {
    const labelled = withValue(manifest, 'metadata.labels', { 'helm.sh/chart': 'x' })
    const emptied = withValue(withValue(labelled, 'metadata.annotations', {}), 'spec', {})
    return { ...emptied, rules: [], subjects: [], automountServiceAccountToken: true }
  })
  expect(policyRules.map((rule) => rule([...foreign, foreign[0] as Manifest, sealed], model).length > 0)).toEqual(
    policyRules.map(() => true),
  )
})
