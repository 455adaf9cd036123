import { expect, test, vi } from 'vitest'
import { externalSecretSpec } from '../../../scripts/cluster/expected-spec.ts'
import type { EventObject, ExternalSecretObject } from '../../../scripts/cluster/external-secrets.ts'
import { syncOf, versionOf } from '../../../scripts/cluster/sync-view.ts'
import { type WaitReport, waitForSync } from '../../../scripts/cluster/wait-for-sync.ts'
import { KubernetesError } from '../../../scripts/kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../../scripts/kubernetes/kinds.ts'
import { pause } from '../../../scripts/lib/pause.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { applicationWith } from '../../helpers/applications.ts'
import { clusterApi } from '../../helpers/cluster-api.ts'
import { problemOf } from '../../helpers/problems.ts'
import { requiredTarget } from '../../helpers/targets.ts'

const ref = { namespace: 'shop-api', name: 'api-secrets' }
/** Longer than a test may take: every one ends before, by what it does. */
const timeoutMs = 60_000
const namespace = { metadata: { name: 'shop-api' } }

const spec = { data: [{ secretKey: 'TOKEN', remoteRef: { key: 'path:/shop-api/token' } }] }

interface Parts {
  readonly generation?: number
  /** Generation of the last success. */
  readonly synced?: number
  readonly failed?: boolean
  readonly spec?: object
}

function externalSecret({ generation = 2, synced, failed = false, ...parts }: Parts): ExternalSecretObject {
  const ready = failed
    ? { status: 'False', reason: 'SecretSyncedError', message: 'could not get secret data from provider' }
    : { status: 'True', reason: 'SecretSynced', message: 'secret synced' }
  return {
    metadata: { ...ref, generation },
    spec: { ...(parts.spec ?? spec) },
    status: {
      conditions: [{ type: 'Ready', ...ready }],
      ...(synced === undefined ? {} : { syncedResourceVersion: `${synced}-ab` }),
    },
  }
}

const synced = externalSecret({ synced: 2 })
const stale = externalSecret({ synced: 1 })

const externalSecretRequests = (requests: readonly string[]) =>
  requests.filter((line) => line.endsWith('externalsecrets') || line.includes('externalsecrets from'))

test('a sync is seen through the watch that begins where the list ended', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, stale)
  const waiting = waitForSync(api.client, [ref], { timeoutMs })
  await api.watching(2)
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toEqual([{ ref, state: 'synced', message: 'secret synced' }])
  expect(externalSecretRequests(api.requests)).toEqual(['LIST externalsecrets', 'WATCH externalsecrets from 2'])
})

test('what is synced already is not waited for', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, synced)
  expect(await waitForSync(api.client, [ref], { timeoutMs })).toMatchObject([{ state: 'synced' }])
})

test('one that is ready in an older generation is waited for', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, stale)
  const reports = await waitForSync(api.client, [ref], { timeoutMs: 30 })
  expect(reports).toEqual([{ ref, state: 'pending', message: 'an older version of it is synced' }])
})

test('a watch that the server ends continues from the last event, without another list', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ generation: 1 }))
  const waiting = waitForSync(api.client, [ref], { timeoutMs })
  await api.watching(2)
  api.put(kinds.externalSecret, stale)
  await vi.waitFor(() => expect(api.requests.length).toBeGreaterThan(3))
  api.endWatches()
  await vi.waitFor(() => expect(api.requests).toContain('WATCH externalsecrets from 3'), 10_000)
  await api.watching(2)
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
  expect(externalSecretRequests(api.requests)).toEqual([
    'LIST externalsecrets',
    'WATCH externalsecrets from 2',
    'WATCH externalsecrets from 3',
  ])
})

test('what happens while there is no watch is not missed', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, stale)
  const waiting = waitForSync(api.client, [ref], { timeoutMs })
  await api.watching(2)
  api.endWatches()
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

test('after 410 Gone everything is listed again', async () => {
  const api = await clusterApi()
  const onLost = vi.fn()
  api.put(kinds.externalSecret, stale)
  const waiting = waitForSync(api.client, [ref], { timeoutMs, onLost })
  await api.watching(2)
  api.endWatches()
  await api.watching(2)
  api.expireWatches()
  await vi.waitFor(() => expect(externalSecretRequests(api.requests).length).toBe(5), 10_000)
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
  expect(externalSecretRequests(api.requests).slice(3)).toEqual([
    'LIST externalsecrets',
    'WATCH externalsecrets from 2',
  ])
  expect(onLost).not.toHaveBeenCalled()
})

test('a broken connection is reported once and made again, and a sync in between is seen', async () => {
  const api = await clusterApi()
  const onLost = vi.fn()
  api.put(kinds.externalSecret, stale)
  const waiting = waitForSync(api.client, [ref], { timeoutMs, onLost })
  await api.watching(2)
  api.breakConnections()
  api.put(kinds.externalSecret, synced)
  const before = api.requests.length
  await vi.waitFor(() => expect(api.requests.length).toBeGreaterThan(before + 3), 10_000)
  api.mendConnections()
  expect(await waiting).toMatchObject([{ state: 'synced' }])
  expect(onLost.mock.calls).toMatchObject([[{ problems: [{ code: 'CLUSTER_UNREACHABLE' }] }]])
})

test.each([401, 403, 429, 500, 503])(
  'a refusal with status %d in the middle is tried again: a server that starts gives many',
  async (status) => {
    const api = await clusterApi()
    api.put(kinds.externalSecret, stale)
    const waiting = waitForSync(api.client, [ref], { timeoutMs })
    await api.watching(2)
    api.refuse(kinds.externalSecret, status)
    api.breakConnections(false)
    await vi.waitFor(() => expect(externalSecretRequests(api.requests).length).toBeGreaterThan(3), 10_000)
    api.put(kinds.externalSecret, synced)
    api.refuse(kinds.externalSecret, undefined)
    expect(await waiting).toMatchObject([{ state: 'synced' }])
  },
)

test('a cluster that is out of reach when time is up is a problem with exit code 4, whatever was seen before', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, stale)
  const waiting = problemOf(waitForSync(api.client, [ref], { timeoutMs: 500 }))
  await api.watching(2)
  api.breakConnections()
  expect(await waiting).toMatchObject({ code: 'CLUSTER_UNREACHABLE', exitCode: 4 })
})

test('a cluster that cannot be asked at first is reported at once', async () => {
  const api = await clusterApi()
  api.refuse(kinds.externalSecret, 403)
  await expect(waitForSync(api.client, [ref], { timeoutMs })).rejects.toMatchObject({ status: 403 })
  await expect(waitForSync(api.client, [ref], { timeoutMs })).rejects.toBeInstanceOf(KubernetesError)
  api.breakConnections()
  expect(await problemOf(waitForSync(api.client, [ref], { timeoutMs }))).toMatchObject({ code: 'CLUSTER_UNREACHABLE' })
})

test('a cluster without the kind is waited for', async () => {
  const api = await clusterApi()
  const onChange = vi.fn()
  api.refuse(kinds.externalSecret, 404)
  const waiting = waitForSync(api.client, [ref], { timeoutMs, onChange })
  await vi.waitFor(() => expect(onChange).toHaveBeenCalled(), 10_000)
  expect(onChange.mock.calls[0]).toMatchObject([{ ref, state: 'pending', obstacle: 'kind-absent' }])
  api.put(kinds.externalSecret, synced)
  api.refuse(kinds.externalSecret, undefined)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

test('an absent namespace and an absent ExternalSecret are reported apart, and waited for', async () => {
  const api = await clusterApi()
  const messages: string[] = []
  const onChange = ({ message }: WaitReport) => void messages.push(message)
  const noNamespace = await waitForSync(api.client, [ref], { timeoutMs: 30 })
  expect(noNamespace).toEqual([
    { ref, state: 'pending', message: 'its namespace does not exist', obstacle: 'namespace-absent' },
  ])
  const deletionTimestamp = '2026-11-24T12:00:00Z'
  api.put(kinds.namespace, { ...namespace, metadata: { ...namespace.metadata, deletionTimestamp } })
  expect(await waitForSync(api.client, [ref], { timeoutMs: 30 })).toMatchObject([
    { message: 'its namespace is being deleted', obstacle: 'namespace-ending' },
  ])
  api.put(kinds.namespace, namespace)
  const waiting = waitForSync(api.client, [ref], { timeoutMs, onChange })
  await api.watching(2)
  await vi.waitFor(() => expect(messages).toHaveLength(1), 10_000)
  api.put(kinds.externalSecret, stale)
  await vi.waitFor(() => expect(messages).toHaveLength(2), 10_000)
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
  expect(messages).toEqual(['the ExternalSecret does not exist', 'an older version of it is synced', 'secret synced'])
})

test('who may not see namespaces is reported that the ExternalSecret is absent', async () => {
  const api = await clusterApi()
  api.refuse(kinds.namespace, 403)
  const [report] = await waitForSync(api.client, [ref], { timeoutMs: 30 })
  expect(report).toMatchObject({ obstacle: 'absent', message: 'the ExternalSecret does not exist' })
})

test('an ExternalSecret that is deleted in the meantime is absent', async () => {
  const api = await clusterApi()
  api.put(kinds.namespace, namespace)
  api.put(kinds.externalSecret, stale)
  const onChange = vi.fn()
  const waiting = waitForSync(api.client, [ref], { timeoutMs, onChange })
  await api.watching(2)
  api.remove(kinds.externalSecret, ref.name)
  await vi.waitFor(() => expect(onChange.mock.lastCall).toMatchObject([{ obstacle: 'absent' }]), 10_000)
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

const warning = (name: string, message: string, second: number, object = ref.name) => ({
  metadata: { name },
  involvedObject: { name: object },
  message,
  lastTimestamp: `2026-11-24T12:00:0${second}Z`,
})

test('a failure is reported with the newest warning about it, also when that comes later', async () => {
  const api = await clusterApi()
  const onChange = vi.fn()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  api.put(kinds.event, warning('a', 'older', 1))
  api.put(kinds.event, warning('c', "another's", 9, 'other'))
  const waiting = waitForSync(api.client, [ref], { timeoutMs: 1000, onChange })
  await api.watching(2)
  await vi.waitFor(() => expect(onChange).toHaveBeenCalledTimes(1))
  api.put(kinds.event, warning('b', 'newest', 2))
  expect(await waiting).toEqual([{ ref, state: 'failed', message: 'newest', isNews: true }])
  expect(onChange.mock.calls.map(([{ message }]) => message)).toEqual(['older', 'newest'])
})

const isFinal = ({ message }: WaitReport) => message.includes('does not exist')

test('what is refused for good during the wait ends it, once a try that has begun before has had its time', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  const waiting = waitForSync(api.client, [ref], { timeoutMs, isFinal, settleMs: 10 })
  await api.watching(2)
  api.put(kinds.event, warning('a', 'Secret does not exist', 1))
  expect(await waiting).toEqual([{ ref, state: 'failed', message: 'Secret does not exist', isNews: true }])
})

test('a refusal from before the wait, one that may pass, and one of an optional secret are waited out', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  api.put(kinds.event, warning('a', 'Secret does not exist', 1))
  api.put(kinds.event, warning('b', 'Secret does not exist', 1, 'other'))
  const onChange = vi.fn()
  const other = { ...ref, name: 'other', isOptional: true }
  api.put(kinds.externalSecret, {
    ...externalSecret({ failed: true }),
    metadata: { ...ref, name: 'other', generation: 2 },
  })
  const waiting = waitForSync(api.client, [ref, other], { timeoutMs, isFinal, settleMs: 1, onChange })
  await api.watching(2)
  api.put(kinds.event, warning('b', 'Secret does not exist', 2, 'other'))
  api.put(kinds.event, warning('a', 'Scaleway is busy', 3))
  await vi.waitFor(() => expect(onChange.mock.calls.map(([{ message }]) => message)).toContain('Scaleway is busy'))
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }, { state: 'failed' }])
})

test('what was refused and arrives while it settles has arrived', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  const onChange = vi.fn()
  const waiting = waitForSync(api.client, [ref], { timeoutMs, isFinal, settleMs: timeoutMs, onChange })
  await api.watching(2)
  api.put(kinds.event, warning('a', 'Secret does not exist', 1))
  await vi.waitFor(() => expect(onChange.mock.lastCall?.[0]).toMatchObject({ isNews: true }))
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

const isHeldBack = ({ message }: WaitReport) => message.includes('not ready')

test('the wait ends once nothing is missing but what somebody has to bring, and not before', async () => {
  const api = await clusterApi()
  const other = { ...ref, name: 'other' }
  const metadata = { ...other, generation: 2 }
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  api.put(kinds.externalSecret, { ...stale, metadata })
  const onChange = vi.fn()
  let isOver = false
  const waiting = waitForSync(api.client, [ref, other], { timeoutMs, isHeldBack, settleMs: 1, onChange })
  void waiting.then(() => {
    isOver = true
  })
  await api.watching(2)
  api.put(kinds.event, warning('a', 'the store is not ready', 1))
  await vi.waitFor(() => expect(onChange.mock.lastCall?.[0]).toMatchObject({ isNews: true }))
  await pause(50)
  expect(isOver).toBe(false)
  api.put(kinds.externalSecret, { ...synced, metadata })
  expect(await waiting).toMatchObject([{ state: 'failed', isNews: true }, { state: 'synced' }])
})

test('a warning counts as old where the caller has seen it before the wait', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  api.put(kinds.event, warning('a', 'Secret does not exist', 1))
  const waitWith = (warnings: ReadonlySet<string>) =>
    waitForSync(api.client, [ref], { timeoutMs: 300, isFinal, settleMs: 1, before: { warnings, syncs: new Set() } })
  const [event] = (await api.client.list<EventObject>(kinds.event, { namespace: ref.namespace })).items
  const [old] = await waitWith(new Set([event && versionOf(event)].flatMap((version) => version ?? [])))
  expect(old).not.toHaveProperty('isNews')
  expect((await waitWith(new Set()))[0]).toHaveProperty('isNews')
})

test('a sync from before the operator was told to read again does not count, but for an optional one', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, synced)
  const before = { warnings: new Set<string>(), syncs: new Set([syncOf(synced) ?? '']) }
  const [old] = await waitForSync(api.client, [ref], { timeoutMs: 0, before })
  expect(old).toMatchObject({ state: 'pending', message: 'the operator has not read Scaleway again yet' })
  expect(await waitForSync(api.client, [{ ...ref, isOptional: true }], { timeoutMs, before })).toMatchObject([
    { state: 'synced' },
  ])
  const waiting = waitForSync(api.client, [ref], { timeoutMs, before })
  await api.watching(1)
  const again: ExternalSecretObject = { ...synced, status: { ...synced.status, syncedResourceVersion: '2-cd' } }
  api.put(kinds.externalSecret, again)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

test('who may not see events is reported the condition', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  api.refuse(kinds.event, 403)
  const [report] = await waitForSync(api.client, [ref], { timeoutMs: 30 })
  expect(report?.message).toBe('SecretSyncedError: could not get secret data from provider')
})

test('waiting ends when the command is interrupted, before and after the cluster has answered', async () => {
  const api = await clusterApi()
  for (const isAnswered of [false, true]) {
    const interrupt = new AbortController()
    const waiting = waitForSync(api.client, [ref], { timeoutMs, signal: interrupt.signal })
    waiting.catch(() => undefined)
    if (isAnswered) await api.watching(2)
    interrupt.abort(new Error('Ctrl-C'))
    await expect(waiting).rejects.toThrow('Ctrl-C')
  }
  await expect(waitForSync(api.client, [ref], { signal: AbortSignal.abort(new Error('before')) })).rejects.toThrow(
    'before',
  )
})

test('a deadline beyond what a timer can hold is none that has passed', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, stale)
  const waiting = waitForSync(api.client, [ref], { timeoutMs: 2 ** 31 })
  await api.watching(2)
  api.put(kinds.externalSecret, synced)
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

test('when it is over nothing is watched any more', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, stale)
  const waiting = waitForSync(api.client, [ref], { timeoutMs })
  await api.watching(2)
  api.put(kinds.externalSecret, synced)
  await waiting
  await vi.waitFor(() => expect(api.openWatches()).toBe(0), 10_000)
})

/** The target as the catalogue implies it. */
const model = resolve(applicationWith({ secrets: [{ variable: 'TOKEN' }] }), 'dev')
const [tier] = model.tiers.filter((one) => requiredTarget(one))
const expected = requiredTarget(tier)
if (!expected || !tier) throw new Error('the model has no ExternalSecret')
const wanted = { ...ref, expected }
const target = (...keys: string[]) => ({
  metadata: { ...ref },
  data: Object.fromEntries(keys.map((key) => [key, 'dmFsdWU='])),
})

test('a target that holds exactly the catalogued keys is synced, and no value of it is kept', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, synced)
  api.put(kinds.secret, target('TOKEN'))
  api.put(kinds.secret, { ...target('OTHER'), metadata: { name: 'other', namespace: ref.namespace } })
  const reports = await waitForSync(api.client, [wanted], { timeoutMs })
  expect(reports).toEqual([{ ref, state: 'synced', message: 'secret synced' }])
})

test.each([
  ['is not there', undefined, 'the target Secret does not exist', undefined],
  ['lacks a key', target(), 'the target Secret lacks TOKEN', { missing: ['TOKEN'], unexpected: [] }],
  [
    'holds more',
    target('TOKEN', 'B', 'A'),
    'the target Secret holds A, B, which is not catalogued',
    { missing: [], unexpected: ['A', 'B'] },
  ],
])('a target that %s is waited for', async (_, wrong, message, keys) => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, synced)
  if (wrong) api.put(kinds.secret, wrong)
  const [report] = await waitForSync(api.client, [wanted], { timeoutMs: 30 })
  expect(report).toEqual({ ref, state: 'failed', message, obstacle: 'target-differs', ...(keys ? { keys } : {}) })
  expect(JSON.stringify(report)).not.toContain('dmFsdWU=')
  const waiting = waitForSync(api.client, [wanted], { timeoutMs })
  await api.watching(3)
  api.put(kinds.secret, target('TOKEN'))
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

test.each([[synced], [externalSecret({ failed: true })]])(
  'a target of another type is told whatever the operator says',
  async (object) => {
    const api = await clusterApi()
    api.put(kinds.externalSecret, object)
    api.put(kinds.secret, { ...target('TOKEN'), type: 'kubernetes.io/basic-auth' } as KubernetesObject)
    const [report] = await waitForSync(api.client, [wanted], { timeoutMs: 30 })
    expect(report).toEqual({
      ref,
      state: 'failed',
      message: 'the target Secret is of type kubernetes.io/basic-auth and not Opaque, which Kubernetes never changes',
      obstacle: 'type-differs',
    })
  },
)

test('who may not read the target is reported so, and the operator is believed', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, synced)
  api.refuse(kinds.secret, 403)
  const reports = await waitForSync(api.client, [wanted], { timeoutMs })
  expect(reports).toEqual([{ ref, state: 'synced', message: 'secret synced', keys: 'unreadable' }])
})

test('a synced version that is not the one of the catalogue is waited for, and each field reported', async () => {
  const api = await clusterApi()
  const exact = { ...wanted, spec: externalSecretSpec(model, tier, expected) }
  const [data] = spec.data
  const older = { ...exact.spec, data: [{ ...data, remoteRef: { key: 'path:/shop-api/old-token' } }] }
  api.put(kinds.externalSecret, externalSecret({ synced: 2, spec: older }))
  api.put(kinds.secret, target('TOKEN'))
  const [report] = await waitForSync(api.client, [exact], { timeoutMs: 30 })
  expect(report).toMatchObject({ state: 'pending', obstacle: 'outdated' })
  expect(report?.message).toContain(
    'spec.data[TOKEN].remoteRef.key: "path:/shop-api/old-token" → "path:/shop-api/token"',
  )
  const immutable = { ...(exact.spec.target as object), immutable: true }
  api.put(kinds.externalSecret, externalSecret({ synced: 2, spec: { ...exact.spec, target: immutable } }))
  const [withMore] = await waitForSync(api.client, [exact], { timeoutMs: 30 })
  expect(withMore?.message).toMatch(/from the catalogue: - spec\.target\.immutable$/)
  const waiting = waitForSync(api.client, [{ ...exact, isOptional: true }], { timeoutMs })
  await api.watching(3)
  api.put(kinds.externalSecret, externalSecret({ synced: 2, spec: exact.spec }))
  expect(await waiting).toMatchObject([{ state: 'synced' }])
})

test('an optional one is reported as it is and not waited for', async () => {
  const api = await clusterApi()
  api.put(kinds.namespace, namespace)
  const optional = { ...ref, name: 'other', expected, isOptional: true }
  api.put(kinds.externalSecret, synced)
  api.put(kinds.secret, target('TOKEN'))
  const absent = await waitForSync(api.client, [optional, wanted], { timeoutMs })
  expect(absent).toMatchObject([{ state: 'pending', obstacle: 'absent' }, { state: 'synced' }])
  const incomplete = await waitForSync(api.client, [{ ...wanted, isOptional: true }], { timeoutMs })
  expect(incomplete).toEqual([{ ref, state: 'synced', message: 'secret synced' }])
  api.put(kinds.secret, target())
  expect(await waitForSync(api.client, [{ ...wanted, isOptional: true }], { timeoutMs })).toEqual([
    { ref, state: 'synced', message: 'secret synced', keys: { missing: ['TOKEN'], unexpected: [] } },
  ])
})

test('a target of another type ends a wait that ends with what is final', async () => {
  const api = await clusterApi()
  api.put(kinds.externalSecret, externalSecret({ failed: true }))
  api.put(kinds.secret, { ...target('TOKEN'), type: 'kubernetes.io/basic-auth' } as KubernetesObject)
  const [report] = await waitForSync(api.client, [wanted], { timeoutMs, isFinal: () => true, settleMs: 0 })
  expect(report?.obstacle).toBe('type-differs')
})
