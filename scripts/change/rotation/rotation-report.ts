import { jsonDocument, lines, type Printable } from '../../lib/printable.ts'
import { table } from '../../lib/table.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { RotationUnit } from '../../model/rotation-unit.ts'
import type { ConsumerPlan } from './restart-readers.ts'
import type { RotationState } from './rotation-state.ts'

/** What a run did, or would do. */
export interface RotationReport {
  /** `planned`: nothing was written. `overlap`: the old version is still good. `nothing`: there was nothing to do. */
  readonly outcome: 'planned' | 'overlap' | 'rotated' | 'returned' | 'finished' | 'nothing'
  /** Of the rotation it is about, if there is one. */
  readonly state: RotationState | undefined
  /** The steps that were planned when it began, one line per step. */
  readonly steps: readonly string[]
  readonly consumers: readonly ConsumerPlan[]
  readonly overlapUntil: Date | undefined
  /** Versions that were deleted. */
  readonly deleted: number
}

/** For people: the steps of a plan, else the versions as they are now. */
export function rotationText({ tier }: RotationUnit, report: RotationReport, columns?: number): Printable {
  const { outcome, state, steps } = report
  if (outcome === 'planned') return lines(...steps)
  if (!state || outcome === 'nothing') return lines()
  const cells = state.remotes.map(({ name, earlier, added }) => [
    placeOf({ path: tier.remotePath, name }),
    earlier.join(', '),
    added === undefined ? '-' : String(added),
    words[outcome],
  ])
  return table(['REMOTE SECRET', 'OLD VERSION', 'NEW VERSION', 'NOW'], cells, { columns, below: 'NOW' })
}

/** The same for machines. */
export function rotationJson(
  { application, environment }: EnvironmentModel,
  { name, tier }: RotationUnit,
  { outcome, state, steps, consumers, overlapUntil, deleted }: RotationReport,
): Printable {
  const document = {
    version: 1,
    application,
    environment,
    tier: tier.name,
    rotated: name,
    outcome,
    variables: state?.variables ?? [],
    phase: outcome === 'returned' || outcome === 'finished' ? null : (state?.phase ?? null),
    remoteSecrets: (state?.remotes ?? []).map((remote) => ({
      remoteSecret: placeOf({ path: tier.remotePath, name: remote.name }),
      oldVersions: remote.earlier,
      newVersion: remote.added ?? null,
    })),
    overlapUntil: overlapUntil?.toISOString() ?? null,
    deletedVersions: deleted,
    workloads: consumers.map(({ kind, name, action, reason }) => ({ kind, name, action, reason })),
    steps,
  }
  return jsonDocument(document)
}

// --- internal ---

const words = {
  overlap: 'new in use, old still enabled',
  rotated: 'new in use, old disabled',
  returned: 'old in use, new disabled',
  finished: 'new in use, old deleted',
} as const
