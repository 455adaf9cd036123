import { describe, expect, test } from 'vitest'
import { readReaders, specsRead } from '../../../../scripts/inspect/survey/readers.ts'
import { type Kind, type KubernetesObject, kinds } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve, type TierModel } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { clusterApi } from '../../../helpers/cluster-api.ts'
import { reading } from '../../../helpers/pod-templates.ts'

const model = resolve(
  applicationWith({ secrets: [{ variable: 'A' }, { variable: 'B' }, { variable: 'HINT', optional: true }] }),
  'dev',
)
const tier = model.tiers.find(({ name }) => name === 'api') as TierModel
const { namespace } = tier

const template = (spec: object, app = 'x') => ({ metadata: { labels: { app } }, spec })
const made = (name: string, spec: object, more: object = {}) => {
  const own = { selector: { matchLabels: { app: name } }, template: template(spec, name) }
  return { metadata: { name, namespace }, spec: { ...own, ...more } } as KubernetesObject
}
const pod = (name: string, spec: object, parts: object = {}) =>
  ({ metadata: { name, namespace, ...parts }, spec, status: { phase: 'Running' } }) as KubernetesObject
const ofReplicaSet = (app: string) => {
  return { labels: { app }, ownerReferences: [{ kind: 'ReplicaSet', apiVersion: 'apps/v1', name: app, uid: 'x' }] }
}
const whole = reading('api-secrets')

async function readers(objects: readonly (readonly [Kind, KubernetesObject])[], refused?: Kind) {
  const api = await clusterApi()
  for (const [kind, object] of objects) api.put(kind, object)
  if (refused) api.refuse(refused, 403)
  const found = await readReaders(api.client, tier)
  const texts = found.unlisted.map((state) => {
    const names = specsRead(tier, state).map(({ variable }) => variable)
    return `${state.template.kind}/${state.template.name}: ${names.join(' ')}`
  })
  return { ...found, texts, gets: api.requests.filter((request) => request.startsWith('GET')) }
}

describe('readers that the catalogue does not name', () => {
  test('are whatever names a target: workloads, Jobs, CronJobs, bare ReplicaSets and pods', async () => {
    const { texts, consumers } = await readers([
      [kinds.deployment, made('server', whole)],
      [kinds.deployment, made('gerico', whole)],
      [kinds.deployment, made('other', reading('other-secrets'))],
      [kinds.statefulSet, made('store', reading('api-optional-secrets'))],
      [kinds.cronJob, made('nightly', {}, { jobTemplate: { spec: { template: template(whole) } } })],
      [kinds.job, made('import', whole)],
      [kinds.replicaSet, made('bare', whole)],
      [kinds.pod, pod('debug', { imagePullSecrets: [{ name: 'api-secrets' }] })],
    ])
    expect(texts).toEqual([
      'CronJob/nightly: A B',
      'Deployment/gerico: A B',
      'Job/import: A B',
      'Pod/debug: ',
      'ReplicaSet/bare: A B',
      'StatefulSet/store: HINT',
    ])
    expect(consumers.get('server')?.template?.name).toBe('server')
  })

  test('a workload of another kind than the catalogue says is one', async () => {
    const { texts, consumers } = await readers([[kinds.statefulSet, made('server', whole)]])
    expect([texts, consumers.get('server')?.template]).toEqual([['StatefulSet/server: A B'], undefined])
  })

  test('pods that still run an earlier template count', async () => {
    const { texts } = await readers([
      [kinds.deployment, made('moved', {})],
      [kinds.pod, pod('moved-1', whole, ofReplicaSet('moved'))],
    ])
    expect(texts).toEqual(['Deployment/moved: A B'])
  })

  test('what is over counts as long as it has pods', async () => {
    const none = [kinds.replicaSet, made('old', whole, { replicas: 0 })] as const
    expect((await readers([none])).texts).toEqual([])
    const left = [kinds.pod, pod('old-1', whole, ofReplicaSet('old'))] as const
    expect((await readers([none, left])).texts).toEqual(['ReplicaSet/old: A B'])
  })
})

describe('what takes the place of a key', () => {
  const settings = [{ secretRef: { name: 'api-secrets' } }, { configMapRef: { name: 'settings' } }]
  const gerico = [kinds.deployment, made('gerico', { containers: [{ name: 'main', envFrom: settings }] })] as const
  const configMap = { metadata: { name: 'settings', namespace }, data: { A: 'x', Z: 'y' } } as KubernetesObject

  test('is read where its keys matter, and unknown to who may not', async () => {
    const objects = [gerico, [kinds.configMap, configMap] as const]
    const { texts, gets } = await readers(objects)
    expect([texts, gets]).toEqual([['Deployment/gerico: B'], ['GET configmaps/settings']])
    expect((await readers(objects, kinds.configMap)).texts).toEqual(['Deployment/gerico: A B'])
  })

  test('is not read where nothing reads a target', async () => {
    expect((await readers([[kinds.deployment, made('other', reading('x', 'y'))]])).gets).toEqual([])
  })
})
