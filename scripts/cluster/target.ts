import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import { kinds, type NamespacedRef, type SecretObject } from '../kubernetes/kinds.ts'
import { certificatesEnd } from '../model/certificate.ts'
import { reloaderAnnotations } from '../model/names.ts'

/** What is known about a target Secret without its values. */
export interface TargetState {
  readonly keys: readonly string[]
  /** `Opaque`, `kubernetes.io/tls`; Kubernetes never changes it. */
  readonly type: string
  /**
   * When it last changed, to the second; undefined when this was not recorded. The operator writes data and
   * labels in one write, so a changed label of the chart counts as well; a refresh without a new value does not.
   */
  readonly changedAt?: Date
  /**
   * Changes when `changedAt` changes or the Secret is created again. It is not made from values, so that they
   * can't be guessed from it.
   */
  readonly version: string
  /** Whether it has the annotation that makes Reloader restart workloads. */
  readonly isMarked: boolean
  /** Until when the certificates in it are valid, by key. Default: it has none */
  readonly certificates?: ReadonlyMap<string, Date>
}

/** Pure; no value is kept. */
export function targetState(secret: SecretObject): TargetState {
  const { uid = '', resourceVersion = '', annotations } = secret.metadata
  const changedAt = dataChangedAt(secret)
  const version = `${changedAt?.toISOString() ?? resourceVersion} ${uid}`
  const isMarked = annotations?.[reloaderAnnotations.match] === 'true'
  const certificates = certificatesOf(secret)
  return {
    keys: Object.keys(secret.data ?? {}),
    type: secret.type ?? 'Opaque',
    version,
    isMarked,
    ...(changedAt ? { changedAt } : {}),
    ...(certificates.size > 0 ? { certificates } : {}),
  }
}

/** A target as it is now. Undefined: there is none. `unreadable`: we have no right to read it. */
export async function readTarget(
  client: Pick<ClusterReader, 'get'>,
  ref: NamespacedRef,
  signal?: AbortSignal,
): Promise<TargetState | undefined | 'unreadable'> {
  try {
    const secret = await client.get<SecretObject>(kinds.secret, ref, signal)
    return secret && targetState(secret)
  } catch (error) {
    if (isForbidden(error)) return 'unreadable'
    throw error
  }
}

// --- internal ---

/** Certificates are public; nothing else of the values is kept. */
function certificatesOf({ data = {} }: SecretObject): ReadonlyMap<string, Date> {
  const ends = Object.entries(data).flatMap(([key, value]) => {
    const end = certificatesEnd(Buffer.from(value, 'base64').toString('latin1'))
    return end ? [[key, end] as const] : []
  })
  return new Map(ends)
}

/**
 * The API server records for each writer when it last changed something, to the second; a write that changes nothing leaves
 * the time as it is. Source: Kubernetes documentation, server-side apply, "field management".
 */
function dataChangedAt({ metadata }: SecretObject): Date | undefined {
  const times = (metadata.managedFields ?? [])
    .filter(({ fieldsV1 }) => fieldsV1 !== undefined && 'f:data' in fieldsV1)
    .map(({ time }) => Date.parse(time ?? ''))
    .filter((time) => !Number.isNaN(time))
  return times.length > 0 ? new Date(Math.max(...times)) : undefined
}
