import { isRecord } from '../../lib/record.ts'

/**
 * The phase of a rotation. `adding`: new versions are being added. `added`: all of them are there. `delivered`: the targets
 * hold them. `restarted`: the workloads read them. `proved`: the probe has passed; the overlap runs. `disabled`:
 * the old versions are disabled. `deleting`: they are being deleted. `returning`: the old versions are being restored.
 */
export const phases = [
  'adding',
  'added',
  'delivered',
  'restarted',
  'proved',
  'disabled',
  'deleting',
  'returning',
] as const

export type Phase = (typeof phases)[number]

/** What the journal of a rotation says. No value is in it. All times are RFC 3339. */
export interface RotationState {
  /** Of this form. */
  readonly version: 1
  /** In the description of every version this rotation adds. */
  readonly id: string
  /** Of the unit: two units may share a remote secret. */
  readonly name: string
  readonly phase: Phase
  readonly begunAt: string
  /** When it came into this phase. */
  readonly since: string
  /** Of the entries whose values change; with their tiers where the unit has several. */
  readonly variables: readonly string[]
  readonly remotes: readonly RotatedRemote[]
  /** The mark in the pod templates: the same mark again restarts nothing. */
  readonly restartAt?: string
  /** A probe was asked for: a later run must not leave it out by mistake. Its command is not recorded. */
  readonly probe?: true
}

/** A remote secret that gets a new version. */
export interface RotatedRemote {
  /** Undefined: the only one of the unit. */
  readonly tier?: string
  readonly name: string
  readonly id: string
  /** Revisions that were enabled before, the oldest first; the last of them is the way back. */
  readonly earlier: readonly number[]
  /** Revision that was added; undefined: not yet known to be. */
  readonly added?: number
}

/** The same rotation in another phase, from now on. */
export function entered(state: RotationState, phase: Phase, more: Partial<RotationState> = {}): RotationState {
  return { ...state, phase, since: new Date().toISOString(), ...more }
}

/** Whether the new versions are in use and the old ones disabled: what is left is to delete them. */
export function isOver({ phase }: RotationState): boolean {
  return phase === 'disabled' || phase === 'deleting'
}

/** Whether its new versions still have to be put in use or proved. */
export function isUnproved({ phase }: RotationState): boolean {
  return phase === 'adding' || phase === 'added' || phase === 'delivered' || phase === 'restarted'
}

/** Description of the versions a rotation adds: a version with it belongs to the rotation, even if a response got lost. */
export function markOf({ id }: Pick<RotationState, 'id'>): string {
  return `tiered-secrets rotation ${id}`
}

/** The state in a text of the journal, or undefined when this version can't read it. */
export function parseState(json: unknown): RotationState | undefined {
  if (!isRecord(json)) return undefined
  const { version, id, name, phase, begunAt, since, variables, remotes, restartAt, probe } = json
  const texts = [id, name, begunAt, since, ...(restartAt === undefined ? [] : [restartAt])]
  const isState =
    version === 1 &&
    texts.every((text) => typeof text === 'string') &&
    phases.some((one) => one === phase) &&
    Array.isArray(variables) &&
    variables.every((one) => typeof one === 'string') &&
    Array.isArray(remotes) &&
    remotes.every(isRemote) &&
    (probe === undefined || probe === true)
  return isState ? (json as unknown as RotationState) : undefined
}

// --- internal ---

function isRemote(value: unknown): boolean {
  if (!isRecord(value)) return false
  const { tier, name, id, earlier, added } = value
  return (
    (tier === undefined || typeof tier === 'string') &&
    typeof name === 'string' &&
    typeof id === 'string' &&
    Array.isArray(earlier) &&
    earlier.length > 0 &&
    earlier.every(Number.isInteger) &&
    (added === undefined || Number.isInteger(added))
  )
}
