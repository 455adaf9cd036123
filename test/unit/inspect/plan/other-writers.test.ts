import { expect, test } from 'vitest'
import type { LiveExternalSecret } from '../../../../scripts/inspect/plan/key-destination.ts'
import { otherWriterProblems } from '../../../../scripts/inspect/plan/other-writers.ts'
import { readRemovedTargets, removedTargetProblem } from '../../../../scripts/inspect/plan/removals.ts'
import type {
  Kind,
  KubernetesObject,
  ObjectRef,
  OwnerReference,
  SecretObject,
} from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const model = resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }] }), 'dev')
const namespace = 'shop-api'

function externalSecret(name: string, target: object = {}): LiveExternalSecret {
  return { metadata: { namespace, name }, spec: { target } }
}

const clientOf = (secret: Partial<SecretObject> = {}) => ({
  async get<T extends KubernetesObject>(_: Kind, ref: ObjectRef): Promise<T | undefined> {
    return { metadata: { ...ref, ...secret.metadata }, data: { TOKEN: '' }, ...secret } as unknown as T
  },
  list: async () => ({ items: [], resourceVersion: '1' }),
  kindNamed: async () => undefined,
})

const problemsOf = (live: readonly LiveExternalSecret[], secret: Partial<SecretObject> = {}, removed: string[] = []) =>
  otherWriterProblems(
    clientOf(secret),
    model,
    live,
    removed.map((name) => ({ namespace, name })),
  )

test('another ExternalSecret that writes a target is named, with what releases the Secret and keeps it', async () => {
  const [problem, ...others] = await problemsOf([
    externalSecret('api-secrets'),
    externalSecret('by-hand', { name: 'api-secrets' }),
    externalSecret('elsewhere', { name: 'other' }),
    externalSecret('reader', { name: 'api-secrets', creationPolicy: 'None' }),
  ])
  expect(others).toEqual([])
  expect(problem).toMatchObject({ code: 'TARGET_OF_OTHER', where: 'ExternalSecret/shop-api/by-hand' })
  expect(problem?.fix).toMatch(
    /^`kubectl patch externalsecret by-hand .*"creationPolicy":"Orphan","deletionPolicy":"Retain".*`; once .*: `kubectl delete externalsecret by-hand --namespace shop-api`, which keeps the Secret\./,
  )
  const [merging] = await problemsOf([externalSecret('by-hand', { name: 'api-secrets', creationPolicy: 'Merge' })])
  expect(merging?.fix).toMatch(/^`kubectl delete externalsecret by-hand/)
})

test('one that the deployment removes is not another writer', async () => {
  expect(await problemsOf([externalSecret('old', { name: 'api-secrets' })], {}, ['old'])).toEqual([])
})

test('a target of another controller is an error, and one that is immutable is a warning', async () => {
  const owner = (kind: string): OwnerReference => ({ apiVersion: 'x/v1', kind, name: 'o', uid: 'u', controller: true })
  const ownedBy = (kind: string) =>
    problemsOf([], { metadata: { name: 'api-secrets', ownerReferences: [owner(kind)] } })
  expect(await ownedBy('ExternalSecret')).toEqual([])
  expect(await ownedBy('SealedSecret')).toMatchObject([
    { code: 'TARGET_CONTROLLED', where: 'Secret/shop-api/api-secrets' },
  ])
  expect(await problemsOf([], { immutable: true })).toMatchObject([{ code: 'TARGET_IMMUTABLE', severity: 'warning' }])
})

test('an ExternalSecret that has written a Secret of another name loses it, if it owns it', async () => {
  const change = { kind: 'ExternalSecret', namespace, name: 'api-secrets', action: 'change', fields: [] } as const
  const removedWith = (target: object) =>
    readRemovedTargets(clientOf(), [change], [externalSecret('api-secrets', target)])
  const [removed] = await removedWith({ name: 'legacy' })
  expect(removed).toMatchObject({ name: 'legacy', successor: 'api-secrets', keys: ['TOKEN'] })
  expect(removed && removedTargetProblem(removed).message).toContain(
    'its ExternalSecret writes Secret api-secrets afterwards',
  )
  expect(await removedWith({ name: 'legacy', creationPolicy: 'Orphan' })).toEqual([])
  expect(await removedWith({})).toEqual([])
})

test.each<[string, Partial<SecretObject['metadata']>, string, string]>([
  [
    'a Helm release',
    { annotations: { 'meta.helm.sh/release-name': 'web', 'meta.helm.sh/release-namespace': 'apps' } },
    'belongs to the Helm release "web" of namespace apps, whose next deployment',
    '`helm.sh/resource-policy: keep` there and deploy that, then take it out there; then `kubectl annotate secret api-secrets --namespace shop-api meta.helm.sh/release-name- meta.helm.sh/release-namespace-`.',
  ],
  [
    'Flux',
    { labels: { 'kustomize.toolkit.fluxcd.io/name': 'web', 'kustomize.toolkit.fluxcd.io/namespace': 'flux' } },
    'belongs to Kustomization "web" of Flux in namespace flux, whose',
    '`kubectl label secret api-secrets --namespace shop-api kustomize.toolkit.fluxcd.io/name- kustomize.toolkit.fluxcd.io/namespace-`.',
  ],
  [
    'Argo CD',
    { annotations: { 'argocd.argoproj.io/tracking-id': 'web:/Secret:shop-api/api-secrets' } },
    'belongs to Application "web" of Argo CD, whose',
    '`kubectl annotate secret api-secrets --namespace shop-api argocd.argoproj.io/tracking-id-`.',
  ],
])('a target that %s deploys is a warning, with what keeps it', async (_, marks, message, fix) => {
  const own: OwnerReference = {
    apiVersion: 'x/v1',
    kind: 'ExternalSecret',
    name: 'api-secrets',
    uid: 'u',
    controller: true,
  }
  for (const ownerReferences of [[], [own]]) {
    const metadata = { namespace, name: 'api-secrets', ...marks, ownerReferences }
    const [problem, ...others] = await problemsOf([externalSecret('api-secrets')], { metadata })
    expect(others).toEqual([])
    expect(problem).toMatchObject({
      code: 'TARGET_OF_OTHER',
      where: 'Secret/shop-api/api-secrets',
      severity: 'warning',
    })
    expect(problem?.message).toContain(message)
    expect(problem?.fix).toContain(fix)
  }
})

test('a label that anybody writes makes nobody the owner of a target', async () => {
  const labels = { 'app.kubernetes.io/instance': 'web', 'app.kubernetes.io/managed-by': 'Helm' }
  expect(await problemsOf([], { metadata: { namespace, name: 'api-secrets', labels } })).toEqual([])
})
