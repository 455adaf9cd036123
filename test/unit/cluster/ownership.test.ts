import { describe, expect, test } from 'vitest'
import { isAdopted, noAdoption, ownershipProblems } from '../../../scripts/cluster/adoption.ts'
import { type OwnedObject, ownedObject, ownerOf } from '../../../scripts/cluster/ownership.ts'
import { kinds, type ObjectMeta } from '../../../scripts/kubernetes/kinds.ts'

const model = {
  application: 'shop',
  environment: 'recette',
  release: { name: 'shop-secrets', namespace: 'shop-secrets' },
}
const helm = (name: string, namespace = name) => ({
  labels: { 'app.kubernetes.io/managed-by': 'Helm' },
  annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace },
})
const chart = (environment: string) => ({
  'app.kubernetes.io/name': 'tiered-secrets',
  'tiered-secrets/environment': environment,
  'app.kubernetes.io/instance': 'shop-secrets',
})
const flux = ({ labels, annotations }: ReturnType<typeof helm>) => ({
  labels: {
    ...labels,
    'helm.toolkit.fluxcd.io/name': 'shop-secrets',
    'helm.toolkit.fluxcd.io/namespace': 'flux-system',
  },
  annotations,
})
const trackedToo = (place: string) => ({
  ...helm('shop-secrets'),
  annotations: {
    ...helm('shop-secrets').annotations,
    'argocd.argoproj.io/tracking-id': `shop:external-secrets.io/ExternalSecret:${place}`,
  },
})
const kustomized = {
  'kustomize.toolkit.fluxcd.io/name': 'apps',
  'kustomize.toolkit.fluxcd.io/namespace': 'flux-system',
}
const tracked = { 'argocd.argoproj.io/tracking-id': 'shop:external-secrets.io/ExternalSecret:shop-api/api-secrets' }
const meta = (more: Partial<ObjectMeta>): ObjectMeta => ({
  name: 'api-secrets',
  namespace: 'shop-api',
  uid: 'u',
  ...more,
})
const idOf = (more: Partial<ObjectMeta>) => ownerOf({ metadata: meta(more) }, model).id

describe('an object belongs', () => {
  test.each<[string, Partial<ObjectMeta>, string]>([
    ['nobody, without any mark', {}, 'nobody'],
    ['nobody, with labels of a person', { labels: { app: 'shop', 'app.kubernetes.io/name': 'shop' } }, 'nobody'],
    [
      'nobody, made for the release by a command',
      { labels: { 'app.kubernetes.io/managed-by': 'tiered-secrets' } },
      'nobody',
    ],
    ['nobody, rendered and applied by hand', { labels: chart('recette') }, 'nobody'],
    ['to this release', helm('shop-secrets'), 'release'],
    ['to the HelmRelease by which Flux deploys it', flux(helm('shop-secrets')), 'flux/flux-system/shop-secrets'],
    ['to an Application that has taken over from Helm', trackedToo('shop-api/api-secrets'), 'argocd/shop'],
    ['to this release, with what Argo CD writes on another object', trackedToo('shop-api/other'), 'release'],
    ['to another release', helm('shop'), 'helm/shop/shop'],
    ['to a release of this name elsewhere', helm('shop-secrets', 'default'), 'helm/default/shop-secrets'],
    ['to a Kustomization', { labels: kustomized }, 'flux/flux-system/apps'],
    ['to an Application that annotates', { annotations: tracked }, 'argocd/shop'],
    ['to an Application that labels', { labels: { 'app.kubernetes.io/instance': 'shop-prod' } }, 'argocd/shop-prod'],
    ['to an Application with a label of its own', { labels: { 'argocd.argoproj.io/instance': 'shop' } }, 'argocd/shop'],
    [
      'to an Application, as the chart of this environment',
      { labels: chart('recette'), annotations: tracked },
      'argocd/shop',
    ],
    ['to another environment', { ...helm('shop-secrets'), labels: chart('production') }, 'environment/production'],
    ['to another tool', { labels: { 'app.kubernetes.io/managed-by': 'pulumi' } }, 'tool/pulumi'],
    [
      'to what makes it, whatever else it says',
      {
        ...helm('shop-secrets'),
        ownerReferences: [{ apiVersion: 'v1', kind: 'ClusterExternalSecret', name: 'all', uid: 'x' }],
      },
      'controller/ClusterExternalSecret/all',
    ],
  ])('%s', (_, more, id) => {
    expect(idOf(more)).toBe(id)
  })
})

describe('a deployment', () => {
  const owned = (name: string, more: Partial<ObjectMeta>): OwnedObject =>
    ownedObject(kinds.externalSecret, { metadata: meta({ name, ...more }) }, model)
  const all = [
    owned('a', {}),
    owned('b', {}),
    owned('c', { annotations: tracked }),
    owned('d', { annotations: tracked }),
    owned('e', helm('shop-secrets')),
    owned('f', { labels: chart('production') }),
  ]

  test('names each object that was made by hand, and each owner with its objects, with what takes them over', () => {
    const problems = ownershipProblems(model, all, noAdoption)
    expect(problems.map(({ code, where }) => `${code} ${where}`)).toEqual([
      'OBJECT_OF_NOBODY ExternalSecret/shop-api/a',
      'OBJECT_OF_NOBODY ExternalSecret/shop-api/b',
      'OBJECT_OF_OTHER ExternalSecret/shop-api/c',
      'ENVIRONMENT_DIFFERS ExternalSecret/shop-api/f',
    ])
    const [hand, , argo, environment] = problems
    expect(hand?.message).toBe(
      'belongs to nobody: it was made by hand. Expected it to belong to the Helm release "shop-secrets", because Helm changes no other objects.',
    )
    expect(hand?.fix).toContain('`npm run deploy -- --environment recette --adopt`')
    expect(argo?.message).toMatch(
      /^and ExternalSecret\/shop-api\/d belong to Application "shop" of Argo CD\. Expected them/,
    )
    expect(argo?.fix).toContain('--adopt-from argocd/shop`')
    expect(environment?.message).toBe(
      'belongs to environment "production" of shop. Expected objects of environment "recette" alone.',
    )
  })

  test('takes over what it was told to, and nothing else', () => {
    const codes = (unowned: boolean, from: readonly string[]) =>
      ownershipProblems(model, all, { unowned, from }).map(({ code }) => code)
    expect(codes(true, [])).toEqual(['OBJECT_OF_OTHER', 'ENVIRONMENT_DIFFERS'])
    expect(codes(false, ['argocd/shop'])).toEqual(['OBJECT_OF_NOBODY', 'OBJECT_OF_NOBODY', 'ENVIRONMENT_DIFFERS'])
    expect(codes(true, ['argocd/shop', 'environment/production'])).toEqual([])
    const made = ownerOf(
      { metadata: meta({ ownerReferences: [{ apiVersion: 'v1', kind: 'X', name: 'x', uid: 'x' }] }) },
      model,
    )
    expect(isAdopted(made, { unowned: true, from: [made.id] })).toBe(false)
  })
})
