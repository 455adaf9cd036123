import { stat } from 'node:fs/promises'
import { dirname } from 'node:path'
import { deployRelease } from '../change/deploy-release.ts'
import { parseAssignments } from '../change/migration/assignments.ts'
import { laterProblems } from '../change/migration/later.ts'
import { type ClusterContext, defaultWaits } from '../change/migration/migration-context.ts'
import { keysTable, migrationJson, movesYaml, stepsTable } from '../change/migration/migration-report.ts'
import type { OpenContext, OpenMigration } from '../change/migration/open-context.ts'
import { passphraseOf } from '../change/migration/passphrase.ts'
import { replacementNote } from '../change/migration/replacements.ts'
import { lookBack, rollBack } from '../change/migration/rollback.ts'
import { outlineJson, outlineRollback, outlineText } from '../change/migration/rollback-outline.ts'
import { readersOfTargets, rollbackJson, rollbackText } from '../change/migration/rollback-table.ts'
import { hasNewChoices, lookAhead, type MigrationView, migrate, nextStep } from '../change/migration/run.ts'
import { readMoves } from '../change/migration/steps/switch.ts'
import { timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import type { NamespacedRef } from '../kubernetes/kinds.ts'
import { type CommandIo, contextOption, defineCommand, environmentOption, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { confirm, refuseUnattended } from '../lib/confirm.ts'
import { keyedDigest } from '../lib/keyed-digest.ts'
import { lines, together } from '../lib/printable.ts'
import { type ExitCode, exitCodes, formatProblems, ProblemError } from '../lib/problems.ts'
import { thisRun } from '../lib/this-run.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { loadAccount } from '../scaleway/account.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { type OpenRelease, openOwnRelease } from '../session/release.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly assign?: readonly string[]
  readonly leave?: readonly string[]
  readonly replace?: boolean
  readonly backup?: string
  readonly passphraseFile?: string
  readonly timeout: string
  readonly confirm?: string
  readonly rollback?: boolean
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly output: 'table' | 'json' | 'yaml'
}

export const command = defineCommand<Options>({
  name: 'migrate',
  summary: 'Moves an environment from one shared Secret to a Secret per tier, step by step; says when you have to act.',
  example: commandLine`migrate --environment recette --assign SENTRY_DSN=backend,frontend --dry-run`,
  leaves:
    'the step it was at may be half done; the same command again continues from there, 30 s later at most, when its lease is over',
  options: [
    environmentOption,
    contextOption,
    {
      flags: '--assign <pairs...>',
      description: 'key=tier[,tier…] or key=tier.variable, where the catalogue leaves it open',
    },
    { flags: '--leave <keys...>', description: 'keys that are no longer needed' },
    {
      flags: '--replace',
      description: 'where Scaleway or a target made by hand has another value, the old Secret is right',
    },
    {
      flags: '--backup <file>',
      description: 'a copy of the sealed backup; with --rollback, the one to restore',
    },
    {
      flags: '--passphrase-file <file>',
      description: 'of mode 0600; - is standard input; default: it is asked for',
    },
    timeoutOption,
    { flags: '--confirm <name>', description: 'delete the old Secret of this name when nothing reads it any more' },
    { flags: '--rollback', description: 'restore the old Secret from the backup, and change nothing else' },
    {
      flags: '--dry-run',
      description:
        'check every step, change nothing; for a rollback without a passphrase, only show what it would restore',
    },
    { flags: '--yes', description: 'ask no questions' },
    {
      flags: '--output <form>',
      description: 'how the result is printed; yaml: only the patches of the workloads, nothing is changed',
      choices: ['table', 'json', 'yaml'],
      default: 'table',
    },
  ],
  async run(options, io) {
    refuseCombinations(options, io)
    await refuseAbsentFolder(options)
    const own = contextOf(options, io)
    const model = await openEnvironment(options.environment, io)
    const legacy = oldSecret(model, options)
    using client = await openCluster(model, io, options.context)
    const context = { ...own, model, legacy, client }
    const act = options.rollback ? goBack(context, options, io) : goOn(context, options, io)
    return await act.catch((error: unknown) => {
      throw clusterProblem(error)
    })
  },
})

// --- internal ---

async function goOn(cluster: OpenContext, options: Options, io: CommandIo): Promise<ExitCode> {
  const open = () => openOwnRelease(cluster.model, io, cluster.client)
  const account = await loadAccount(io.env, io.signal, io.log)
  let release: OpenRelease | undefined
  const context: OpenMigration = {
    ...cluster,
    account,
    async deploy(signal, labels) {
      await deployRelease({ ...cluster, release: { ...(release ?? (await open())), signal, labels } })
    },
  }
  const view = await lookAhead(context)
  if (options.output === 'yaml') {
    io.out(movesYaml(await readMoves(context, view.facts)))
    return exitCodes.ok
  }
  const next = nextStep(view)
  const isNoted = next === undefined || next.name === 'inventory' || !(await hasNewChoices(view))
  if (options.dryRun || (next?.state !== 'todo' && isNoted)) return show(context, view, options, io)
  if (!(await isConfirmed(context, view, options, io))) return exitCodes.ok
  // Problems that prevent the deployment are reported before anything is done.
  if (view.steps.some(({ name, state }) => name === 'deploy' && state === 'todo')) release = await open()
  return show(context, await migrate(context), options, io)
}

async function show(
  context: OpenMigration,
  view: MigrationView,
  { output, dryRun = false }: Options,
  io: CommandIo,
): Promise<ExitCode> {
  const { rows } = await view.facts.inventory()
  const next = nextStep(view)
  if (output === 'json') io.out(migrationJson(context.model, view, rows, await readMoves(context, view.facts)))
  else {
    const hasKeys = rows.length > 0 && (dryRun || next?.name === 'inventory')
    if (hasKeys) io.out((columns) => together(keysTable(rows, columns), lines('')))
    io.out((columns) => stepsTable(view, columns))
  }
  const later = dryRun ? laterProblems(view.steps) : []
  if (later.length > 0) io.tell(formatProblems(later))
  if (next?.state === 'blocked') throw new ProblemError(view.problems)
  if (view.problems.length > 0) io.tell(formatProblems(view.problems))
  io.log(next ? `next: ${next.name}` : 'the migration is finished')
  return exitCodes.ok
}

async function isConfirmed(
  context: OpenMigration,
  { steps, facts }: MigrationView,
  { yes = false, output }: Options,
  io: CommandIo,
): Promise<boolean> {
  const end = steps.findIndex(({ state }) => state === 'blocked')
  const reachable = end === -1 ? steps : steps.slice(0, end)
  // The deletion has its own confirmation.
  const titles = reachable.filter(({ name, state }) => state === 'todo' && name !== 'delete').map(({ title }) => title)
  if (yes || titles.length === 0) return true
  if (output === 'table') io.tell((columns) => stepsTable({ steps }, columns))
  const replaced = await replacementNote(context, facts)
  const what = `${titles.join(', ')}${replaced === '' ? '' : `; ${replaced}`}`
  return confirm(`In ${context.model.environment} (${context.client.context}): ${what}?`, io)
}

async function goBack(context: ClusterContext, options: Options, io: CommandIo): Promise<ExitCode> {
  const { dryRun = false, yes = false, output } = options
  const rollback = await lookBack(context).catch((error: unknown) => {
    if (dryRun && options.passphraseFile === undefined && isWithoutPassphrase(error)) return undefined
    throw error
  })
  if (!rollback) {
    const outline = await outlineRollback(context)
    io.out(output === 'json' ? outlineJson(context, outline) : outlineText(context, outline))
    io.log('nothing was changed')
    return exitCodes.ok
  }
  const readers = await readersOfTargets(context)
  const text = rollbackText(context, rollback, readers)
  if (output === 'table') io.out(text)
  const wanted = !dryRun && rollback.action !== 'nothing'
  if (wanted && !yes && output !== 'table') io.tell(text)
  const question = `Restore Secret ${context.legacy.namespace}/${context.legacy.name}?`
  const written = wanted && (yes || (await confirm(question, io)))
  if (written) await rollBack(context)
  else if (!wanted) io.log('nothing was changed')
  if (output === 'json') io.out(rollbackJson(context, rollback, readers, written))
  return exitCodes.ok
}

function isWithoutPassphrase(error: unknown): boolean {
  return error instanceof ProblemError && error.problems.every(({ code }) => code === 'PASSPHRASE_MISSING')
}

function contextOf(options: Options, io: CommandIo): Omit<ClusterContext, 'model' | 'legacy' | 'client'> {
  const { assign = [], leave = [], replace = false, timeout, backup, confirm, passphraseFile } = options
  timeoutMs(timeout)
  const { signal, log, isTerminal } = io
  return {
    signal,
    log,
    isTerminal,
    holder: thisRun(),
    digest: keyedDigest(),
    waits: defaultWaits,
    choices: { assign: parseAssignments(assign), leave, replace, timeout, backupFile: backup, confirm },
    person: {
      passphrase: passphraseOf(passphraseFile, () => io.input),
      ask: io.input.isTerminal ? (question) => io.input.ask(question) : undefined,
    },
  }
}

function oldSecret({ environment, legacy }: EnvironmentModel, { confirm }: Options): NamespacedRef {
  if (!legacy) {
    throw new ProblemError({
      code: 'LEGACY_UNKNOWN',
      where: `environment "${environment}"`,
      message: 'has no old Secret in scripts/catalogue.ts. Expected the one its tiers shared.',
      fix: "Add `legacy: { namespace: '…', secret: '…' }` to scripts/catalogue.ts, or to the environment.",
    })
  }
  const { namespace, secret: name } = legacy
  if (confirm === undefined || confirm === name) return { namespace, name }
  throw wrongUsage('migrate', `--confirm ${confirm}`, `is not the name of the old Secret. Expected ${name}.`)
}

function refuseCombinations(options: Options, io: CommandIo): void {
  const { rollback, assign, leave, replace, confirm, output } = options
  const forward = { assign, leave, replace, confirm }
  const [other] = Object.entries(forward).filter(([, value]) => value !== undefined)
  if (rollback && other)
    throw wrongUsage('migrate', `--${other[0]}`, "can't be used with --rollback. Expected one of them.")
  if (rollback && output === 'yaml')
    throw wrongUsage('migrate', '--output yaml', 'prints patches, which --rollback does not have.')
  if (output !== 'yaml') refuseUnattended('migrate', options, io)
}

/** A file that can't be written is reported before the passphrase is asked for. */
async function refuseAbsentFolder({ backup, rollback }: Options): Promise<void> {
  if (backup === undefined || rollback) return
  const stats = await stat(dirname(backup)).catch(() => undefined)
  if (stats?.isDirectory()) return
  const message = `there is no folder ${dirname(backup)}. Expected a file in a folder that exists.`
  throw wrongUsage('migrate', `--backup ${backup}`, message)
}
