import type { SecretSpec } from './types.ts'

/** When a value has to change, by its catalogue entry. */
export interface RotationDue {
  readonly dueAt: Date
  /** `soon`: within the warning period, a third of the rotation and at most 30 days. */
  readonly state: 'later' | 'soon' | 'overdue'
}

/**
 * Undefined for an entry without a rotation.
 *
 * @param createdAt when the value was put into Scaleway
 */
export function rotationDue({ rotation }: SecretSpec, createdAt: Date, now: Date): RotationDue | undefined {
  if (rotation === undefined) return undefined
  const days = Number.parseInt(rotation, 10)
  const dueAt = new Date(createdAt.getTime() + days * dayMs)
  const warningDays = Math.min(30, Math.ceil(days / 3))
  const leftMs = dueAt.getTime() - now.getTime()
  return { dueAt, state: leftMs <= 0 ? 'overdue' : leftMs <= warningDays * dayMs ? 'soon' : 'later' }
}

// --- internal ---

const dayMs = 24 * 60 * 60 * 1000
