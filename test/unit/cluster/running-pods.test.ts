import { expect, test } from 'vitest'
import type { PodTemplate } from '../../../scripts/cluster/pod-templates.ts'
import { podsOf, readRunningPods } from '../../../scripts/cluster/running-pods.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'

const namespace = 'shop-api'

function pod(name: string, { starts = [] as readonly (string | undefined)[], phase = 'Running', ...metadata } = {}) {
  const containerStatuses = starts.map((startedAt) => ({ state: startedAt ? { running: { startedAt } } : {} }))
  return { metadata: { name, namespace, ...metadata }, status: { phase, containerStatuses } }
}

const template = (kind: string, name: string, selector: PodTemplate['selector'] = {}): PodTemplate => ({
  kind,
  name,
  selector,
  labels: {},
  annotations: {},
  podAnnotations: {},
  ports: [],
  hostNetwork: false,
  secrets: [],
})

test('pods that are over or on their way out do not count', async () => {
  const api = await clusterApi()
  for (const phase of ['Pending', 'Running', 'Unknown', 'Succeeded', 'Failed'])
    api.put(kinds.pod, pod(phase.toLowerCase(), { phase }))
  api.put(kinds.pod, pod('leaving', { deletionTimestamp: '2026-01-01T00:00:00Z' } as object))
  const names = (await readRunningPods(api.client, namespace)).map(({ name }) => name)
  expect(names.sort()).toEqual(['pending', 'running', 'unknown'])
})

test('a pod is as old as the longest-running of its containers, and has no age while none runs', async () => {
  const api = await clusterApi()
  const [older, newer] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']
  api.put(kinds.pod, pod('a', { starts: [newer, older, undefined] }))
  api.put(kinds.pod, pod('b', { starts: [undefined], phase: 'Pending' }))
  const pods = await readRunningPods(api.client, namespace)
  expect(pods.map(({ name, startedAt }) => [name, startedAt])).toEqual([
    ['a', new Date(older)],
    ['b', undefined],
  ])
})

test('a workload finds its pods by its selector, a Job by who made them', () => {
  const [api, other] = [
    { name: 'api-1', labels: { app: 'api', version: '2' }, secrets: [] },
    { name: 'other-1', labels: { app: 'other' }, secrets: [] },
  ]
  const run = { name: 'run-1', labels: {}, job: 'migrate', secrets: [] }
  const pods = [api, other, run]
  expect(podsOf(template('Deployment', 'api', { app: 'api' }), pods)).toEqual([api])
  expect(podsOf(template('Deployment', 'api', { app: 'api', version: '1' }), pods)).toEqual([])
  expect(podsOf(template('Deployment', 'api'), pods)).toEqual([])
  expect(podsOf(template('Job', 'migrate'), pods)).toEqual([run])
  expect(podsOf(template('Pod', 'other-1'), pods)).toEqual([other])
})

test('pods of a CronJob do not count: its next run reads the current values', () => {
  const pods = [{ name: 'nightly-1', labels: { app: 'nightly' }, job: 'nightly-1', secrets: [] }]
  expect(podsOf(template('CronJob', 'nightly', { app: 'nightly' }), pods)).toEqual([])
})
