import type { ClusterReader, KubernetesClient } from '../kubernetes/client.ts'
import { isConflict, isNotFound } from '../kubernetes/errors.ts'
import { kinds, type NamespacedRef, type WithConditions } from '../kubernetes/kinds.ts'
import { pause } from '../lib/pause.ts'
import type { TierModel } from '../model/resolve.ts'
import { type ExternalSecretObject, lastWarning, syncState } from './external-secrets.ts'

/** The result of a forced refresh. */
export interface RefreshReport {
  readonly ref: NamespacedRef
  /** `absent-in-scaleway`: the operator asked with a working key, and the remote secret does not exist. */
  readonly state: 'refreshed' | 'absent-in-scaleway' | 'failed'
  /** What is true now, without a final period. Never a value. */
  readonly message: string
}

export interface RefreshOptions {
  /** Default: 60,000. */
  readonly timeoutMs?: number
  /** Default: 300. */
  readonly pollMs?: number
  readonly signal?: AbortSignal
}

/** The ExternalSecrets that read through a store, in a namespace: those of the chart, and those made by hand. */
export async function externalSecretsUsing(
  client: Pick<ClusterReader, 'list'>,
  { namespace, secretStore }: Pick<TierModel, 'namespace' | 'secretStore'>,
  signal?: AbortSignal,
): Promise<NamespacedRef[]> {
  const options = { namespace, ...(signal ? { signal } : {}) }
  const none = { items: [] }
  const { items } = await client.list<ExternalSecretObject>(kinds.externalSecret, options).catch((error: unknown) => {
    // A cluster without the operator has none.
    if (isNotFound(error)) return none
    throw error
  })
  return items.filter((item) => storeOf(item) === secretStore).map(({ metadata: { name } }) => ({ namespace, name }))
}

/**
 * Makes the operator check a refused store again, and waits until it accepts it. Until then nothing is read through
 * the store, and by itself the operator checks it only after a pause of up to seven minutes. An accepted store is not changed.
 *
 * @returns whether it is ready
 */
export async function revalidateStore(
  client: Pick<KubernetesClient, 'get' | 'mergePatch'>,
  { namespace, secretStore }: Pick<TierModel, 'namespace' | 'secretStore'>,
  { timeoutMs = 10_000, pollMs = 300, signal }: RefreshOptions = {},
): Promise<boolean> {
  const ref = { namespace, name: secretStore }
  const isRefused = async () => {
    const store = await client.get<WithConditions>(kinds.secretStore, ref, signal)
    return store?.status?.conditions?.some(({ type, status }) => type === 'Ready' && status === 'False') ?? false
  }
  if (!(await isRefused())) return true
  await client.mergePatch(kinds.secretStore, ref, forced(), signal)
  const deadline = performance.now() + timeoutMs
  while (performance.now() < deadline) {
    await pause(pollMs, signal)
    if (!(await isRefused())) return true
  }
  return false
}

/**
 * Makes the operator read Scaleway again, for each of the given ExternalSecrets, and waits until it has: nothing
 * watches a credentials Secret, so a new key is otherwise used at the next refresh.
 *
 * @throws KubernetesError, or ProblemError `CLUSTER_UNREACHABLE`
 */
export async function refreshExternalSecrets(
  client: Pick<KubernetesClient, 'get' | 'list' | 'mergePatch'>,
  refs: readonly NamespacedRef[],
  options: RefreshOptions = {},
): Promise<readonly RefreshReport[]> {
  return Promise.all(refs.map((ref) => refresh(client, ref, options)))
}

/**
 * Asks for a refresh.
 *
 * @returns the object as it was just before, so that whatever it says of a later sync is about this request: one whose answer
 *   was lost and that is sent again is a conflict, and not answered with what the first one has caused already
 */
export async function forceRefresh(
  client: Pick<KubernetesClient, 'get' | 'mergePatch'>,
  ref: NamespacedRef,
  signal: AbortSignal | undefined,
): Promise<ExternalSecretObject> {
  for (let attempt = 1; ; attempt++) {
    const found = await client.get<ExternalSecretObject>(kinds.externalSecret, ref, signal)
    const { resourceVersion } = found?.metadata ?? {}
    const { annotations } = forced(found?.metadata.annotations?.[forceSync]).metadata
    const metadata = { annotations, ...(resourceVersion === undefined ? {} : { resourceVersion }) }
    try {
      return await client.mergePatch<ExternalSecretObject>(kinds.externalSecret, ref, { metadata }, signal)
    } catch (error) {
      if (!isConflict(error) || attempt === forceAttempts) throw error
    }
  }
}

// --- internal ---

/** After this time, the newest warning is about the forced refresh and not about an earlier one. */
const settleMs = 3_000

async function refresh(
  client: Pick<KubernetesClient, 'get' | 'list' | 'mergePatch'>,
  ref: NamespacedRef,
  { timeoutMs = 60_000, pollMs = 300, signal }: RefreshOptions,
): Promise<RefreshReport> {
  const before = await forceRefresh(client, ref, signal)
  const started = performance.now()
  for (;;) {
    const now = await client.get<ExternalSecretObject>(kinds.externalSecret, ref, signal)
    const { state, message } = syncState(now)
    // The text holds a digest of the annotations, so that it differs once this very refresh is done.
    const isAnother = now?.status?.syncedResourceVersion !== before.status?.syncedResourceVersion
    if (state === 'synced' && isAnother) return { ref, state: 'refreshed', message }
    const passedMs = performance.now() - started
    if (passedMs >= timeoutMs || (state === 'failed' && passedMs >= Math.min(settleMs, timeoutMs))) {
      const warning = await lastWarning(client, 'ExternalSecret', ref, { object: now, signal })
      if (state === 'failed' && warning?.includes('Secret does not exist'))
        return { ref, state: 'absent-in-scaleway', message: warning }
      // An earlier warning is not about this.
      const late = state === 'synced' ? 'the operator has not read Scaleway again' : (warning ?? message)
      if (passedMs >= timeoutMs) return { ref, state: 'failed', message: late }
    }
    await pause(pollMs, signal)
  }
}

/** The operator changes the object too, a few times for each refresh. */
const forceAttempts = 10

/** Any change of an annotation or a label works, but the policies of the chart let operators change only this one. */
function forced(previous?: string) {
  const now = new Date().toISOString()
  const another = now === previous ? new Date(Date.parse(now) + 1).toISOString() : now
  return { metadata: { annotations: { [forceSync]: another } } }
}

const forceSync = 'force-sync'

function storeOf({ spec }: ExternalSecretObject): string | undefined {
  const { name, kind = 'SecretStore' } = (spec?.secretStoreRef ?? {}) as { name?: string; kind?: string }
  return kind === 'SecretStore' ? name : undefined
}
