import { expect, test } from 'vitest'
import { podsOf, readRunningPods, runsOf } from '../../../scripts/cluster/running-pods.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'
import { podTemplate, runningPod } from '../../helpers/pod-templates.ts'

const namespace = 'shop-api'
const [older, newer] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z']

function pod(name: string, { phase = 'Running', status = {}, ...metadata } = {}) {
  return { metadata: { name, namespace, ...metadata }, status: { phase, ...status } }
}

test('pods that are over or on their way out do not count', async () => {
  const api = await clusterApi()
  for (const phase of ['Pending', 'Running', 'Unknown', 'Succeeded', 'Failed'])
    api.put(kinds.pod, pod(phase.toLowerCase(), { phase }))
  api.put(kinds.pod, pod('leaving', { deletionTimestamp: '2026-01-01T00:00:00Z' } as object))
  const names = (await readRunningPods(api.client, namespace)).map(({ name }) => name)
  expect(names.sort()).toEqual(['pending', 'running', 'unknown'])
})

test('each container has its own start; one that ended has one only as an init container', async () => {
  const api = await clusterApi()
  const running = (startedAt: string) => ({ running: { startedAt } })
  const terminated = (startedAt: string) => ({ terminated: { startedAt, finishedAt: startedAt } })
  const status = {
    initContainerStatuses: [
      { name: 'migrate', state: terminated(older) },
      { name: 'proxy', state: running(older) },
    ],
    containerStatuses: [
      { name: 'main', state: running(newer) },
      { name: 'crashing', state: { waiting: { reason: 'CrashLoopBackOff' } }, lastState: terminated(older) },
      { name: 'ended', state: terminated(older) },
      { name: 'strange', state: running('yesterday') },
    ],
    ephemeralContainerStatuses: [{ name: 'debug', state: running(older) }],
  }
  api.put(kinds.pod, pod('a', { status }))
  api.put(kinds.pod, pod('b', { phase: 'Pending', status: { containerStatuses: [{ name: 'main', state: {} }] } }))
  const pods = await readRunningPods(api.client, namespace)
  expect(pods.map(({ name, starts }) => [name, [...starts]])).toEqual([
    [
      'a',
      [
        ['migrate', new Date(older)],
        ['proxy', new Date(older)],
        ['main', new Date(newer)],
        ['debug', new Date(older)],
      ],
    ],
    ['b', []],
  ])
})

test('a workload finds its pods by its selector, a Job by who made them, what has no selector by its name', () => {
  const one = (name: string, parts: object) => runningPod(name, undefined, {}, parts)
  const owner = { kind: 'ReplicaSet', name: 'x' }
  const api = one('api-1', { labels: { app: 'api', version: '2' }, owner })
  const debug = one('debug', { labels: { app: 'api', version: '2' } })
  const other = one('other-1', { labels: { app: 'other' }, owner })
  const run = one('run-1', { job: 'migrate' })
  const clone = one('clone-1', { owner: { kind: 'CloneSet', name: 'clone' } })
  const inSet = one('clone-2', { owner: { kind: 'ReplicaSet', name: 'clones' } })
  const pods = [api, debug, other, run, clone, inSet]
  const found = (kind: string, name: string, selector = {}) => podsOf(podTemplate({ kind, name, selector }), pods)
  expect(found('Deployment', 'api', { app: 'api' })).toEqual([api])
  expect(found('Deployment', 'api', { app: 'api', version: '1' })).toEqual([])
  expect(found('Deployment', 'api')).toEqual([])
  expect(found('Job', 'migrate')).toEqual([run])
  expect(found('Pod', 'debug')).toEqual([debug])
  const made = [
    { kind: 'Pod', name: 'clone-1' },
    { kind: 'ReplicaSet', name: 'clones' },
  ]
  expect(podsOf(podTemplate({ kind: 'CloneSet', name: 'clone', made }), pods)).toEqual([clone, inSet])
})

test('pods of a CronJob do not count: its next run reads the current values; those that run now are its runs', () => {
  const pods = [runningPod('nightly-1', undefined, {}, { labels: { app: 'nightly' }, job: 'nightly-1' })]
  const nightly = podTemplate({ kind: 'CronJob', name: 'nightly', selector: { app: 'nightly' }, runs: ['nightly-1'] })
  expect([podsOf(nightly, pods), runsOf(nightly, pods)]).toEqual([[], pods])
  expect(runsOf(podTemplate({ kind: 'Job', name: 'nightly-1' }), pods)).toEqual(pods)
  expect(runsOf(podTemplate({ kind: 'CronJob', name: 'hourly' }), pods)).toEqual([])
})
