import { expect, test } from 'vitest'
import {
  isRolling,
  type RollingObject,
  type RolloutReport,
  rolloutState,
  waitForRollouts,
} from '../../../scripts/cluster/rollout.ts'
import { type Kind, kinds } from '../../../scripts/kubernetes/kinds.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'

type Parts = { readonly spec?: RollingObject['spec']; readonly status?: RollingObject['status'] }

/** A workload that was changed once since it was made, and what its controller says of it. */
const object = ({ spec = {}, status = {} }: Parts): RollingObject => ({
  metadata: { namespace: 'shop', name: 'server', generation: 2 },
  spec: { replicas: 2, ...spec },
  status: { observedGeneration: 2, ...status },
})
type RollingKind = 'Deployment' | 'StatefulSet' | 'DaemonSet' | 'Rollout' | 'CloneSet'
const resources: Readonly<Record<RollingKind, Kind>> = {
  Deployment: kinds.deployment,
  StatefulSet: kinds.statefulSet,
  DaemonSet: kinds.daemonSet,
  Rollout: kinds.rollout,
  CloneSet: { apiVersion: 'apps.kruise.io/v1alpha1', kind: 'CloneSet', plural: 'clonesets', namespaced: true },
}
const stateOf = (kind: RollingKind, parts: Parts) => rolloutState(resources[kind], object(parts)).state

const all = { replicas: 2, updatedReplicas: 2, availableReplicas: 2 }
const everywhere = {
  desiredNumberScheduled: 2,
  currentNumberScheduled: 2,
  updatedNumberScheduled: 2,
  numberAvailable: 2,
}

test.each<[RollingKind, RollingObject['status']]>([
  ['Deployment', all],
  ['StatefulSet', all],
  ['DaemonSet', everywhere],
  ['Rollout', { ...all, observedGeneration: '2' }],
  ['CloneSet', all],
])(
  'the pods of a %s are replaced when all are of the current template, available, and no other is left',
  (kind, status) => {
    expect(rolloutState(resources[kind], object({ status }))).toEqual({
      state: 'done',
      message: '2 of 2 pods run the current template',
    })
  },
)

test.each<[RollingKind, string, RollingObject['status']]>([
  ['Deployment', 'an old pod that is left', { ...all, replicas: 3 }],
  ['Deployment', 'a new pod that is not available', { ...all, availableReplicas: 1 }],
  ['Deployment', 'a pod that is still to be made', { ...all, updatedReplicas: 1, replicas: 1 }],
  ['Deployment', 'a controller that has not looked', { ...all, observedGeneration: 1 }],
  ['Deployment', 'a controller that never looked', { ...all, observedGeneration: undefined } as never],
  ['Rollout', 'a controller that has not looked', { ...all, observedGeneration: '1' }],
  ['Rollout', 'a status that is yet empty', {}],
  ['CloneSet', 'an old pod that is left', { ...all, updatedReplicas: 1 }],
  ['StatefulSet', 'an old pod that is left', { ...all, updatedReplicas: 1 }],
  ['StatefulSet', 'a status that is yet empty', {}],
  ['DaemonSet', 'a node with an old pod', { ...everywhere, updatedNumberScheduled: 1 }],
  ['DaemonSet', 'a new pod that is not available', { ...everywhere, numberAvailable: 1 }],
])('a %s with %s is under way', (kind, _, status) => {
  expect(stateOf(kind, { status })).toBe('under-way')
})

test('a workload scaled to nothing has nothing to replace', () => {
  expect(stateOf('Deployment', { spec: { replicas: 0 }, status: {} })).toBe('done')
  expect(stateOf('DaemonSet', { status: {} })).toBe('done')
})

test.each<[RollingKind, RollingObject['spec'], string]>([
  ['Deployment', { paused: true }, 'it is paused'],
  ['StatefulSet', { updateStrategy: { type: 'OnDelete' } }, 'its update strategy is OnDelete'],
  ['DaemonSet', { updateStrategy: { type: 'OnDelete' } }, 'its update strategy is OnDelete'],
  ['StatefulSet', { updateStrategy: { type: 'RollingUpdate', rollingUpdate: { partition: 1 } } }, 'below number 1'],
])('a %s with %j does not go on by itself', (kind, spec, told) => {
  const { state, message } = rolloutState(resources[kind], object({ spec, status: { ...all, ...everywhere } }))
  expect([state, message]).toEqual(['held', expect.stringContaining(told)])
})

test('a Deployment whose time is up has failed, once its controller checked the change', () => {
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
  const late = { ...all, availableReplicas: 1, conditions }
  expect(stateOf('Deployment', { status: late })).toBe('failed')
  expect(stateOf('Deployment', { status: { ...late, observedGeneration: 1 } })).toBe('under-way')
  expect(stateOf('Deployment', { status: { ...all, conditions } })).toBe('done')
})

test('a Rollout that is paused at a step says so', () => {
  const status = { ...all, updatedReplicas: 1, pauseConditions: [{ reason: 'CanaryPauseStep' }] }
  expect(rolloutState(kinds.rollout, object({ status }))).toEqual({
    state: 'under-way',
    message: '1 of 2 pods have the current template, 2 available, 1 old, paused at a step (CanaryPauseStep)',
  })
})

test('of a kind nobody knows, whose status counts no pods, nobody can tell when they are replaced', () => {
  const status = { observedGeneration: undefined, phase: 'Running' } as never
  expect(rolloutState(resources.CloneSet, object({ status }))).toEqual({
    state: 'held',
    message: 'the status of a CloneSet does not tell how many of its pods are replaced',
  })
})

test('a Job, a CronJob, a bare pod and a ReplicaSet have no pods that are replaced', () => {
  expect(Object.values(resources).every(isRolling)).toBe(true)
  expect([kinds.job, kinds.cronJob, kinds.pod, kinds.replicaSet].filter(isRolling)).toEqual([])
})

test('waits for the last of several, and tells of each change once', async () => {
  const api = await clusterApi()
  api.put(kinds.deployment, object({ status: { ...all, replicas: 3 } }))
  const seen: string[] = []
  const ref = { kind: 'Deployment', resource: kinds.deployment, namespace: 'shop', name: 'server' }
  const onChange = ({ state }: RolloutReport) => {
    seen.push(state)
    if (state === 'under-way') api.put(kinds.deployment, object({ status: all }))
  }
  const reports = await waitForRollouts(api.client, [ref], { pollMs: 5, onChange })
  expect([reports.map(({ state }) => state), seen]).toEqual([['done'], ['under-way', 'done']])
})

test('ends with the last state when time is up, and at once for what does not go on or is gone', async () => {
  const api = await clusterApi()
  const ref = { kind: 'Deployment', resource: kinds.deployment, namespace: 'shop', name: 'server' }
  const wait = async (timeoutMs: number) => (await waitForRollouts(api.client, [ref], { timeoutMs, pollMs: 5 }))[0]
  expect(await wait(60_000)).toMatchObject({ state: 'failed', message: 'it no longer exists' })
  api.put(kinds.deployment, object({ spec: { paused: true } }))
  expect(await wait(60_000)).toMatchObject({ state: 'held' })
  api.put(kinds.deployment, object({ status: { ...all, replicas: 3 } }))
  expect(await wait(0)).toMatchObject({ state: 'under-way' })
})
