import { describe, expect, test } from 'vitest'
import { readPodTemplates } from '../../../scripts/cluster/pod-templates.ts'
import { isRolling } from '../../../scripts/cluster/rollout.ts'
import { type Kind, type KubernetesObject, kinds } from '../../../scripts/kubernetes/kinds.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'

const namespace = 'shop-api'
const cloneSet: Kind = {
  apiVersion: 'apps.kruise.io/v1alpha1',
  kind: 'CloneSet',
  plural: 'clonesets',
  namespaced: true,
}
const workflow: Kind = { apiVersion: 'argoproj.io/v1alpha1', kind: 'Workflow', plural: 'workflows', namespaced: true }
const node: Kind = { apiVersion: 'v1', kind: 'Node', plural: 'nodes', namespaced: false }
const template = { metadata: { labels: { app: 'x' } }, spec: { containers: [{ name: 'main' }] } }

const object = (name: string, parts: object = {}, owner?: { kind: Kind; name: string }): KubernetesObject => {
  const of = owner && { apiVersion: owner.kind.apiVersion, kind: owner.kind.kind, name: owner.name, uid: 'x' }
  const ownerReferences = of ? [{ ...of, controller: true }] : []
  return { metadata: { name, namespace, ownerReferences }, ...parts } as KubernetesObject
}

async function found(objects: readonly (readonly [Kind, KubernetesObject])[]) {
  const api = await clusterApi()
  for (const [kind, one] of objects) api.put(kind, one)
  return { api, read: () => readPodTemplates(api.client, namespace) }
}

const placesOf = (all: readonly { readonly kind: string; readonly name: string }[]) =>
  all.map(({ kind, name }) => `${kind}/${name}`).sort()

describe('each source of pods once', () => {
  test('what Kubernetes made for another counts as part of that', async () => {
    const { read } = await found([
      [kinds.deployment, object('web', { spec: { template } })],
      [kinds.replicaSet, object('web-1', { spec: { template } }, { kind: kinds.deployment, name: 'web' })],
      [kinds.pod, object('web-1-x', {}, { kind: kinds.replicaSet, name: 'web-1' })],
      [kinds.replicaSet, object('bare', { spec: { replicas: 1, template } })],
      [kinds.pod, object('alone')],
    ])
    expect(placesOf(await read())).toEqual(['Deployment/web', 'Pod/alone', 'ReplicaSet/bare'])
  })

  test('a kind nobody knows is found by its pod template, through what it made', async () => {
    const { api, read } = await found([
      [cloneSet, object('clone', { spec: { template } })],
      [kinds.pod, object('clone-1', {}, { kind: cloneSet, name: 'clone' })],
      [kinds.pod, object('clone-2', {}, { kind: cloneSet, name: 'clone' })],
      [kinds.rollout, object('canary', { spec: { template } })],
      [kinds.replicaSet, object('canary-1', { spec: { template } }, { kind: kinds.rollout, name: 'canary' })],
    ])
    const templates = await read()
    expect(placesOf(templates)).toEqual(['CloneSet/clone', 'Rollout/canary'])
    expect(templates.map(({ resource, labels }) => [resource, labels])).toContainEqual([cloneSet, { app: 'x' }])
    expect(api.requests.filter((request) => request.includes('clonesets'))).toEqual(['GET clonesets/clone'])
  })

  test('the upper one of two owners counts, and an old controller that nothing owns makes no new pods', async () => {
    const config: Kind = {
      ...{
        apiVersion: 'apps.openshift.io/v1',
        kind: 'DeploymentConfig',
        plural: 'deploymentconfigs',
        namespaced: true,
      },
    }
    const spec = { spec: { selector: { app: 'x' }, template } }
    const { read } = await found([
      [config, object('shop', spec)],
      [kinds.replicationController, object('shop-1', spec, { kind: config, name: 'shop' })],
      [kinds.pod, object('shop-1-a', {}, { kind: kinds.replicationController, name: 'shop-1' })],
      [kinds.pod, object('shop-1-b', {}, { kind: kinds.replicationController, name: 'shop-1' })],
      [kinds.replicationController, object('old', spec)],
      [kinds.pod, object('old-a', {}, { kind: kinds.replicationController, name: 'old' })],
    ])
    const templates = await read()
    expect(templates.map(({ kind, name, made }) => [kind, name, made.map((one) => one.name)])).toEqual([
      ['DeploymentConfig', 'shop', ['shop-1-a', 'shop-1-b']],
      ['ReplicationController', 'old', ['old-a']],
    ])
    expect(templates.map(({ resource }) => isRolling(resource))).toEqual([true, false])
  })

  test('a Rollout without pods is found too', async () => {
    const { read } = await found([[kinds.rollout, object('canary', { spec: { replicas: 0, template } })]])
    expect(placesOf(await read())).toEqual(['Rollout/canary'])
  })

  test('where the owner has no pod template, is gone, or may not be read, its pods stand for themselves', async () => {
    const { api, read } = await found([
      [workflow, object('flow', { spec: { templates: [] } })],
      [kinds.pod, object('flow-1', {}, { kind: workflow, name: 'flow' })],
      [node, object('node')],
      [kinds.pod, object('static', {}, { kind: node, name: 'node' })],
      [kinds.pod, object('orphan', {}, { kind: cloneSet, name: 'gone' })],
      [kinds.replicaSet, object('canary-1', { spec: { template } }, { kind: kinds.rollout, name: 'canary' })],
      [kinds.rollout, object('canary', { spec: { template } })],
    ])
    api.refuse(kinds.rollout, 403)
    expect(placesOf(await read())).toEqual(['Pod/flow-1', 'Pod/orphan', 'Pod/static', 'ReplicaSet/canary-1'])
    expect(api.requests.filter((request) => request.startsWith('GET nodes'))).toEqual([])
  })
})

test('what makes no pods any more is over', async () => {
  const ended = (type: string, status = 'True') => ({ spec: { template }, status: { conditions: [{ type, status }] } })
  const { read } = await found([
    [kinds.replicaSet, object('none', { spec: { replicas: 0, template } })],
    [kinds.replicaSet, object('one', { spec: { template } })],
    [kinds.job, object('complete', ended('Complete'))],
    [kinds.job, object('failed', ended('Failed'))],
    [kinds.job, object('running', ended('Complete', 'False'))],
    [kinds.job, object('suspended', ended('Suspended'))],
    [kinds.pod, object('succeeded', { status: { phase: 'Succeeded' } })],
    [kinds.pod, object('pending', { status: { phase: 'Pending' } })],
    [kinds.deployment, object('scaled', { spec: { replicas: 0, template } })],
  ])
  const over = (await read()).filter(({ isOver }) => isOver)
  expect(placesOf(over)).toEqual(['Job/complete', 'Job/failed', 'Pod/succeeded', 'ReplicaSet/none'])
})

test('a CronJob knows its runs', async () => {
  const { read } = await found([
    [kinds.cronJob, object('nightly', { spec: { jobTemplate: { spec: { template } } } })],
    [kinds.job, object('nightly-1', { spec: { template } }, { kind: kinds.cronJob, name: 'nightly' })],
    [kinds.job, object('hourly-1', { spec: { template } }, { kind: kinds.cronJob, name: 'hourly' })],
  ])
  expect((await read()).map(({ name, runs }) => [name, runs])).toEqual([['nightly', ['nightly-1']]])
})
