import { expect, test } from 'vitest'
import {
  isRolling,
  type RollingKind,
  type RollingObject,
  type RolloutReport,
  rolloutState,
  waitForRollouts,
} from '../../../scripts/cluster/rollout.ts'
import { kinds } from '../../../scripts/kubernetes/kinds.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'

type Parts = { readonly spec?: RollingObject['spec']; readonly status?: RollingObject['status'] }

/** A workload that was changed once since it was made, and what its controller says of it. */
const object = ({ spec = {}, status = {} }: Parts): RollingObject => ({
  metadata: { namespace: 'shop', name: 'server', generation: 2 },
  spec: { replicas: 2, ...spec },
  status: { observedGeneration: 2, ...status },
})
const stateOf = (kind: RollingKind, parts: Parts) => rolloutState(kind, object(parts)).state

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
])(
  'the pods of a %s are replaced when all are of the current template, available, and no other is left',
  (kind, status) => {
    expect(rolloutState(kind, object({ status }))).toEqual({
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
  const { state, message } = rolloutState(kind, object({ spec, status: { ...all, ...everywhere } }))
  expect([state, message]).toEqual(['held', expect.stringContaining(told)])
})

test('a Deployment whose time is up has failed, once its controller looked at the change', () => {
  const conditions = [{ type: 'Progressing', status: 'False', reason: 'ProgressDeadlineExceeded' }]
  const late = { ...all, availableReplicas: 1, conditions }
  expect(stateOf('Deployment', { status: late })).toBe('failed')
  expect(stateOf('Deployment', { status: { ...late, observedGeneration: 1 } })).toBe('under-way')
  expect(stateOf('Deployment', { status: { ...all, conditions } })).toBe('done')
})

test('a Job, a CronJob and a bare pod have no pods to replace', () => {
  expect(['Deployment', 'StatefulSet', 'DaemonSet', 'Job', 'CronJob', 'Pod', 'toString'].filter(isRolling)).toEqual([
    'Deployment',
    'StatefulSet',
    'DaemonSet',
  ])
})

test('waits for the last of several, and tells of each change once', async () => {
  const api = await clusterApi()
  api.put(kinds.deployment, object({ status: { ...all, replicas: 3 } }))
  const seen: string[] = []
  const ref = { kind: 'Deployment', namespace: 'shop', name: 'server' } as const
  const onChange = ({ state }: RolloutReport) => {
    seen.push(state)
    if (state === 'under-way') api.put(kinds.deployment, object({ status: all }))
  }
  const reports = await waitForRollouts(api.client, [ref], { pollMs: 5, onChange })
  expect([reports.map(({ state }) => state), seen]).toEqual([['done'], ['under-way', 'done']])
})

test('ends with the last state when time is up, and at once for what does not go on or is gone', async () => {
  const api = await clusterApi()
  const ref = { kind: 'Deployment', namespace: 'shop', name: 'server' } as const
  const wait = async (timeoutMs: number) => (await waitForRollouts(api.client, [ref], { timeoutMs, pollMs: 5 }))[0]
  expect(await wait(60_000)).toMatchObject({ state: 'failed', message: 'it no longer exists' })
  api.put(kinds.deployment, object({ spec: { paused: true } }))
  expect(await wait(60_000)).toMatchObject({ state: 'held' })
  api.put(kinds.deployment, object({ status: { ...all, replicas: 3 } }))
  expect(await wait(0)).toMatchObject({ state: 'under-way' })
})
