import { randomBytes } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { ProblemError } from '../../lib/problems.ts'
import { calledIn } from '../../model/rotation-unit.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { FillWork } from '../../payload/fill-plan.ts'
import type { AllowedUnlisted } from '../restart/unlisted.ts'
import { turnBack } from './abort.ts'
import { addVersions } from './add.ts'
import { deliver } from './deliver.ts'
import { deleteOld } from './finish.ts'
import { restartReaders } from './restart-readers.ts'
import { disableEarlier } from './retire-versions.ts'
import type { RotationContext } from './rotation-context.ts'
import { alone, type Held } from './rotation-lease.ts'
import { entered, isOver, isUnproved, type RotationState } from './rotation-state.ts'
import { type Probe, runProbe } from './run-probe.ts'

/** How a rotation is done. */
export interface RotateOptions {
  /** The state when the plan was made: another state needs another plan. */
  readonly seen: RotationState | undefined
  /** Versions to add; for a rotation that begins, what it is about. */
  readonly work: readonly FillWork[]
  /** Whose values change, for a rotation that begins. */
  readonly specs: readonly SecretSpec[]
  /** Default: no probe */
  readonly probe?: Probe | undefined
  /** False: the workloads are not restarted. */
  readonly restart: boolean
  /** Workloads outside of the catalogue that may be restarted. Default: none */
  readonly unlisted?: AllowedUnlisted
  /** False: the old versions are disabled at once. */
  readonly overlap: boolean
}

/** The result of a run. */
export interface RotateResult {
  readonly state: RotationState
  /** Until when the old versions stay enabled; undefined: they are disabled. */
  readonly overlapUntil: Date | undefined
}

/**
 * Rotates a unit: adds its new versions, gets them delivered, restarts their readers, probes, waits for the overlap to
 * end, and disables the old ones. A run can be killed after any step: the journal says where to continue, and
 * a step that was half done is completed. At every moment the old or the new version is enabled.
 *
 * @throws ProblemError with what stopped it; the same call continues from there. `PROBE_FAILED` after it has returned to
 *   the old versions, and `ROTATION_RETURNED` where an earlier run had begun to
 */
export async function rotate(context: RotationContext, options: RotateOptions): Promise<RotateResult> {
  return alone(context, async (held) => {
    const { journal } = held
    if (!isDeepStrictEqual(journal.state, options.seen)) throw wentOn(context)
    if (journal.state && isOver(journal.state)) await deleteOld(held, journal.state)
    if (!journal.state) await journal.note(firstState(context, options))
    else if (options.probe && !journal.state.probe && isUnproved(journal.state))
      await journal.note({ ...journal.state, probe: true })
    for (;;) {
      const { state } = journal
      if (!state) throw new Error('a rotation that continues has no state')
      const result = await step(held, state, options)
      if (result) return result
    }
  })
}

/** Until when the old versions stay valid; undefined: not any more, or not at all. */
export function overlapEnd({ unit }: Pick<RotationContext, 'unit'>, { since }: RotationState): Date | undefined {
  const end = new Date(Date.parse(since) + unit.overlapMs)
  return end.getTime() > Date.now() ? end : undefined
}

// --- internal ---

/** Does one step, and records that it is done; the result when no other step follows now. */
async function step(
  { context, journal }: Held,
  state: RotationState,
  options: RotateOptions,
): Promise<RotateResult | undefined> {
  switch (state.phase) {
    case 'adding':
      await journal.note(entered(await addVersions(context, journal, state, options.work), 'added'))
      return undefined
    case 'added':
      await deliver(context, state, 'new')
      await journal.note(entered(state, 'delivered', { restartAt: new Date().toISOString() }))
      return undefined
    case 'delivered':
      if (options.restart) await restartReaders(context, state, options)
      await journal.note(entered(state, 'restarted'))
      return undefined
    case 'restarted':
      if (options.probe) await probe({ context, journal }, state, options.probe, options)
      await journal.note(entered(state, 'proved'))
      return undefined
    case 'proved': {
      const overlapUntil = options.overlap ? overlapEnd(context, state) : undefined
      if (overlapUntil) return { state, overlapUntil }
      await disableEarlier(context, state)
      await journal.note(entered(state, 'disabled'))
      return undefined
    }
    case 'disabled':
      return { state, overlapUntil: undefined }
    case 'returning':
      await turnBack({ context, journal }, state, options)
      throw returned(context)
    case 'deleting':
      throw new Error('a finished rotation continued')
  }
}

/** After a failure the old versions are restored first, then it is reported. */
async function probe(
  held: Held,
  state: RotationState,
  wanted: Probe,
  options: Pick<RotateOptions, 'restart' | 'unlisted'>,
): Promise<void> {
  try {
    await runProbe(held.context, wanted)
  } catch (error) {
    if (!(error instanceof ProblemError) || !error.problems.some(({ code }) => code === 'PROBE_FAILED')) throw error
    held.context.log('the probe failed: going back to the old version')
    await turnBack(held, state, { ...options, isToldAgain: true })
    throw error
  }
}

function firstState({ unit }: RotationContext, { work, specs, probe }: RotateOptions): RotationState {
  const now = new Date().toISOString()
  return {
    version: 1,
    id: randomBytes(6).toString('hex'),
    name: unit.name,
    phase: 'adding',
    begunAt: now,
    since: now,
    variables: specs.map((spec) => calledIn(unit, spec)),
    remotes: work.flatMap(({ tier, remote, found }) => {
      const enabled = (found?.versions ?? []).filter(({ status }) => status === 'enabled')
      const earlier = enabled.map(({ revision }) => revision)
      return found ? [{ tier: tier.name, name: remote.name, id: found.id, earlier }] : []
    }),
    ...(probe ? { probe: true } : {}),
  }
}

function wentOn({ unit }: RotationContext): ProblemError {
  return new ProblemError({
    code: 'ROTATION_WENT_ON',
    where: unit.name,
    message: 'another run has just continued its rotation. Expected no other run at the same time.',
    fix: 'Run the same command again: it continues from the current state.',
  })
}

function returned({ unit }: RotationContext): ProblemError {
  return new ProblemError({
    code: 'ROTATION_RETURNED',
    where: unit.name,
    message: 'an earlier run had begun to go back to the old version, which is in use now. Expected a new version.',
    fix: 'Run the same command again to start a new rotation.',
  })
}
