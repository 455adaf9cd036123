import { ProblemError } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import type { FillEntry } from '../../model/fill-entries.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { RemoteSecretModel, TierModel } from '../../model/resolve.ts'
import { calledIn } from '../../model/rotation-unit.ts'
import { entryName, originOf } from '../../model/shared-values.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { RotationContext } from './rotation-context.ts'
import type { RotatedRemote, RotationState } from './rotation-state.ts'

/** A remote secret of a rotation as the catalogue has it. */
export interface CataloguedRemote {
  readonly tier: TierModel
  readonly remote: RemoteSecretModel
  readonly rotated: RotatedRemote
}

/**
 * The remote secrets of a rotation as the catalogue has them.
 *
 * @throws ProblemError `ROTATION_CATALOGUE_CHANGED`: it was begun with another catalogue
 */
export function cataloguedRemotes(
  { unit }: Pick<RotationContext, 'unit'>,
  { remotes }: Pick<RotationState, 'remotes'>,
): CataloguedRemote[] {
  return remotes.map((rotated) => {
    const tier = tierIn(unit, rotated)
    const found = unit.entries.find((entry) => entry.tier === tier && entry.remote.name === rotated.name)
    if (found) return { tier, remote: found.remote, rotated }
    const fact = `no longer has an entry of ${unit.name}, and its rotation was begun with one`
    throw catalogueChanged(placeIn({ unit }, rotated), fact)
  })
}

/** The entries whose values a rotation changes. */
export function changedSpecs(
  { unit }: Pick<RotationContext, 'unit'>,
  { variables }: Pick<RotationState, 'variables'>,
): SecretSpec[] {
  return unit.entries.map(({ spec }) => spec).filter((spec) => variables.includes(calledIn(unit, spec)))
}

/**
 * A value that is shared by other entries than when its rotation began would get different values.
 *
 * @throws ProblemError `ROTATION_CATALOGUE_CHANGED`
 */
export function refuseOtherEntries({ unit }: Pick<RotationContext, 'unit'>, state: RotationState): void {
  const changed = changedSpecs({ unit }, state)
  const origins = new Set(changed.map(originOf))
  const sharing = unit.entries.filter(({ spec }) => origins.has(originOf(spec)))
  if (changed.length === state.variables.length && changed.length === sharing.length) return
  const others = sharing.filter(({ spec }) => !changed.includes(spec)).map(({ spec }) => entryName(spec))
  const gone = state.variables.filter((name) => !unit.entries.some(({ spec }) => calledIn(unit, spec) === name))
  const fact = `its rotation was begun for ${shortList(state.variables)}, and by the catalogue it is ${shortList([...gone.map((name) => `without ${name}`), ...others.map((name) => `also about ${name}`)])} now`
  throw catalogueChanged(unit.name, fact)
}

export function placeIn(
  { unit }: Pick<RotationContext, 'unit'>,
  rotated: Pick<RotatedRemote, 'tier' | 'name'>,
): string {
  return placeOf({ path: tierIn(unit, rotated).remotePath, name: rotated.name })
}

/** Whether a remote secret of the catalogue is this one. */
export function isRotated(
  { unit }: Pick<RotationContext, 'unit'>,
  rotated: Pick<RotatedRemote, 'tier' | 'name'>,
  { tier, remote }: Pick<FillEntry, 'tier' | 'remote'>,
): boolean {
  return remote.name === rotated.name && tier === tierIn(unit, rotated)
}

/** Somebody else added, enabled, disabled or deleted a version of it. */
export function changedMeanwhile(context: Pick<RotationContext, 'unit'>, remote: RotatedRemote): ProblemError {
  return new ProblemError({
    code: 'ROTATION_CHANGED_MEANWHILE',
    where: placeIn(context, remote),
    message:
      'somebody else changed its versions since this rotation began. Expected no other change until it is finished.',
    fix: 'Find out who it was, and put its versions back as they were. Then run the same command again.',
  })
}

// --- internal ---

/** A journal of before units had several tiers names none. */
function tierIn({ tiers }: RotationContext['unit'], { tier }: Pick<RotatedRemote, 'tier'>): TierModel {
  return tiers.find(({ name }) => name === tier) ?? tiers[0]
}

function catalogueChanged(where: string, fact: string): ProblemError {
  return new ProblemError({
    code: 'ROTATION_CATALOGUE_CHANGED',
    where,
    message: `${fact}. Expected the catalogue it was begun with.`,
    fix: 'Finish the rotation with the earlier catalogue, or go back with --abort there.',
  })
}
