import { expect, test } from 'vitest'
import { isDeployersMark, ownedObject } from '../../../../scripts/cluster/ownership.ts'
import { leftRelease, problemsForEngine } from '../../../../scripts/inspect/plan/engine-problems.ts'
import { KubernetesError } from '../../../../scripts/kubernetes/errors.ts'
import { kinds, type ObjectMeta } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { byArgoCd, delivered } from '../../../fixtures/delivered.ts'

const model = resolve(byArgoCd, 'staging')
const ofChart = { 'app.kubernetes.io/name': 'tiered-secrets', 'tiered-secrets/environment': 'staging' }
const told = (metadata: Partial<ObjectMeta>, of = model) => {
  const live = { metadata: { name: 'web-secrets', namespace: 'kiosk-staging-web', ...metadata } }
  const engine = of.delivery?.engine === 'flux' ? 'flux' : 'argocd'
  return problemsForEngine(of, engine, [ownedObject(kinds.externalSecret, live, of)])
}
const trackedBy = (application: string) => ({
  labels: ofChart,
  annotations: {
    'argocd.argoproj.io/tracking-id': `${application}:external-secrets.io/ExternalSecret:kiosk-staging-web/web-secrets`,
  },
})

test.each<[string, Partial<ObjectMeta>]>([
  ['its Application', trackedBy('kiosk-staging-secrets')],
  ['its Application, where Applications are in several namespaces', trackedBy('argocd_kiosk-staging-secrets')],
  ['nobody, as rendered', { labels: ofChart }],
])('an object of %s is not a problem', (_, metadata) => {
  expect(told(metadata)).toEqual([])
})

test('what was made by hand is taken over, and what others also write is reported', () => {
  expect(told({})).toMatchObject([
    {
      code: 'OBJECT_OF_NOBODY',
      message: 'belongs to nobody: it was made by hand. Expected Argo CD alone to write it.',
      fix: 'Nothing has to be done: Argo CD takes it over, and makes it what the chart renders.',
      severity: 'warning',
    },
  ])
  expect(told(trackedBy('shop'))).toMatchObject([
    { code: 'OBJECT_OF_OTHER', message: expect.stringContaining('Application "shop" of Argo CD'), severity: 'warning' },
  ])
  const [other] = told({ labels: { ...ofChart, 'tiered-secrets/environment': 'production' } })
  expect(other).toMatchObject({ code: 'ENVIRONMENT_DIFFERS' })
  expect(other?.severity).toBeUndefined()
})

test('Flux knows its objects by its labels', () => {
  const byFlux = resolve(delivered({ engine: 'flux', repository: 'https://git.example.test/k.git' }), 'staging')
  const labelled = (name: string) => ({
    labels: { ...ofChart, 'helm.toolkit.fluxcd.io/name': name, 'helm.toolkit.fluxcd.io/namespace': 'flux-system' },
  })
  expect(told(labelled('kiosk-staging-secrets'), byFlux)).toEqual([])
  expect(told(labelled('other'), byFlux)).toMatchObject([{ code: 'OBJECT_OF_OTHER' }])
})

test('a release that is left is reported where Argo CD delivers, to somebody who may see it', async () => {
  const record = { metadata: { name: 'sh.helm.release.v1.x.v3', namespace: 'x', labels: { version: '3' } } }
  const client = { list: async () => ({ items: [record], resourceVersion: '1' }) } as never
  const [left] = await leftRelease(client, model, 'argocd')
  expect(left).toMatchObject({
    code: 'RELEASE_LEFT',
    where: 'Secret/kiosk-staging-secrets/sh.helm.release.v1.x.v3',
    fix: 'Once Argo CD has synced: `kubectl delete secret --namespace kiosk-staging-secrets --selector owner=helm,name=kiosk-staging-secrets`, which removes what Helm knows of it and keeps the objects.',
    severity: 'warning',
  })
  expect(await leftRelease(client, model, 'flux')).toEqual([])
  const refusing = { list: () => Promise.reject(new KubernetesError('list', 403, 'Forbidden', 'no')) } as never
  expect(await leftRelease(refusing, model, 'argocd')).toEqual([])
})

test('marks of deployers are distinguished from what the chart may render', () => {
  const marks = ['meta.helm.sh/release-name', 'helm.toolkit.fluxcd.io/name', 'argocd.argoproj.io/tracking-id']
  expect(marks.filter(isDeployersMark)).toEqual(marks)
  expect(['argocd.argoproj.io/sync-wave', 'app.kubernetes.io/instance'].filter(isDeployersMark)).toEqual([])
})
