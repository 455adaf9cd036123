import { readJournal } from '../../kubernetes/journal.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import { isError, type Problem, ProblemError, sortProblems } from '../../lib/problems.ts'
import { deployStep } from '../../model/delivery/deploy-step.ts'
import type { RemoteSecretModel } from '../../model/resolve.ts'
import { calledIn } from '../../model/rotation-unit.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { FillWork } from '../../payload/fill-plan.ts'
import { fillRequest, planRotation, rotationValues } from '../../payload/rotation-plan.ts'
import { listVersions } from '../../scaleway/versions.ts'
import { readFound } from '../fill/found-secrets.ts'
import { ownVersions } from './add.ts'
import { targetsWith } from './deliver.ts'
import { addedValues, givenOtherwise, otherValues } from './given.ts'
import { type ConsumerPlan, planConsumers } from './plan-readers.ts'
import { cataloguedRemotes, changedSpecs, refuseOtherEntries } from './rotated-remotes.ts'
import { lockOf, type RotationContext, versionsOf } from './rotation-context.ts'
import { isOver, isUnproved, markOf, parseState, phases, type RotationState } from './rotation-state.ts'

/** Everything a run has to know before it may begin or continue. Holds payloads: never printed. */
export interface Preparation {
  /** What the journal says; undefined: nothing has begun. */
  readonly seen: RotationState | undefined
  /** `begin`: a new rotation. `go-on`: the one that was begun. `same`: it has just finished. */
  readonly kind: 'begin' | 'go-on' | 'same'
  readonly work: readonly FillWork[]
  readonly specs: readonly SecretSpec[]
  /** Entries whose values were generated. */
  readonly generated: readonly SecretSpec[]
  readonly consumers: readonly ConsumerPlan[]
  /** If one of them is an error, nothing may be done. */
  readonly problems: readonly Problem[]
}

export interface PrepareOptions {
  /** Called once at most: to begin, to add what is left to add, or to compare with what was added. Secret: never printed. */
  readValues(): Promise<ReadonlyMap<SecretSpec, string>>
  /** Default: nothing is generated */
  readonly generate?: ((spec: SecretSpec) => string) | undefined
  /** Entries that are irreplaceable, and may be replaced all the same. Default: none */
  readonly mayLose?: ReadonlySet<SecretSpec>
  readonly restart: boolean
  /** Whether a probe is given now. Default: false */
  readonly probe?: boolean
}

/**
 * What the journal of a unit says.
 *
 * @throws ProblemError `ROTATION_OF_ANOTHER`: the same remote secret is being rotated for another entry;
 *   `ROTATION_CATALOGUE_CHANGED`
 */
export async function readState(context: RotationContext): Promise<RotationState | undefined> {
  const { client, unit, model, signal } = context
  const state = await readJournal(client, lockOf(context), { parse: parseState, signal })
  if (state?.name === unit.name) refuseOtherEntries(context, state)
  if (!state || state.name === unit.name) return state
  throw new ProblemError({
    code: 'ROTATION_OF_ANOTHER',
    where: unit.name,
    message: `shares a remote secret with ${state.name}, whose rotation is in phase "${state.phase}". Expected that rotation to be finished.`,
    fix: `Finish it first: \`${commandLine`rotate --environment ${model.environment} ${state.name}`}\`, then with --finish.`,
  })
}

/** Reads everything a rotation needs, and writes nothing. */
export async function prepare(context: RotationContext, options: PrepareOptions): Promise<Preparation> {
  const seen = await readState(context)
  let reading: ReturnType<PrepareOptions['readValues']> | undefined
  const readValues = () => {
    reading ??= options.readValues()
    return reading
  }
  const kind = await kindOf(context, seen, readValues)
  const nothing = { seen, kind, work: [], specs: [], generated: [], consumers: [], problems: [] } as const
  if (kind === 'same') return nothing
  const own = { ...options, readValues }
  const planned = kind === 'begin' ? await planFirst(context, own) : await planRest(context, seen, own)
  const specs = kind === 'begin' || !seen ? planned.specs : changedSpecs(context, seen)
  const problems = sortProblems([...planned.problems, ...withoutProbe(context, seen, options)])
  if (problems.some(isError)) return { ...nothing, ...planned, specs, problems }
  const consumers = options.restart ? await planConsumers(context, specs, startsThatCount(seen)) : []
  const before = kind === 'begin' ? await obstacles(context, specs, consumers) : []
  return { ...nothing, ...planned, specs, consumers, problems: [...problems, ...before] }
}

/** Whether a run would restart workloads, or only does what comes after that. */
export function hasRestartAhead({ seen, kind }: Pick<Preparation, 'seen' | 'kind'>): boolean {
  if (kind !== 'go-on' || !seen) return kind === 'begin'
  return seen.phase === 'returning' || phases.indexOf(seen.phase) <= phases.indexOf('delivered')
}

// --- internal ---

/** Since when containers have the values to come; undefined before these are delivered. */
function startsThatCount(seen: RotationState | undefined): Date | undefined {
  return seen?.phase === 'delivered' && seen.restartAt ? new Date(seen.restartAt) : undefined
}

/** Values that differ from those in use mean a new rotation, even when the last one has just ended. */
async function kindOf(
  context: RotationContext,
  seen: RotationState | undefined,
  readValues: PrepareOptions['readValues'],
): Promise<Preparation['kind']> {
  if (!seen) return 'begin'
  if (!isOver(seen)) return 'go-on'
  if (!isRecent(context, seen)) return 'begin'
  return (await givenOtherwise(context, seen, await readValues())).length > 0 ? 'begin' : 'same'
}

/** The same command again, because its end got lost, does not mean another rotation. */
function isRecent({ waits }: RotationContext, { phase, since }: RotationState): boolean {
  return phase === 'disabled' && Date.parse(since) + waits.sameRunMs > Date.now()
}

type Planned = Pick<Preparation, 'work' | 'specs' | 'generated' | 'problems'>

async function planFirst(context: RotationContext, options: PrepareOptions): Promise<Planned> {
  const { readValues, generate } = options
  const { unit, model } = context
  const given = await readValues()
  const values = rotationValues(unit.entries, given, generate)
  const request = { environment: model.environment, unit, values, ...losable(options) }
  const found = await readFound(versionsOf(context).account, model, fillRequest(request))
  return { ...planRotation(request, found), generated: madeUp(given, values) }
}

/** What is still to be added; when nothing is, given values have to be the same as before. */
async function planRest(
  context: RotationContext,
  seen: RotationState | undefined,
  options: PrepareOptions,
): Promise<Planned> {
  const nothing = { work: [], specs: [], generated: [], problems: [] }
  // Going back needs no value; once that is done, it is reported that nothing new is in use.
  if (!seen || seen.phase === 'returning') return nothing
  const planned = seen.phase === 'adding' ? await planAdding(context, seen, options) : undefined
  if (planned) return planned
  const others = await givenOtherwise(context, seen, await options.readValues())
  return { ...nothing, problems: otherValues(context, seen, others) }
}

/** Undefined when all of its versions exist. */
async function planAdding(
  context: RotationContext,
  seen: RotationState,
  options: PrepareOptions,
): Promise<Planned | undefined> {
  const { readValues, generate } = options
  const { unit, model } = context
  const { account, region } = versionsOf(context)
  const pending: RemoteSecretModel[] = []
  const added: RemoteSecretModel[] = []
  for (const { remote, rotated } of cataloguedRemotes(context, seen)) {
    const isNoted = rotated.added !== undefined
    const isThere = isNoted || ownVersions(await listVersions(account, region, rotated.id), markOf(seen)).length > 0
    if (isThere) added.push(remote)
    else pending.push(remote)
  }
  if (pending.length === 0) return undefined
  const given = await readValues()
  const known = await addedValues(context, seen, added)
  const left = unit.entries.filter(({ spec, remote }) => {
    return pending.includes(remote) && seen.variables.includes(calledIn(unit, spec))
  })
  const pendingValues = [...known].filter(([spec]) => left.some((entry) => entry.spec === spec))
  const wanted = new Map([...pendingValues, ...given])
  const values = rotationValues(left, wanted, generate)
  const request = { environment: model.environment, unit, values, begun: { pending, added }, ...losable(options) }
  const found = await readFound(account, model, fillRequest(request))
  return { ...planRotation(request, found), generated: madeUp(wanted, values) }
}

const losable = ({ mayLose }: PrepareOptions) => (mayLose ? { mayLose } : {})

function madeUp(given: ReadonlyMap<SecretSpec, string>, values: ReadonlyMap<SecretSpec, string>): SecretSpec[] {
  return [...values.keys()].filter((spec) => !given.has(spec))
}

/** A rotation that needs a probe must not finish without it because somebody continued it without one. */
function withoutProbe(
  { unit }: RotationContext,
  seen: RotationState | undefined,
  { probe = false }: PrepareOptions,
): Problem[] {
  if (!seen?.probe || probe || !isUnproved(seen)) return []
  return [
    {
      code: 'ROTATION_PROBE_LEFT_OUT',
      where: unit.name,
      message:
        'its rotation was started with a probe, which has not passed yet, and no probe is given now. Expected one.',
      fix: 'Give --probe again, or `--probe true` to continue without a proof.',
    },
  ]
}

/** What would stop a rotation half-way, reported before it begins. */
async function obstacles(
  { client, unit, model, signal }: RotationContext,
  specs: readonly SecretSpec[],
  consumers: readonly ConsumerPlan[],
): Promise<Problem[]> {
  const problems = consumers.flatMap(({ obstacle }) => obstacle ?? [])
  for (const { tier, target } of targetsWith(unit, specs)) {
    const ref = { namespace: tier.namespace, name: target.name }
    if (await client.get(kinds.externalSecret, ref, signal)) continue
    problems.push({
      code: 'NOT_DEPLOYED',
      where: describeObject(kinds.externalSecret, ref),
      message: 'does not exist, so that nothing delivers a new value. Expected it to exist.',
      fix: `First: ${deployStep(model)}.`,
    })
  }
  return problems
}
