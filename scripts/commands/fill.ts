import { executeFill } from '../change/fill/execute-fill.ts'
import {
  fromOption,
  type Input,
  ignoredNames,
  readPiped,
  readSecretValues,
  readSources,
  secretRef,
} from '../change/fill/fill-input.ts'
import { readFound } from '../change/fill/found-secrets.ts'
import { fillJson, fillSummary, fillTable, missingProblems } from '../generate/fill-table.ts'
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
import { exitCodes, formatProblems, isError, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { fillEntries } from '../model/fill-entries.ts'
import { findTier } from '../model/find-tier.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { type FillPlan, type FillRequest, planFill } from '../payload/fill-plan.ts'
import { assignValues, entriesInScope, problemsInScope } from '../payload/fill-values.ts'
import { calledByKey } from '../payload/input-names.ts'
import { irreplaceableOption, replaceableEntries, sharedEntries } from '../payload/named-entries.ts'
import { generateValue } from '../payload/seed.ts'
import { loadAccount, type OperatorAccount } from '../scaleway/account.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly tier?: string
  readonly only?: readonly string[]
  /** Files, `NAME=@file`, `-`. */
  readonly from?: readonly string[]
  readonly fromSecret?: string
  readonly ignoreUnknown?: boolean
  readonly generate?: boolean
  readonly replace?: boolean
  readonly replaceIrreplaceable?: readonly string[]
  readonly share?: readonly string[]
  readonly disablePrevious?: boolean
  readonly prune?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'fill',
  summary:
    'Creates in Scaleway what an environment lacks, with given or generated values; existing values are not replaced.',
  example: commandLine`fill --environment recette --from recette.env --generate`,
  leaves: 'some values may be written already; the same command again looks at what is there, and writes the rest',
  options: [
    environmentOption,
    contextOption,
    { flags: '--tier <name>', description: 'only this tier' },
    {
      flags: '--only <variables...>',
      description: 'only these variables; <tier>.<variable> where two tiers have the same name',
    },
    fromOption,
    {
      flags: '--from-secret <namespace/name>',
      description:
        'values from a Secret of the cluster, one variable per key: by its own name, or by the key under which it is delivered',
    },
    { flags: '--ignore-unknown', description: 'leave out names that are not variables of the environment' },
    { flags: '--generate', description: 'generate what has no value yet, where the format allows it' },
    { flags: '--replace', description: 'where Scaleway has another value, add the given one as a new version' },
    irreplaceableOption,
    {
      flags: '--share <variable>',
      description:
        'give the value that it has in Scaleway to all that share it, in place of theirs. May be given several times',
      isRepeatable: true,
    },
    { flags: '--disable-previous', description: 'disable the versions before the newest' },
    { flags: '--prune', description: 'delete disabled versions, the oldest first' },
    { flags: '--dry-run', description: 'check everything, write nothing' },
    { flags: '--yes', description: 'ask no questions' },
    outputOption,
  ],
  async run(options, io) {
    refuseCombinations(options, io)
    const model = await openEnvironment(options.environment, io)
    const account = await loadAccount(io.env, io.signal, io.log)
    const request = await readRequest(model, options, io)
    const plan = planFill(request, await readFound(account, model, request))
    if (plan.problems.some(isError)) throw new ProblemError(plan.problems)
    tell(plan.problems, io)
    const done = await carryOut(model, account, plan, options, io)
    if (options.output === 'json') io.out(fillJson(model.environment, plan, done))
    // Last, where it is seen.
    tell(missingProblems(model.environment, plan), io)
    return exitCodes.ok
  },
})

// --- internal ---

/** The whole request, after all input has been checked. */
async function readRequest(model: EnvironmentModel, options: Options, io: CommandIo): Promise<FillRequest> {
  const { tier, only, generate = false } = options
  if (tier !== undefined) findTier(model, tier)
  const all = fillEntries(model)
  const { entries, problems: unknown } = entriesInScope(all, { tier, only })
  if (unknown.length > 0) throw new ProblemError(unknown, exitCodes.usage)
  const take = sharedEntries(entries, options.share)
  const mayLose = replaceableEntries(all, options.replaceIrreplaceable)
  const input = await readInput(model, options, io)
  const choice = { chosen: only !== undefined, ignoreUnknown: options.ignoreUnknown === true }
  const { fromSecret } = options
  const given =
    fromSecret === undefined ? input.values : calledByKey(input.values, entries, secretRef(fromSecret).namespace)
  const { values, problems, ignored } = assignValues(all, entries, given, choice)
  const found = sortProblems([...problemsInScope(input.problems, all, entries, choice), ...problems])
  if (found.some(isError)) throw new ProblemError(found)
  tell(found, io)
  if (ignored > 0) io.log(ignoredNames(ignored))
  return {
    scope: entries,
    values,
    options: {
      generate: generate ? generateValue : undefined,
      replace: options.replace === true,
      take,
      ...(mayLose ? { mayLose } : {}),
      disablePrevious: options.disablePrevious === true,
      prune: options.prune === true,
      chosen: only !== undefined,
    },
  }
}

async function readInput(model: EnvironmentModel, options: Options, io: CommandIo): Promise<Input> {
  const { from, fromSecret, generate, share } = options
  if (fromSecret !== undefined) {
    const ref = secretRef(fromSecret)
    using client = await openCluster(model, io, options.context)
    return await readSecretValues(client, ref, io.signal).catch((error: unknown) => {
      throw clusterProblem(error)
    })
  }
  if (from !== undefined) return readSources([from].flat(), io.input)
  // Not waited for when this input was not asked for: it may never end.
  return !generate && !share && !io.input.isTerminal ? readPiped(io.input) : { values: [], problems: [] }
}

async function carryOut(
  { environment, region }: EnvironmentModel,
  account: OperatorAccount,
  plan: FillPlan,
  { dryRun = false, yes = false, output }: Options,
  io: CommandIo,
): Promise<boolean> {
  const { work } = plan
  if (output === 'table') io.out((columns) => fillTable(plan, columns))
  if (work.length === 0) io.log('there is nothing to write')
  if (dryRun || work.length === 0) return false
  const summary = fillSummary(work)
  if (!yes) {
    if (output === 'json') io.tell((columns) => fillTable(plan, columns))
    if (!(await confirm(`In ${environment} (${account.apiUrl}): ${summary}?`, io))) return false
  }
  await executeFill({ account, region, log: io.log }, work)
  io.log(`done: ${summary}`)
  return true
}

function tell(warnings: readonly Problem[], io: CommandIo): void {
  if (warnings.length > 0) io.tell(formatProblems(warnings))
}

function refuseCombinations(options: Options, io: CommandIo): void {
  const { from, fromSecret, generate, share, disablePrevious, prune, only, context } = options
  if (context !== undefined && fromSecret === undefined)
    throw wrongUsage('fill', `--context ${context}`, 'means nothing without --from-secret, which opens a cluster.')
  if (from !== undefined && fromSecret !== undefined)
    throw wrongUsage('fill', '--from', "can't be used with --from-secret. Expected one source of values.")
  const isHousekeeping = (disablePrevious || prune) && only !== undefined
  const hasSource = from !== undefined || fromSecret !== undefined || generate || share || isHousekeeping
  if (!hasSource && io.input.isTerminal)
    throw wrongUsage(
      'fill',
      commandLine`fill`,
      'there are no values. Expected --from, --from-secret, --generate or standard input.',
    )
  refuseUnattended('fill', options, io)
}
