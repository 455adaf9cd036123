import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { refreshExternalSecrets } from '../../scripts/cluster/refresh.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds, type ObjectMeta } from '../../scripts/kubernetes/kinds.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { operatorChart, operatorManifests } from '../helpers/operator-chart.ts'
import { startWorld, type World } from './world.ts'

/*
 * Who may do what, in a real API server, with the chart installed for the tiers `web` and `api`.
 *
 * Kubernetes' own `edit` and `admin` read every Secret of the namespace they are bound in, and run pods that do: nothing
 * a chart adds can take that away, so nobody should have them in the namespace of a tier.
 */

const [own, other] = ['shop-api', 'shop-web']

/** Everybody below is somebody of the tier `api`, but for `neighbour`, a workload of the tier `web`. */
const subjects: Readonly<Record<string, string>> = {
  viewer: 'vera',
  operator: 'olga',
  workload: `system:serviceaccount:${own}:api-workloads`,
  neighbour: `system:serviceaccount:${other}:web-workloads`,
  stranger: 'samuel',
  // Kubernetes' own ClusterRoles, bound in the namespace of the tier. They read events.k8s.io since 1.35.
  view: 'victor',
  edit: 'eduard',
  admin: 'ada',
}

const ownNamespace = `
                                           viewer operator workload neighbour stranger  view  edit admin
get     secrets                                 .        .        .         .        .     .   yes   yes
list    secrets                                 .        .        .         .        .     .   yes   yes
watch   secrets                                 .        .        .         .        .     .   yes   yes
create  secrets                                 .        .        .         .        .     .   yes   yes
get     externalsecrets                       yes      yes        .         .        .     .     .     .
list    externalsecrets                       yes      yes        .         .        .     .     .     .
watch   externalsecrets                       yes      yes        .         .        .     .     .     .
patch   externalsecrets                         .      yes        .         .        .     .     .     .
update  externalsecrets                         .        .        .         .        .     .     .     .
create  externalsecrets                         .        .        .         .        .     .     .     .
delete  externalsecrets                         .        .        .         .        .     .     .     .
patch   externalsecrets/status                  .        .        .         .        .     .     .     .
get     secretstores                          yes      yes        .         .        .     .     .     .
list    secretstores                          yes      yes        .         .        .     .     .     .
create  secretstores                            .        .        .         .        .     .     .     .
update  secretstores                            .        .        .         .        .     .     .     .
patch   secretstores                            .        .        .         .        .     .     .     .
delete  secretstores                            .        .        .         .        .     .     .     .
create  pushsecrets                             .        .        .         .        .     .     .     .
create  webhooks                                .        .        .         .        .     .     .     .
list    events                                yes      yes        .         .        .   yes   yes   yes
list    events.k8s.io                         yes      yes        .         .        .   yes   yes   yes
get     configmaps                              .        .        .         .        .   yes   yes   yes
create  pods                                    .        .        .         .        .     .   yes   yes
create  pods/exec                               .        .        .         .        .     .   yes   yes
create  serviceaccounts/token                   .        .        .         .        .     .   yes   yes
impersonate serviceaccounts                     .        .        .         .        .     .   yes   yes
create  roles                                   .        .        .         .        .     .     .   yes
create  rolebindings                            .        .        .         .        .     .     .   yes
escalate roles                                  .        .        .         .        .     .     .     .
bind    roles                                   .        .        .         .        .     .     .     .
update  resourcequotas                          .        .        .         .        .     .     .     .
patch   networkpolicies                         .        .        .         .        .     .   yes   yes
`

const otherNamespace = `
                                           viewer operator workload neighbour stranger  view  edit admin
get     secrets                                 .        .        .         .        .     .     .     .
list    secrets                                 .        .        .         .        .     .     .     .
get     externalsecrets                         .        .        .         .        .     .     .     .
patch   externalsecrets                         .        .        .         .        .     .     .     .
get     secretstores                            .        .        .         .        .     .     .     .
list    events                                  .        .        .         .        .     .     .     .
create  pods                                    .        .        .         .        .     .     .     .
create  serviceaccounts/token                   .        .        .         .        .     .     .     .
`

const wholeCluster = `
                                           viewer operator workload neighbour stranger  view  edit admin
list    secrets                                 .        .        .         .        .     .     .     .
list    externalsecrets                         .        .        .         .        .     .     .     .
create  clustersecretstores                     .        .        .         .        .     .     .     .
patch   namespaces                              .        .        .         .        .     .     .     .
delete  validatingadmissionpolicies             .        .        .         .        .     .     .     .
`

let world: World
let admin: KubernetesClient
beforeAll(async () => {
  const access = {
    api: { viewers: [{ kind: 'User', name: 'vera' }], operators: [{ kind: 'User', name: 'olga' }] },
  } as const
  const application = applicationWith({
    environments: { dev: environment({ access }) },
    secrets: [{ variable: 'TOKEN' }, { tier: 'web', variable: 'ORIGIN' }],
  })
  world = await startWorld({ application, environment: 'dev' })
  admin = world.stack.client
  await world.install()
  await world.sync()
  for (const [role, user] of Object.entries(subjects)) {
    if (!['view', 'edit', 'admin'].includes(role)) continue
    await admin.create(kinds.roleBinding, {
      metadata: { name: user, namespace: own },
      roleRef: { apiGroup: rbacGroup, kind: 'ClusterRole', name: role },
      subjects: [{ apiGroup: rbacGroup, kind: 'User', name: user }],
    } as KubernetesObject)
  }
  // The built-in roles are put together by a controller.
  await eventually(
    () => mayDo('eduard', 'get', 'secrets', own),
    (allowed) => allowed,
  )
})
afterAll(() => world[Symbol.asyncDispose]())

describe('who may do what', () => {
  test.each([
    ['the namespace of the tier', ownNamespace, own],
    ['the namespace of the other tier', otherNamespace, other],
    ['the whole cluster', wholeCluster, undefined],
  ])('in %s', async (_, table, namespace) => {
    const [, ...rows] = table.trim().split('\n')
    const expected = rows.map((row) => row.trim().split(/\s+/))
    const found = await Promise.all(
      expected.map(async ([verb = '', resource = '']) => {
        const users = Object.values(subjects)
        const allowed = await Promise.all(users.map((user) => mayDo(user, verb, resource, namespace)))
        return [verb, resource, ...allowed.map((isAllowed) => (isAllowed ? 'yes' : '.'))]
      }),
    )
    const text = (lines: readonly string[][]) => [Object.keys(subjects), ...lines].map((line) => line.join(' '))
    expect(text(found)).toEqual(text(expected))
    expect(table.trim().split('\n')[0]?.trim().split(/\s+/)).toEqual(Object.keys(subjects))
  })
})

describe('a viewer', () => {
  test('sees stores, ExternalSecrets with their status, and events', async () => {
    using vera = as('vera')
    const found = await vera.get<KubernetesObject & { status: object }>(kinds.externalSecret, ref('api-secrets'))
    expect(found?.status).toMatchObject({ conditions: [{ type: 'Ready', reason: 'SecretSynced' }] })
    expect((await vera.list(kinds.secretStore, { namespace: own })).items).toHaveLength(1)
    expect((await vera.list(kinds.event, { namespace: own })).items.length).toBeGreaterThan(0)
  })

  test('sees no Secret of the tier, neither a target nor the Scaleway key', async () => {
    using vera = as('vera')
    for (const name of ['api-secrets', 'scw-api-credentials']) {
      expect(await admin.get(kinds.secret, ref(name)), 'it is there').toBeDefined()
      await expect(vera.get(kinds.secret, ref(name))).rejects.toMatchObject({ status: 403 })
    }
    await expect(vera.list(kinds.secret, { namespace: own })).rejects.toMatchObject({ status: 403 })
    await expect(vera.list(kinds.secret)).rejects.toMatchObject({ status: 403 })
  })

  test('forces no refresh', async () => {
    using vera = as('vera')
    await expect(vera.mergePatch(kinds.externalSecret, ref('api-secrets'), annotate('1'))).rejects.toMatchObject({
      status: 403,
    })
  })
})

describe('an operator', () => {
  test('makes the operator read Scaleway now', async () => {
    using olga = as('olga')
    const reports = await refreshExternalSecrets(olga, [ref('api-secrets')])
    expect(reports).toMatchObject([{ state: 'refreshed' }])
  })

  test('changes nothing of an ExternalSecret but the annotation that forces a refresh', async () => {
    using olga = as('olga')
    const change = (patch: object) => olga.mergePatch(kinds.externalSecret, ref('api-secrets'), patch)
    await expect(change({ spec: { refreshInterval: '2h0m0s' } })).rejects.toThrow('EXTERNAL_SECRET_REFRESH_ONLY')
    await expect(change({ metadata: { labels: { a: 'b' } } })).rejects.toThrow('EXTERNAL_SECRET_REFRESH_ONLY')
    const adopted = { metadata: { annotations: { 'meta.helm.sh/release-name': 'another' } } }
    await expect(change(adopted)).rejects.toThrow('EXTERNAL_SECRET_REFRESH_ONLY')
    await change(annotate('2'))
  })

  test('makes no ExternalSecret, also not by applying one, and deletes none', async () => {
    using olga = as('olga')
    const { spec } = (await admin.get(kinds.externalSecret, ref('api-secrets'))) as KubernetesObject & { spec: object }
    const copy = { metadata: ref('mine'), spec } as KubernetesObject
    await expect(olga.create(kinds.externalSecret, copy)).rejects.toMatchObject({ status: 403 })
    await expect(olga.apply(kinds.externalSecret, ref('mine'), copy)).rejects.toMatchObject({ status: 403 })
    await expect(olga.delete(kinds.externalSecret, ref('api-secrets'))).rejects.toMatchObject({ status: 403 })
  })

  test('sends the key of the tier to no other server, and sees no Secret', async () => {
    using olga = as('olga')
    const elsewhere = { spec: { provider: { scaleway: { apiUrl: 'https://elsewhere.example' } } } }
    const store = ref('api-secretstore')
    await expect(olga.mergePatch(kinds.secretStore, store, elsewhere)).rejects.toMatchObject({ status: 403 })
    await expect(olga.get(kinds.secret, ref('api-secrets'))).rejects.toMatchObject({ status: 403 })
  })
})

describe("the token of a tier's ServiceAccount, should a pod have one all the same,", () => {
  test('opens no Secret of the other tier, none of its own, and nothing else', async () => {
    const token = await tokenOf(other, 'web-workloads')
    using pod = createClient({ server: world.stack.controlPlane.server, ca: world.stack.controlPlane.ca, token })
    const who = await pod.create<KubernetesObject>(selfSubjectReview, { metadata: noMetadata })
    expect(who, 'the token is good').toMatchObject({ status: { userInfo: { username: subjects.neighbour } } })
    for (const namespace of [own, other]) {
      const { items } = await admin.list(kinds.secret, { namespace })
      expect(items.length, namespace).toBeGreaterThanOrEqual(2)
      for (const { metadata } of items) {
        await expect(pod.get(kinds.secret, { namespace, name: metadata.name })).rejects.toMatchObject({ status: 403 })
      }
      await expect(pod.list(kinds.secret, { namespace })).rejects.toMatchObject({ status: 403 })
      const watch = pod.watch(kinds.secret, { namespace, resourceVersion: '1' })
      await expect(watch.next()).rejects.toMatchObject({ status: 403 })
      await expect(pod.list(kinds.externalSecret, { namespace })).rejects.toMatchObject({ status: 403 })
    }
  })
})

describe('an administrator of the namespace', () => {
  const role = (name: string, rule: object) =>
    ({ metadata: { name, namespace: own }, rules: [rule] }) as KubernetesObject

  test('gives away no right without having it', async () => {
    using ada = as('ada')
    const stores = { apiGroups: ['external-secrets.io'], resources: ['secretstores'], verbs: ['create'] }
    await expect(ada.create(kinds.role, role('x', stores))).rejects.toMatchObject({ status: 403 })
    const binding = (name: string) =>
      ({
        metadata: { name: `ada-${name}`, namespace: own },
        roleRef: { apiGroup: rbacGroup, kind: 'Role', name },
        subjects: [{ apiGroup: rbacGroup, kind: 'User', name: 'ada' }],
      }) as KubernetesObject
    await expect(ada.create(kinds.roleBinding, binding('secrets-operator'))).rejects.toMatchObject({ status: 403 })
    await expect(ada.create(kinds.roleBinding, binding('secrets-viewer'))).rejects.toMatchObject({ status: 403 })
    const configMaps = { apiGroups: [''], resources: ['configmaps'], verbs: ['get'] }
    await ada.create(kinds.role, role('harmless', configMaps))
  })
})

test("with the default values of the operator's chart, not with ours, `edit` and `admin` of a namespace write stores", async () => {
  const write = () => Promise.all(['eduard', 'ada'].map((user) => mayDo(user, 'create', 'secretstores', own)))
  expect(await write()).toEqual([false, false])
  const manifests = await operatorManifests(await operatorChart())
  const roles = manifests.filter(({ kind, metadata }) => kind === 'ClusterRole' && /-(view|edit)$/.test(metadata.name))
  expect(roles).toHaveLength(2)
  for (const role of roles) await admin.create(clusterRole, role as KubernetesObject)
  await eventually(write, (allowed) => allowed.every(Boolean))
  for (const { metadata } of roles) await admin.delete(clusterRole, { name: metadata.name })
  await eventually(write, (allowed) => !allowed.some(Boolean))
})

// --- internal ---

const rbacGroup = 'rbac.authorization.k8s.io'
const clusterRole: Kind = {
  apiVersion: 'rbac.authorization.k8s.io/v1',
  kind: 'ClusterRole',
  plural: 'clusterroles',
  namespaced: false,
}
const subjectAccessReview: Kind = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
}
const selfSubjectReview: Kind = {
  apiVersion: 'authentication.k8s.io/v1',
  kind: 'SelfSubjectReview',
  plural: 'selfsubjectreviews',
  namespaced: false,
}
/** A review is an answer and is not stored, so it has no name. */
const noMetadata = {} as ObjectMeta

/** API groups of the resources in the tables; the others are in the core group. */
const groups: Readonly<Record<string, string>> = {
  externalsecrets: 'external-secrets.io',
  secretstores: 'external-secrets.io',
  clustersecretstores: 'external-secrets.io',
  pushsecrets: 'external-secrets.io',
  webhooks: 'generators.external-secrets.io',
  roles: rbacGroup,
  rolebindings: rbacGroup,
  networkpolicies: 'networking.k8s.io',
  validatingadmissionpolicies: 'admissionregistration.k8s.io',
}

async function mayDo(user: string, verb: string, resource: string, namespace?: string): Promise<boolean> {
  const [, , serviceAccountNamespace] = user.split(':')
  const memberOf = ['system:authenticated']
  if (serviceAccountNamespace)
    memberOf.push('system:serviceaccounts', `system:serviceaccounts:${serviceAccountNamespace}`)
  const [name = '', subresource] = resource === 'events.k8s.io' ? ['events'] : resource.split('/')
  const attributes = {
    ...(namespace ? { namespace } : {}),
    verb,
    group: resource === 'events.k8s.io' ? resource : (groups[name] ?? ''),
    resource: name,
    ...(subresource ? { subresource } : {}),
  }
  const review = { metadata: noMetadata, spec: { user, groups: memberOf, resourceAttributes: attributes } }
  type Answer = KubernetesObject & { readonly status: { readonly allowed: boolean } }
  return (await admin.create<Answer>(subjectAccessReview, review as unknown as Answer)).status.allowed
}

function as(user: string): KubernetesClient {
  return createClient({ ...world.stack.controlPlane, skipVerify: false, impersonate: user })
}

function ref(name: string) {
  return { name, namespace: own }
}

function annotate(value: string) {
  return { metadata: { annotations: { 'force-sync': value } } }
}

async function tokenOf(namespace: string, name: string): Promise<string> {
  const tokens: Kind = {
    apiVersion: 'v1',
    kind: 'TokenRequest',
    plural: `serviceaccounts/${name}/token`,
    namespaced: true,
  }
  const request = { apiVersion: 'authentication.k8s.io/v1', kind: 'TokenRequest', metadata: { namespace }, spec: {} }
  type Answer = KubernetesObject & { readonly status: { readonly token: string } }
  return (await admin.create<Answer>(tokens, request as unknown as Answer)).status.token
}
