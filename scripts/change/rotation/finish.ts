import { ProblemError } from '../../lib/problems.ts'
import { deleteEarlier } from './retire-versions.ts'
import type { RotationContext } from './rotation-context.ts'
import { alone, type Held } from './rotation-lease.ts'
import { entered, isOver, type RotationState } from './rotation-state.ts'

/**
 * Deletes what a rotation has disabled, and forgets the rotation.
 *
 * @returns how many versions; undefined: there is no rotation
 * @throws ProblemError `ROTATION_UNFINISHED`, or as `deleteEarlier`
 */
export async function finish(context: RotationContext): Promise<number | undefined> {
  return alone(context, async (held) => {
    const { state } = held.journal
    if (!state) return undefined
    refuseUnfinished(context, state)
    return deleteOld(held, state)
  })
}

/** The same, for a caller that already holds the lease. */
export async function deleteOld({ context, journal }: Held, state: RotationState): Promise<number> {
  const deleted = await deleteEarlier(context, state, async () => {
    if (state.phase !== 'deleting') await journal.note(entered(state, 'deleting'))
  })
  await journal.end()
  return deleted
}

/** @throws ProblemError `ROTATION_UNFINISHED` */
export function refuseUnfinished({ unit }: Pick<RotationContext, 'unit'>, state: RotationState): void {
  if (isOver(state)) return
  throw new ProblemError({
    code: 'ROTATION_UNFINISHED',
    where: unit.name,
    message: `its rotation is in phase "${state.phase}", and its old version is not disabled yet. Expected a finished rotation.`,
    fix: 'Run the same command without --finish first.',
  })
}
