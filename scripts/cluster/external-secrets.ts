import type { ClusterReader } from '../kubernetes/client.ts'
import {
  type KubernetesObject,
  kinds,
  type NamespacedRef,
  type ObjectMeta,
  type WithConditions,
} from '../kubernetes/kinds.ts'

export interface ExternalSecretObject extends WithConditions {
  readonly spec?: Readonly<Record<string, unknown>>
  readonly status?: WithConditions['status'] & {
    /** `<generation>-<digest of labels and annotations>` of the last success. */
    readonly syncedResourceVersion?: string
    readonly refreshTime?: string
  }
}

export interface SyncState {
  /** `failed` is not final: the operator tries again by itself. */
  readonly state: 'synced' | 'pending' | 'failed'
  /** What is true now, without a final period. Never a value. */
  readonly message: string
}

export interface SyncReport extends SyncState {
  readonly ref: NamespacedRef
}

/**
 * Whether the target really holds what this version of the ExternalSecret asks for. Ready alone proves nothing: it
 * stays true while a newer spec waits, and is true where no Secret was written.
 *
 * @param object undefined when the ExternalSecret doesn't exist.
 */
export function syncState(object: ExternalSecretObject | undefined): SyncState {
  if (!object) return { state: 'pending', message: 'the ExternalSecret does not exist' }
  const { metadata, status } = object
  if (metadata.deletionTimestamp !== undefined) return { state: 'pending', message: 'it is being deleted' }
  const ready = status?.conditions?.find(({ type }) => type === 'Ready')
  if (!ready) return { state: 'pending', message: 'the operator has not processed it yet' }
  const told = `${ready.reason ?? 'no reason'}: ${ready.message ?? 'no message'}`
  if (ready.status !== 'True') return { state: 'failed', message: told }
  if (ready.reason !== 'SecretSynced') return { state: 'failed', message: `ready without a Secret, ${told}` }
  if (ready.message?.startsWith('secret retained')) {
    return { state: 'failed', message: `Scaleway returned no key, ${told}` }
  }
  if (!status?.syncedResourceVersion?.startsWith(`${metadata.generation}-`)) {
    return { state: 'pending', message: 'an older version of it is synced' }
  }
  return { state: 'synced', message: ready.message ?? 'secret synced' }
}

export async function readSyncState(
  client: Pick<ClusterReader, 'get' | 'list'>,
  ref: NamespacedRef,
  signal?: AbortSignal,
): Promise<SyncReport> {
  const object = await client.get<ExternalSecretObject>(kinds.externalSecret, ref, signal)
  return describe(client, ref, object, signal)
}

/**
 * The newest Warning event about an object: it has the cause that the condition leaves out.
 *
 * @param kind as in the event's `involvedObject`: `ExternalSecret`, `SecretStore`.
 * @param options.object as it is now. Default: events of any age are about it
 */
export async function lastWarning(
  client: Pick<ClusterReader, 'list'>,
  kind: string,
  ref: NamespacedRef,
  {
    object,
    signal,
  }: { readonly object?: ExternalSecretObject | undefined; readonly signal?: AbortSignal | undefined } = {},
): Promise<string | undefined> {
  const { items } = await client.list<EventObject>(kinds.event, {
    namespace: ref.namespace,
    fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${ref.name},type=Warning`,
    ...(signal ? { signal } : {}),
  })
  return newestWarning(warningsAbout(object, items))
}

export interface EventObject extends KubernetesObject {
  readonly type?: string
  readonly message?: string
  readonly involvedObject?: { readonly kind?: string; readonly name?: string; readonly uid?: string }
  readonly firstTimestamp?: string | null
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
  /** How often it was reported; the same message within an hour is one event. */
  readonly count?: number
}

/** So much older than its condition the event of a failure may be: the operator reports first, and both times are in whole seconds. */
export const toTheSecondMs = 2_000

/**
 * Those warnings that are about an object as it is now: not about one of the same name before it, and of an object that fails
 * not about an earlier failure. The operator may report a failure without an event: of one object, its client sends 25 events
 * and then one every five minutes (source: client-go, tools/record/events_cache.go, `defaultSpamBurst`).
 */
export function warningsAbout(
  object: Pick<ExternalSecretObject, 'metadata' | 'status'> | undefined,
  events: readonly EventObject[],
): EventObject[] {
  const { uid } = object?.metadata ?? {}
  const ready = object?.status?.conditions?.find(({ type }) => type === 'Ready')
  const since = ready?.status === 'False' ? Date.parse(ready.lastTransitionTime ?? '') : Number.NaN
  return events.filter((event) => {
    const itsUid = event.involvedObject?.uid
    if (uid !== undefined && itsUid !== undefined && itsUid !== uid) return false
    const at = eventTime(event)
    return Number.isNaN(since) || at === 0 || at >= since - toTheSecondMs
  })
}

/** What the newest of these events says, on one line and without any part of a secret. */
export function newestWarning(events: readonly EventObject[]): string | undefined {
  return newestEvent(events)?.message
}

/** The same, with its last time. Events have whole seconds: within the same second, the one stored last counts. */
export function newestEvent(events: readonly EventObject[]): { message: string; at: Date } | undefined {
  const order = ({ metadata }: EventObject) => Number(metadata.resourceVersion ?? 0)
  const newest = [...events].sort((a, b) => eventTime(a) - eventTime(b) || order(a) - order(b)).at(-1)
  if (newest?.message === undefined) return undefined
  const message = withoutSecrets(newest.message).replace(/\s+/g, ' ').trim()
  return { message, at: new Date(eventTime(newest)) }
}

/**
 * Parts of secrets in the operator's messages, removed: Scaleway's SDK quotes a malformed key in its error, whatever quotes
 * the key has itself, and Go's JSON parser the character of a value it stumbled over.
 */
export function withoutSecrets(message: string): string {
  return message
    .replace(/(invalid (?:secret|access) key format ')(?:.*(?=', expected\s)|.*$)/s, '$1…')
    .replace(/(invalid character )'(?:\\'|[^'])*'/g, "$1'…'")
}

// --- internal ---

async function describe(
  client: Pick<ClusterReader, 'list'>,
  ref: NamespacedRef,
  object: ExternalSecretObject | undefined,
  signal?: AbortSignal,
): Promise<SyncReport> {
  const { state, message } = syncState(object)
  if (state !== 'failed') return { ref, state, message }
  const warning = await lastWarning(client, 'ExternalSecret', ref, { object, signal })
  return { ref, state, message: warning ?? message }
}

/** Milliseconds since 1970; 0 if it is not known. */
function eventTime({ lastTimestamp, eventTime: time, metadata }: EventObject): number {
  return Date.parse(lastTimestamp ?? time ?? (metadata as ObjectMeta).creationTimestamp ?? '') || 0
}
