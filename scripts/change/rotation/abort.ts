import { ProblemError } from '../../lib/problems.ts'
import { deliver } from './deliver.ts'
import { type RestartOptions, restartReaders } from './restart-readers.ts'
import { putBack } from './retire-versions.ts'
import { placeIn } from './rotated-remotes.ts'
import type { RotationContext } from './rotation-context.ts'
import { alone, type Held } from './rotation-lease.ts'
import { entered, type RotationState } from './rotation-state.ts'

interface AbortOptions {
  /** False: the workloads are not restarted. */
  readonly restart: boolean
}

/**
 * Goes back to the old versions, from any point of a rotation, and forgets the rotation.
 *
 * @returns the state it was in; undefined: there is no rotation
 * @throws ProblemError `ROTATION_OVER`, or as `putBack`, `deliver` and `restartReaders`; the same call continues from there
 */
export async function abort(
  context: RotationContext,
  options: AbortOptions & Pick<RestartOptions, 'unlisted'>,
): Promise<RotationState | undefined> {
  return alone(context, async (held) => {
    const { state } = held.journal
    if (state) await turnBack(held, state, options)
    return state
  })
}

/** The same, for a caller that already holds the lease. */
export async function turnBack(
  { context, journal }: Held,
  state: RotationState,
  options: AbortOptions & RestartOptions,
): Promise<void> {
  refuseOver(context, state)
  const isBegun = state.phase === 'returning'
  const returning = isBegun ? state : entered(state, 'returning', { restartAt: new Date().toISOString() })
  const hadAdded = await putBack(context, returning, async () => {
    if (!isBegun) await journal.note(returning)
  })
  if (hadAdded) {
    await deliver(context, returning, 'old')
    if (options.restart) await restartReaders(context, returning, options)
  }
  await journal.end()
  context.log(`${context.unit.name} is back at its old version`)
}

/** @throws ProblemError `ROTATION_OVER` */
export function refuseOver({ unit }: Pick<RotationContext, 'unit'>, { phase, remotes }: RotationState): void {
  if (phase !== 'deleting') return
  throw new ProblemError({
    code: 'ROTATION_OVER',
    where: remotes.map((remote) => placeIn({ unit }, remote)).join(', '),
    message: 'the old version is being deleted. Expected it to exist, to go back to it.',
    fix: 'Finish the rotation with --finish, then rotate to another value.',
  })
}
