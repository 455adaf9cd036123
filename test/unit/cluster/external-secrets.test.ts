import { describe, expect, test } from 'vitest'
import { type ExternalSecretObject, lastWarning, syncState } from '../../../scripts/cluster/external-secrets.ts'
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
  ['without a status', { metadata: { name: 'x' } }, 'pending', 'the operator has not processed it yet'],
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

/** A cluster with these events. */
function cluster(events: object[]) {
  return {
    list: async <T extends KubernetesObject>(_kind: Kind) => ({ items: events as T[], resourceVersion: '1' }),
  }
}

const ref = { name: 'x', namespace: 'a' }

test('the newest warning is the last one that came', async () => {
  const events = [
    { metadata: { name: 'b' }, message: 'newest', lastTimestamp: '2026-11-24T12:00:02Z' },
    { metadata: { name: 'a' }, message: 'older', lastTimestamp: '2026-11-24T12:00:01Z' },
  ]
  expect(await lastWarning(cluster(events), 'ExternalSecret', ref)).toBe('newest')
})

describe('a warning is about the object', () => {
  const at = (seconds: number) => new Date(Date.parse('2026-11-24T12:00:00Z') + seconds * 1_000).toISOString()
  const failing = (uid: string) => ({
    metadata: { name: 'x', uid },
    status: { conditions: [{ type: 'Ready', status: 'False', lastTransitionTime: at(0) }] },
  })
  const event = (uid: string | undefined, seconds: number) => ({
    metadata: { name: 'e' },
    message: 'told',
    lastTimestamp: at(seconds),
    involvedObject: uid === undefined ? {} : { uid },
  })
  test.each([
    ['after its condition', event('one', 60), 'told'],
    ['a second before, since the operator reports it first', event('one', -1), 'told'],
    ['a minute before: an earlier failure', event('one', -60), undefined],
    ['about one of the same name before it', event('other', 60), undefined],
    ['without an identity', event(undefined, 60), 'told'],
    ['without a time', { metadata: { name: 'e' }, message: 'told' }, 'told'],
  ])('%s', async (_, one, said) => {
    expect(await lastWarning(cluster([one]), 'ExternalSecret', ref, { object: failing('one') })).toBe(said)
  })
  test('at any time while it does not fail', async () => {
    const synced = {
      ...failing('one'),
      status: { conditions: [{ type: 'Ready', status: 'True', lastTransitionTime: at(0) }] },
    }
    expect(await lastWarning(cluster([event('one', -60)]), 'ExternalSecret', ref, { object: synced })).toBe('told')
  })
})

test.each(["'h'", "'\\''", `'"'`, "'\\u00e9'"])(
  'the character of a value that an event quotes is left out: %s',
  async (quoted) => {
    const message = `err: invalid character ${quoted} looking for beginning of value`
    const warning = await lastWarning(cluster([{ metadata: { name: 'a' }, message }]), 'ExternalSecret', ref)
    expect(warning).toBe("err: invalid character '…' looking for beginning of value")
  },
)

test('of two events of one second the one that was stored last is the newest', async () => {
  const lastTimestamp = '2026-11-24T12:00:01Z'
  const events = ['10', '9'].map((resourceVersion) => {
    return { metadata: { name: resourceVersion, resourceVersion }, message: resourceVersion, lastTimestamp }
  })
  expect(await lastWarning(cluster(events), 'ExternalSecret', ref)).toBe('10')
})

test.each([
  ['with a line break', 'b4d-s3cret\n'],
  ['in quotes', "'b4d-s3cret'"],
  ['with the words after it', "b4d-s3cret', expected b4d-s3cret"],
])('a key %s that an event quotes is left out', async (_, key) => {
  const told = async (message: string) =>
    lastWarning(cluster([{ metadata: { name: 'a' }, message }]), 'SecretStore', ref)
  const message = `unable to create client: invalid secret key format '${key}', expected\n a UUID`
  expect(await told(message)).toBe("unable to create client: invalid secret key format '…', expected a UUID")
  expect(await told("invalid access key format 'b4d-s3cret")).toBe("invalid access key format '…")
})
