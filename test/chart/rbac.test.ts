import { describe, expect, test } from 'vitest'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { checkManifests } from '../../scripts/chart/policy/index.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import type { Protection, SubjectSpec } from '../../scripts/model/types.ts'
import { bookshop } from '../fixtures/applications.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { chartOf, helm4, helms, manifestsOf } from '../helpers/chart.ts'

const { chart, values } = await chartOf(bookshop)
const live = await manifestsOf(helm4, chart, values('live'))
const { tiers } = resolve(bookshop, 'live')
const namespaces = tiers.map(({ namespace }) => namespace)
const api = 'rbac.authorization.k8s.io'

/** Objects of a kind as `namespace/name`. */
const places = (manifests: readonly Manifest[], kind: string) =>
  manifests
    .filter((manifest) => manifest.kind === kind)
    .map(({ metadata }) => `${metadata.namespace}/${metadata.name}`)
    .sort()

const one = (manifests: readonly Manifest[], kind: string, namespace: string, name: string) =>
  manifests.find(
    (found) => found.kind === kind && found.metadata.namespace === namespace && found.metadata.name === name,
  )

describe.each(helms)('%s', (_, helm) => {
  test('the workloads of each tier have a ServiceAccount of their own, whose token is not mounted', async () => {
    const manifests = await manifestsOf(helm, chart, values('live'))
    expect(places(manifests, 'ServiceAccount')).toEqual([
      'bookshop-orders/orders-workloads',
      'bookshop-storefront/storefront-workloads',
      'post-office/mailer-workloads',
    ])
    for (const manifest of manifests.filter(({ kind }) => kind === 'ServiceAccount')) {
      const { apiVersion, kind, metadata, ...fields } = manifest
      expect([apiVersion, kind, metadata.annotations]).toEqual(['v1', 'ServiceAccount', undefined])
      expect(fields).toEqual({ automountServiceAccountToken: false })
    }
  })

  test('each tier has the two Roles, and they give what the table says', async () => {
    const manifests = await manifestsOf(helm, chart, values('live'))
    expect(places(manifests, 'Role')).toHaveLength(6)
    const see = ['get', 'list', 'watch']
    const viewer = [
      { apiGroups: ['external-secrets.io'], resources: ['externalsecrets', 'secretstores'], verbs: see },
      { apiGroups: ['', 'events.k8s.io'], resources: ['events'], verbs: see },
    ]
    const refresh = { apiGroups: ['external-secrets.io'], resources: ['externalsecrets'], verbs: ['patch'] }
    for (const namespace of namespaces) {
      expect(one(manifests, 'Role', namespace, 'secrets-viewer')?.rules).toEqual(viewer)
      expect(one(manifests, 'Role', namespace, 'secrets-operator')?.rules).toEqual([...viewer, refresh])
    }
  })

  test('the Roles are bound to the subjects of the environment, and to nobody else', async () => {
    const manifests = await manifestsOf(helm, chart, values('live'))
    const bindings = manifests
      .filter(({ kind }) => kind === 'RoleBinding')
      .map(({ metadata, roleRef, subjects }) => [`${metadata.namespace}/${metadata.name}`, roleRef, subjects])
    const role = (name: string) => ({ apiGroup: api, kind: 'Role', name })
    expect(bindings.sort()).toEqual([
      [
        'bookshop-orders/secrets-operator',
        role('secrets-operator'),
        [{ kind: 'ServiceAccount', name: 'night-shift', namespace: 'platform' }],
      ],
      [
        'bookshop-storefront/secrets-operator',
        role('secrets-operator'),
        [{ kind: 'User', name: 'on-call@books.example', apiGroup: api }],
      ],
      [
        'bookshop-storefront/secrets-viewer',
        role('secrets-viewer'),
        [{ kind: 'Group', name: 'books:developers', apiGroup: api }],
      ],
    ])
  })
})

test('nothing the chart grants is a wildcard, a Secret, a write on a store, or reaches beyond a namespace', () => {
  const kinds = new Set(live.map(({ kind }) => kind))
  expect([...kinds].filter((kind) => kind.startsWith('Cluster'))).toEqual([])
  const rules = live.flatMap((manifest) => (manifest.rules ?? []) as Record<string, string[]>[])
  const grants = rules.flatMap(({ apiGroups = [], resources = [], verbs = [] }) =>
    apiGroups.flatMap((group) => resources.flatMap((resource) => verbs.map((verb) => [group, resource, verb]))),
  )
  expect(grants.length).toBeGreaterThan(20)
  expect(grants.filter((grant) => grant.includes('*'))).toEqual([])
  expect(grants.filter(([, resource]) => resource?.startsWith('secrets') && resource !== 'secretstores')).toEqual([])
  const writes = grants.filter(([, , verb]) => !['get', 'list', 'watch'].includes(verb ?? ''))
  expect(new Set(writes.map(String))).toEqual(new Set(['external-secrets.io,externalsecrets,patch']))
  for (const { metadata } of live) {
    expect(Object.keys(metadata.labels ?? {}).filter((name) => name.includes('aggregate-to'))).toEqual([])
  }
})

test('without RBAC there is no Role and no binding, and the ServiceAccounts stay', async () => {
  const manifests = await manifestsOf(helm4, chart, values('rehearsal'))
  expect([places(manifests, 'Role'), places(manifests, 'RoleBinding')]).toEqual([[], []])
  expect(places(manifests, 'ServiceAccount')).toHaveLength(3)
})

test('without admission there is no secrets-operator, who would then change the whole of an ExternalSecret', async () => {
  const access = { api: { viewers: [{ kind: 'User', name: 'vera' }] } } as const
  const application = (without: readonly Protection[]) =>
    applicationWith({ secrets: [{}], environments: { dev: environment({ access, without }) } })
  const rolesOf = async (without: readonly Protection[]) => {
    const small = await chartOf(application(without))
    const model = resolve(application(without), 'dev')
    const release = ['--namespace', model.release.namespace]
    const manifests = await manifestsOf(helm4, small.chart, small.values('dev'), ...release)
    expect(checkManifests(manifests, model)).toEqual([])
    const writers = manifests.filter(({ kind, rules }) => kind === 'Role' && JSON.stringify(rules).includes('patch'))
    return [places(manifests, 'Role'), places(manifests, 'RoleBinding'), places(writers, 'Role')]
  }
  const [viewers, operators] = ['viewer', 'operator'].map((role) => [
    `shop-api/secrets-${role}`,
    `shop-web/secrets-${role}`,
  ]) as [string[], string[]]
  expect(await rolesOf(['admission'])).toEqual([viewers, ['shop-api/secrets-viewer'], []])
  expect(await rolesOf([])).toEqual([[...viewers, ...operators].sort(), ['shop-api/secrets-viewer'], operators])
})

test('a subject that looks like a number, a boolean or a template is the text it is', async () => {
  const names = ['1e3', 'true', 'null', '{{ .Release.Name }}', 'o\'hara: "x"', '#']
  const viewers: SubjectSpec[] = names.map((name) => ({ kind: 'User', name }))
  const small = await chartOf(applicationWith({ environments: { dev: environment({ access: { api: { viewers } } }) } }))
  const manifests = await manifestsOf(helm4, small.chart, small.values('dev'))
  const subjects = one(manifests, 'RoleBinding', 'shop-api', 'secrets-viewer')?.subjects
  expect((subjects as SubjectSpec[]).map(({ name }) => name)).toEqual(names)
})
