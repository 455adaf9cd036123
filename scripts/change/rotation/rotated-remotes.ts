import { ProblemError } from '../../lib/problems.ts'
import { placeOf } from '../../model/remote-secret.ts'
import type { RemoteSecretModel } from '../../model/resolve.ts'
import { remotesIn } from '../../model/rotation-unit.ts'
import type { RotationContext } from './rotation-context.ts'
import type { RotatedRemote, RotationState } from './rotation-state.ts'

/** A remote secret of a rotation as the catalogue has it. */
export interface CataloguedRemote {
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
    const remote = remotesIn(unit).find(({ name }) => name === rotated.name)
    if (remote) return { remote, rotated }
    throw new ProblemError({
      code: 'ROTATION_CATALOGUE_CHANGED',
      where: `${unit.tier.remotePath}/${rotated.name}`,
      message: `no longer has an entry of ${unit.name}, and its rotation was begun with one. Expected the catalogue it was begun with.`,
      fix: 'Finish the rotation with the earlier catalogue, or go back with --abort there.',
    })
  })
}

export function placeIn({ unit }: Pick<RotationContext, 'unit'>, { name }: Pick<RotatedRemote, 'name'>): string {
  return placeOf({ path: unit.tier.remotePath, name })
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
