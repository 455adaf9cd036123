import { fromOption } from '../change/fill/fill-input.ts'
import { allowUnlisted, unlistedOption } from '../change/restart/unlisted.ts'
import { abort, refuseOver } from '../change/rotation/abort.ts'
import { finish, refuseUnfinished } from '../change/rotation/finish.ts'
import { planConsumers } from '../change/rotation/plan-readers.ts'
import { hasRestartAhead, type Preparation, prepare, readState } from '../change/rotation/prepare.ts'
import { readValues } from '../change/rotation/read-values.ts'
import { byTier, isRestarted } from '../change/rotation/restart-readers.ts'
import { overlapEnd, rotate } from '../change/rotation/rotate-unit.ts'
import { changedSpecs } from '../change/rotation/rotated-remotes.ts'
import { defaultWaits, type RotationContext } from '../change/rotation/rotation-context.ts'
import { type RotationReport, rotationJson, rotationText } from '../change/rotation/rotation-report.ts'
import { finishSteps, returnSteps, rotationSteps } from '../change/rotation/rotation-steps.ts'
import { timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import {
  type CommandIo,
  contextOption,
  defineCommand,
  environmentOption,
  outputOption,
  wrongUsage,
} from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { confirm, refuseUnattended } from '../lib/confirm.ts'
import { exitCodes, formatProblems, isError, type Problem, ProblemError } from '../lib/problems.ts'
import { thisRun } from '../lib/this-run.ts'
import { findUnit } from '../model/rotation-unit.ts'
import { irreplaceableOption, replaceableEntries } from '../payload/named-entries.ts'
import { generateValue } from '../payload/seed.ts'
import { loadAccount } from '../scaleway/account.ts'
import { type OpenCluster, openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly secret: string
  readonly environment: string
  readonly context?: string
  readonly generate?: boolean
  /** Files, `NAME=@file`, `-`. */
  readonly from?: readonly string[]
  readonly ignoreUnknown?: boolean
  readonly replaceIrreplaceable?: readonly string[]
  readonly probe?: string
  readonly restart: boolean
  readonly restartUnlisted?: boolean
  readonly overlap: boolean
  readonly finish?: boolean
  readonly abort?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly timeout: string
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'rotate',
  summary:
    'Replaces a secret, or a whole identity: adds a version, delivers it, restarts workloads, probes, disables the old version.',
  example: commandLine`rotate --environment recette --generate backend.SESSION_SECRET`,
  argument: {
    name: 'secret',
    description: 'a variable or an identity; <tier>.<name> where two tiers have the same name',
  },
  leaves:
    'the step it was at may be half done; the same command again continues from there, 30 s later at most, when its lease is over',
  options: [
    environmentOption,
    contextOption,
    { flags: '--generate', description: 'generate values that are not given, where the format allows it' },
    fromOption,
    { flags: '--ignore-unknown', description: 'leave out names that are not variables of the environment' },
    irreplaceableOption,
    { flags: '--probe <command>', description: 'a shell command that fails when the new value does not work' },
    { flags: '--no-restart', description: 'do not restart the workloads' },
    unlistedOption,
    { flags: '--no-overlap', description: 'disable the old version at once, as for a value that leaked' },
    { flags: '--finish', description: 'delete the old version that the last rotation disabled' },
    { flags: '--abort', description: 'go back to the old version, from whatever was done so far' },
    { flags: '--dry-run', description: 'check everything, and show the steps that would follow' },
    { flags: '--yes', description: 'ask no questions' },
    { ...timeoutOption, description: 'how long to wait for restarted workloads, and for the probe: 90s, 5m, 1h30m' },
    outputOption,
  ],
  async run(options, io) {
    refuseCombinations(options, io)
    const waitMs = timeoutMs(options.timeout)
    const model = await openEnvironment(options.environment, io)
    const unit = findUnit(model, options.secret)
    const account = await loadAccount(io.env, io.signal, io.log)
    using client = await openCluster(model, io, options.context)
    const waits = { ...defaultWaits, rollout: { timeoutMs: waitMs }, probeMs: waitMs }
    const context = { model, unit, client, account, signal: io.signal, holder: thisRun(), waits, log: io.log }
    try {
      const act = options.finish ? finishOne : options.abort ? abortOne : rotateOne
      const report = await act(context, options, io)
      if (options.output === 'json') io.out(rotationJson(model, unit, report))
      else io.out((columns) => rotationText(unit, report, columns))
      return exitCodes.ok
    } catch (error) {
      throw clusterProblem(error)
    }
  },
})

// --- internal ---

const untouched = {
  outcome: 'nothing',
  state: undefined,
  steps: [],
  consumers: [],
  overlapUntil: undefined,
  deleted: 0,
} as const

/** In an open cluster, whose kube context a question names. */
type OpenRotation = RotationContext & { readonly client: OpenCluster }

async function rotateOne(context: OpenRotation, options: Options, io: CommandIo): Promise<RotationReport> {
  const { restart, overlap, probe, generate, timeout } = options
  const mayLose = replaceableEntries(context.unit.entries, options.replaceIrreplaceable)
  const preparation = await prepare(context, {
    readValues: () => readValues(context, options, io),
    generate: generate ? generateValue : undefined,
    ...(mayLose ? { mayLose } : {}),
    restart,
    probe: probe !== undefined,
  })
  const { seen, kind, problems, consumers } = preparation
  if (problems.some(isError)) throw new ProblemError(problems)
  tell(problems, io)
  const steps = rotationSteps(context.unit, preparation, { restart, overlap, probe: probe !== undefined, timeout })
  const report = { ...untouched, state: kind === 'begin' ? undefined : seen, steps, consumers }
  if (kind === 'same') return tellOver(context, preparation, report, io)
  const still = overlap && kind === 'go-on' && seen?.phase === 'proved' ? overlapEnd(context, seen) : undefined
  if (still && seen && !options.dryRun) return tellOverlap({ ...report, state: seen }, still, io)
  if (kind === 'go-on') io.log(`continuing the rotation of ${context.unit.name} that began at ${seen?.begunAt}`)
  const restarted = hasRestartAhead(preparation) ? consumers.filter(isRestarted) : []
  const unlisted = allowUnlisted(byTier(restarted), options)
  if (!(await goesOn(context, steps, options, io)))
    return { ...report, outcome: options.dryRun ? 'planned' : 'nothing' }
  const wanted = probe === undefined ? undefined : { command: probe, env: io.env, folder: io.typedIn }
  const act = rotate(context, { ...preparation, restart, unlisted, overlap, probe: wanted })
  const { state, overlapUntil } = await untilInterrupted(act, io)
  if (overlapUntil) return tellOverlap({ ...report, state }, overlapUntil, io)
  io.log(`${context.unit.name} is rotated; --finish deletes the old version, --abort goes back to it`)
  return { ...report, outcome: 'rotated', state }
}

function tellOverlap(report: RotationReport, overlapUntil: Date, { log }: CommandIo): RotationReport {
  log(`the old version stays enabled until ${overlapUntil.toISOString()}: run the same command again after that`)
  return { ...report, outcome: 'overlap', overlapUntil }
}

function tellOver(
  { unit, waits }: RotationContext,
  { seen }: Preparation,
  report: RotationReport,
  { log }: CommandIo,
): RotationReport {
  log(`${unit.name} was rotated at ${seen?.since}; nothing to do.`)
  log(`To rotate it again within ${waits.sameRunMs / 60_000} minutes, give another value, or use --finish first.`)
  return report
}

async function finishOne(context: OpenRotation, options: Options, io: CommandIo): Promise<RotationReport> {
  const state = await readState(context)
  if (!state) return noRotation(context, io)
  refuseUnfinished(context, state)
  const steps = finishSteps(context.unit, state)
  if (!(await goesOn(context, steps, options, io)))
    return { ...untouched, outcome: options.dryRun ? 'planned' : 'nothing', state, steps }
  const deleted = await untilInterrupted(finish(context), io)
  return deleted === undefined ? noRotation(context, io) : { ...untouched, outcome: 'finished', state, steps, deleted }
}

async function abortOne(context: OpenRotation, options: Options, io: CommandIo): Promise<RotationReport> {
  const state = await readState(context)
  if (!state) return noRotation(context, io)
  refuseOver(context, state)
  const consumers = options.restart ? await planConsumers(context, changedSpecs(context, state)) : []
  const steps = returnSteps(context.unit, state, consumers, options)
  const report = { ...untouched, state, steps, consumers }
  const restarted = consumers.filter(isRestarted)
  const unlisted = allowUnlisted(byTier(restarted), options)
  if (!(await goesOn(context, steps, options, io)))
    return { ...report, outcome: options.dryRun ? 'planned' : 'nothing' }
  const was = await untilInterrupted(abort(context, { restart: options.restart, unlisted }), io)
  return was ? { ...report, outcome: 'returned', state: was } : noRotation(context, io)
}

async function untilInterrupted<T>(act: Promise<T>, { signal, log }: CommandIo): Promise<T> {
  try {
    return await act
  } catch (error) {
    if (signal.aborted) log('interrupted; the same command continues from there')
    throw error
  }
}

function noRotation({ unit }: RotationContext, { log }: CommandIo): RotationReport {
  log(`there is no rotation of ${unit.name}`)
  return untouched
}

async function goesOn(
  { model, unit, client }: OpenRotation,
  steps: readonly string[],
  { dryRun = false, yes = false }: Options,
  io: CommandIo,
): Promise<boolean> {
  if (dryRun || yes) return !dryRun
  for (const step of steps) io.log(`- ${step}`)
  return confirm(`Do that for ${unit.name} in ${model.environment} (${client.context})?`, io)
}

function tell(warnings: readonly Problem[], io: CommandIo): void {
  if (warnings.length > 0) io.tell(formatProblems(warnings))
}

function refuseCombinations(options: Options, io: CommandIo): void {
  const { finish: finishes, abort: aborts, generate, from, probe } = options
  const ends = finishes ? '--finish' : '--abort'
  if (finishes && aborts) throw wrongUsage('rotate', '--finish', "can't be used with --abort. Expected one of them.")
  if ((finishes || aborts) && (generate || from !== undefined || probe !== undefined))
    throw wrongUsage(
      'rotate',
      ends,
      'takes neither a new value nor a probe. Expected it without --generate, --from and --probe.',
    )
  refuseUnattended('rotate', options, io)
}
