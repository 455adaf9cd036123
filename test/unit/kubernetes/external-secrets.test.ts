import { expect, test } from 'vitest'
import {
  type ExternalSecretObject,
  lastWarning,
  type SyncReport,
  syncState,
  waitForSync,
} from '../../../scripts/kubernetes/external-secrets.ts'
import type { Kind, KubernetesObject } from '../../../scripts/kubernetes/kinds.ts'

interface Status {
  readonly status?: string
  readonly reason?: string
  readonly message?: string
  readonly synced?: string
  readonly deleting?: boolean
}

function externalSecret({
  status = 'True',
  reason = 'SecretSynced',
  message = 'secret synced',
  synced,
  deleting,
}: Status) {
  const object: ExternalSecretObject = {
    metadata: { name: 'x', namespace: 'a', generation: 2, ...(deleting ? { deletionTimestamp: 'now' } : {}) },
    status: {
      conditions: [{ type: 'Ready', status, reason, message }],
      ...(synced === undefined ? {} : { syncedResourceVersion: synced }),
    },
  }
  return object
}

test.each<[string, ExternalSecretObject | undefined, string, string]>([
  ['absent', undefined, 'pending', 'the ExternalSecret does not exist'],
  ['without a status', { metadata: { name: 'x' } }, 'pending', 'the operator has not looked at it yet'],
  ['synced in this generation', externalSecret({ synced: '2-ab' }), 'synced', 'secret synced'],
  ['synced in an older one', externalSecret({ synced: '1-ab' }), 'pending', 'an older version of it is synced'],
  ['of generation 2, synced in 20', externalSecret({ synced: '20-ab' }), 'pending', 'an older version of it is synced'],
  ['ready, but never synced', externalSecret({}), 'pending', 'an older version of it is synced'],
  ['being deleted', externalSecret({ synced: '2-ab', deleting: true }), 'pending', 'it is being deleted'],
  [
    'failed',
    externalSecret({
      status: 'False',
      reason: 'SecretSyncedError',
      message: 'could not get secret data from provider',
    }),
    'failed',
    'SecretSyncedError: could not get secret data from provider',
  ],
  [
    'ready because the target is absent and not ours to make',
    externalSecret({ reason: 'SecretMissing', message: 'secret will not be created', synced: '2-ab' }),
    'failed',
    'ready without a Secret, SecretMissing: secret will not be created',
  ],
  [
    'ready because nothing was found and the Secret is kept',
    externalSecret({ message: 'secret retained due to DeletionPolicy=Retain', synced: '2-ab' }),
    'failed',
    'Scaleway returned no key, SecretSynced: secret retained due to DeletionPolicy=Retain',
  ],
])('an ExternalSecret that is %s', (_, object, state, message) => {
  expect(syncState(object)).toEqual({ state, message })
})

/** A cluster that answers each get with the next of the given states, then with the last one for ever. */
function cluster(states: (ExternalSecretObject | undefined)[], events: object[] = []) {
  let turn = 0
  return {
    get: async <T extends KubernetesObject>() => states[Math.min(turn++, states.length - 1)] as T | undefined,
    list: async <T extends KubernetesObject>(_kind: Kind) => ({ items: events as T[], resourceVersion: '1' }),
  }
}

const ref = { name: 'x', namespace: 'a' }

test('waiting ends when all are synced, and tells each change once', async () => {
  const changes: string[] = []
  const states = [undefined, undefined, externalSecret({ synced: '1-a' }), externalSecret({ synced: '2-a' })]
  const onChange = ({ message }: SyncReport) => void changes.push(message)
  const reports = await waitForSync(cluster(states), [ref], { pollMs: 1, onChange })
  expect(reports).toEqual([{ ref, state: 'synced', message: 'secret synced' }])
  expect(changes).toEqual(['the ExternalSecret does not exist', 'an older version of it is synced', 'secret synced'])
})

test('at the timeout the last seen state is returned, with the cause from the newest Warning event', async () => {
  const failed = externalSecret({ status: 'False', reason: 'SecretSyncedError', message: 'could not get secret data' })
  const events = [
    { metadata: { name: 'b' }, message: 'newest', lastTimestamp: '2026-11-24T12:00:02Z' },
    { metadata: { name: 'a' }, message: 'older', lastTimestamp: '2026-11-24T12:00:01Z' },
  ]
  const reports = await waitForSync(cluster([failed], events), [ref], { pollMs: 1, timeoutMs: 20 })
  expect(reports).toEqual([{ ref, state: 'failed', message: 'newest' }])
})

test('waiting ends when the command is interrupted', async () => {
  const signal = AbortSignal.timeout(20)
  await expect(waitForSync(cluster([undefined]), [ref], { pollMs: 1000, signal })).rejects.toThrow()
})

test('a key that an event quotes is left out', async () => {
  const message = "unable to create client: invalid secret key format 'b4d-s3cret\n', expected a UUID"
  const warning = await lastWarning(cluster([], [{ metadata: { name: 'a' }, message }]), 'SecretStore', ref)
  expect(warning).toBe("unable to create client: invalid secret key format '…', expected a UUID")
})
