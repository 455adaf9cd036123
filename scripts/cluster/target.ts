import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import { kinds, type NamespacedRef, type SecretObject } from '../kubernetes/kinds.ts'
import { reloaderAnnotations } from '../model/names.ts'

/** What may be known of a target Secret without its values. */
export interface TargetSight {
  readonly keys: readonly string[]
  /**
   * When it last became other than it was, to the second; undefined when nobody noted it. The operator writes data and
   * labels in one go, so that a label of the chart that changes counts as well; a refresh that brings nothing new does not.
   */
  readonly changedAt?: Date
  /**
   * Another text once `changedAt` is another, or the Secret was made anew. It comes from no value, so that whoever sees it
   * can't guess one from it.
   */
  readonly version: string
  /** Whether it has the annotation by which Reloader takes it for one that restarts workloads. */
  readonly isMarked: boolean
}

/** Pure; no value is kept. */
export function targetSight(secret: SecretObject): TargetSight {
  const { uid = '', resourceVersion = '', annotations } = secret.metadata
  const changedAt = dataChangedAt(secret)
  const version = `${changedAt?.toISOString() ?? resourceVersion} ${uid}`
  const isMarked = annotations?.[reloaderAnnotations.match] === 'true'
  return { keys: Object.keys(secret.data ?? {}), version, isMarked, ...(changedAt ? { changedAt } : {}) }
}

/** A target as it is now. Undefined: there is none. `unreadable`: we have no right to look. */
export async function readTarget(
  client: Pick<ClusterReader, 'get'>,
  ref: NamespacedRef,
  signal?: AbortSignal,
): Promise<TargetSight | undefined | 'unreadable'> {
  try {
    const secret = await client.get<SecretObject>(kinds.secret, ref, signal)
    return secret && targetSight(secret)
  } catch (error) {
    if (isForbidden(error)) return 'unreadable'
    throw error
  }
}

// --- internal ---

/**
 * The API server notes for each writer when it last changed something, to the second; a write that changes nothing leaves
 * the time as it is. Source: Kubernetes documentation, server-side apply, "field management".
 */
function dataChangedAt({ metadata }: SecretObject): Date | undefined {
  const times = (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => fieldsV1 !== undefined && 'f:data' in fieldsV1)
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time))
  return times.length > 0 ? new Date(Math.max(...times)) : undefined
}
