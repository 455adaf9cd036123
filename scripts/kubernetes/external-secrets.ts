import { setTimeout as sleep } from 'node:timers/promises'
import type { KubernetesClient } from './client.ts'
import { type KubernetesObject, kinds, type ObjectMeta, type ObjectRef, type WithConditions } from './kinds.ts'

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

export interface NamespacedRef extends ObjectRef {
  readonly namespace: string
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
  if (!ready) return { state: 'pending', message: 'the operator has not looked at it yet' }
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
  client: Pick<KubernetesClient, 'get' | 'list'>,
  ref: NamespacedRef,
  signal?: AbortSignal,
): Promise<SyncReport> {
  const object = await client.get<ExternalSecretObject>(kinds.externalSecret, ref, signal)
  return describe(client, ref, object, signal)
}

export interface WaitOptions {
  /** Default: 60,000. */
  readonly timeoutMs?: number
  /** Default: 300. */
  readonly pollMs?: number
  readonly signal?: AbortSignal
  /** Called with every state that differs from the last one seen of the same object. */
  readonly onChange?: (report: SyncReport) => void
}

/**
 * Waits until all are synced, or time is up.
 *
 * @returns the last seen state of each, in the given order; the caller decides what an unsynced one means.
 * @throws KubernetesError, or ProblemError `CLUSTER_UNREACHABLE`; the signal's reason when aborted.
 */
export async function waitForSync(
  client: Pick<KubernetesClient, 'get' | 'list'>,
  refs: readonly NamespacedRef[],
  options: WaitOptions = {},
): Promise<readonly SyncReport[]> {
  const { timeoutMs = 60_000, pollMs = 300, signal, onChange } = options
  const deadline = Date.now() + timeoutMs
  const seen = new Map<string, string>()
  for (;;) {
    const reports = await Promise.all(refs.map((ref) => readSyncState(client, ref, signal)))
    for (const report of reports) {
      const key = `${report.ref.namespace}/${report.ref.name}`
      const now = `${report.state} ${report.message}`
      if (seen.get(key) !== now) onChange?.(report)
      seen.set(key, now)
    }
    if (reports.every(({ state }) => state === 'synced') || Date.now() >= deadline) return reports
    await sleep(Math.min(pollMs, Math.max(1, deadline - Date.now())), undefined, signal ? { signal } : {})
  }
}

/**
 * The newest Warning event of an object: where the operator tells the cause that its condition leaves out.
 *
 * @param kind as in the event's `involvedObject`: `ExternalSecret`, `SecretStore`.
 */
export async function lastWarning(
  client: Pick<KubernetesClient, 'list'>,
  kind: string,
  ref: NamespacedRef,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const { items } = await client.list<EventObject>(kinds.event, {
    namespace: ref.namespace,
    fieldSelector: `involvedObject.kind=${kind},involvedObject.name=${ref.name},type=Warning`,
    ...(signal ? { signal } : {}),
  })
  const newest = [...items].sort((a, b) => eventTime(a) - eventTime(b)).at(-1)
  return newest?.message === undefined ? undefined : withoutCredential(newest.message)
}

// --- internal ---

interface EventObject extends KubernetesObject {
  readonly message?: string
  readonly lastTimestamp?: string | null
  readonly eventTime?: string | null
}

async function describe(
  client: Pick<KubernetesClient, 'list'>,
  ref: NamespacedRef,
  object: ExternalSecretObject | undefined,
  signal?: AbortSignal,
): Promise<SyncReport> {
  const { state, message } = syncState(object)
  if (state !== 'failed') return { ref, state, message }
  const warning = await lastWarning(client, 'ExternalSecret', ref, signal)
  return { ref, state, message: warning ?? message }
}

function eventTime({ lastTimestamp, eventTime: time, metadata }: EventObject): number {
  return Date.parse(lastTimestamp ?? time ?? (metadata as ObjectMeta).creationTimestamp ?? '') || 0
}

/** Scaleway's SDK quotes a malformed secret key in its error, and the operator passes it on. */
function withoutCredential(message: string): string {
  return message.replace(/(invalid (?:secret|access) key format ')[^']*(')/g, '$1…$2')
}
