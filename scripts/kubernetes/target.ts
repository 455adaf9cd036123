import type { SecretObject } from './kinds.ts'

/** What may be known of a target Secret without its values. */
export interface TargetSight {
  readonly keys: readonly string[]
  /** When its data last became other than it was; undefined when nobody noted it. */
  readonly changedAt?: Date
}

/** Pure; no value is kept. */
export function targetSight(secret: SecretObject): TargetSight {
  const changedAt = dataChangedAt(secret)
  return { keys: Object.keys(secret.data ?? {}), ...(changedAt ? { changedAt } : {}) }
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
