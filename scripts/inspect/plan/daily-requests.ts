import type { KubernetesObject } from '../../kubernetes/kinds.ts'
import { durationSeconds } from '../../model/duration.ts'

/** Scaleway requests that the operator makes per day. */
export interface DailyRequests {
  readonly before: number
  readonly after: number
}

/**
 * What ExternalSecrets and stores cost per day: three requests per entry at each refresh, and one per store every five minutes.
 * Source: the operator's Scaleway provider, and its default `--store-requeue-interval`.
 */
export function requestsPerDay(objects: readonly KubernetesObject[]): number {
  return objects.reduce((sum, object) => sum + daily(object), 0)
}

// --- internal ---

const secondsPerDay = 24 * 60 * 60
const storeSeconds = 5 * 60

interface Spec {
  readonly refreshInterval?: string
  readonly data?: readonly unknown[]
  readonly dataFrom?: readonly unknown[]
}

function daily(object: KubernetesObject & { readonly spec?: Spec }): number {
  if (object.kind === 'SecretStore') return secondsPerDay / storeSeconds
  if (object.kind !== 'ExternalSecret') return 0
  const { refreshInterval = '1h', data = [], dataFrom = [] } = object.spec ?? {}
  const seconds = durationSeconds(refreshInterval) ?? 0
  // Zero: it is read once and never again.
  return seconds === 0 ? 0 : 3 * (data.length + dataFrom.length) * (secondsPerDay / seconds)
}
