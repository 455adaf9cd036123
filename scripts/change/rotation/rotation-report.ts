import { jsonDocument, lines, type Printable } from '../../lib/printable.ts'
import { table } from '../../lib/table.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { RotationUnit } from '../../model/rotation-unit.ts'
import type { ConsumerPlan } from './plan-readers.ts'
import { placeIn } from './rotated-remotes.ts'
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
export function rotationText(unit: RotationUnit, report: RotationReport, columns?: number): Printable {
  const { outcome, state, steps } = report
  if (outcome === 'planned') return lines(...steps)
  if (!state || outcome === 'nothing') return lines()
  const cells = state.remotes.map((remote) => [
    placeIn({ unit }, remote),
    remote.earlier.join(', '),
    remote.added === undefined ? '-' : String(remote.added),
    words[outcome],
  ])
  return table(['REMOTE SECRET', 'OLD VERSION', 'NEW VERSION', 'NOW'], cells, { columns, below: 'NOW' })
}

/** The same for machines. */
export function rotationJson(
  { application, environment }: EnvironmentModel,
  unit: RotationUnit,
  { outcome, state, steps, consumers, overlapUntil, deleted }: RotationReport,
): Printable {
  const document = {
    version: 1,
    application,
    environment,
    tier: unit.tiers[0].name,
    tiers: unit.tiers.map(({ name }) => name),
    rotated: unit.name,
    outcome,
    variables: state?.variables ?? [],
    phase: outcome === 'returned' || outcome === 'finished' ? null : (state?.phase ?? null),
    remoteSecrets: (state?.remotes ?? []).map((remote) => ({
      remoteSecret: placeIn({ unit }, remote),
      oldVersions: remote.earlier,
      newVersion: remote.added ?? null,
    })),
    overlapUntil: overlapUntil?.toISOString() ?? null,
    deletedVersions: deleted,
    workloads: consumers.map(({ tier, kind, name, isCatalogued, action, reason }) => {
      return { tier: tier.name, kind, name, isCatalogued, action, reason }
    }),
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
