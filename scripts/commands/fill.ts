import { executeFill } from '../change/fill/execute-fill.ts'
import { type Input, readPiped, readSecretValues, readValuesFile, secretRef } from '../change/fill/fill-input.ts'
import { readFound } from '../change/fill/found-secrets.ts'
import { fillJson, fillSummary, fillTable, missingProblems } from '../generate/fill-table.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { confirm, refuseUnattended } from '../lib/confirm.ts'
import { isStandardInput } from '../lib/private-file.ts'
import { exitCodes, formatProblems, isError, type Problem, ProblemError, sortProblems } from '../lib/problems.ts'
import { fillEntries } from '../model/fill-entries.ts'
import { findTier } from '../model/find-tier.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { type FillPlan, type FillRequest, planFill } from '../payload/fill-plan.ts'
import { assignValues, entriesInScope } from '../payload/fill-values.ts'
import { generateValue } from '../payload/seed.ts'
import { loadAccount, type OperatorAccount } from '../scaleway/account.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly tier?: string
  readonly only?: readonly string[]
  readonly from?: string
  readonly fromSecret?: string
  readonly generate?: boolean
  readonly replace?: boolean
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
  options: [
    environmentOption,
    { flags: '--tier <name>', description: 'only this tier' },
    {
      flags: '--only <variables...>',
      description: 'only these variables; <tier>.<variable> where two tiers have the same name',
    },
    {
      flags: '--from <file>',
      description: 'values from a .env or JSON file of mode 0600; - and the default: standard input',
    },
    {
      flags: '--from-secret <namespace/name>',
      description: 'values from a Secret of the cluster, one variable per key',
    },
    { flags: '--generate', description: 'generate what has no value yet, where the format allows it' },
    { flags: '--replace', description: 'where Scaleway has another value, add the given one as a new version' },
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
  const input = await readInput(model, options, io)
  // A text that can't be read may give invalid names.
  if (input.problems.some(isError)) throw new ProblemError(input.problems)
  const { values, problems } = assignValues(all, entries, input.values, { chosen: only !== undefined })
  const found = sortProblems([...input.problems, ...problems])
  if (found.some(isError)) throw new ProblemError(found)
  tell(found, io)
  return {
    scope: entries,
    values,
    options: {
      generate: generate ? generateValue : undefined,
      replace: options.replace === true,
      disablePrevious: options.disablePrevious === true,
      prune: options.prune === true,
      chosen: only !== undefined,
    },
  }
}

async function readInput(model: EnvironmentModel, options: Options, io: CommandIo): Promise<Input> {
  const { from, fromSecret, generate } = options
  if (fromSecret !== undefined) {
    const ref = secretRef(fromSecret)
    using client = await openCluster(model, io)
    return await readSecretValues(client, ref, io.signal).catch((error: unknown) => {
      throw clusterProblem(error)
    })
  }
  if (from !== undefined && !isStandardInput(from)) return readValuesFile(from)
  // Not waited for when this input was not asked for: it may never end.
  const isPiped = from !== undefined || (!generate && !io.input.isTerminal)
  return isPiped ? readPiped(io.input) : { values: [], problems: [] }
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
  const { from, fromSecret, generate, disablePrevious, prune, only } = options
  if (from !== undefined && fromSecret !== undefined)
    throw wrongUsage('fill', '--from', "can't be used with --from-secret. Expected one source of values.")
  const isHousekeeping = (disablePrevious || prune) && only !== undefined
  const hasSource = from !== undefined || fromSecret !== undefined || generate || isHousekeeping
  if (!hasSource && io.input.isTerminal)
    throw wrongUsage(
      'fill',
      commandLine`fill`,
      'there are no values. Expected --from, --from-secret, --generate or standard input.',
    )
  refuseUnattended('fill', options, io)
}
