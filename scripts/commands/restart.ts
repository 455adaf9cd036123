import { carryOutRestart } from '../change/restart/carry-out.ts'
import { lookAtReaders } from '../change/restart/look.ts'
import { readerText } from '../change/restart/reading-workloads.ts'
import { planRestart, type RestartRow, rollingWorkloads } from '../change/restart/restart-plan.ts'
import { restartJson, restartSummary, restartTable } from '../change/restart/restart-report.ts'
import { readerStays } from '../change/restart/staying.ts'
import { allowUnlisted, type RestartedOfTier, unlistedOption } from '../change/restart/unlisted.ts'
import { unmarkedTargets } from '../change/restart/unmarked.ts'
import { timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, contextOption, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { confirm, refuseUnattended } from '../lib/confirm.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { findTier } from '../model/find-tier.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly tier?: string
  readonly dryRun?: boolean
  readonly yes?: boolean
  readonly restartUnlisted?: boolean
  readonly timeout: string
  readonly wait: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'restart',
  summary: 'Restarts the workloads that still use an older value of their Secrets; all others are not touched.',
  example: commandLine`restart --environment recette --dry-run`,
  leaves: 'some workloads may be restarted already; the same command again restarts the rest',
  options: [
    environmentOption,
    contextOption,
    { flags: '--tier <name>', description: 'only this tier' },
    { flags: '--dry-run', description: 'show what would be done, and why' },
    { flags: '--yes', description: 'ask no questions' },
    unlistedOption,
    { ...timeoutOption, description: 'how long to wait for new pods: 90s, 5m, 1h30m; 0s checks once' },
    { flags: '--no-wait', description: 'end as soon as everything is changed' },
    outputOption,
  ],
  async run(options, io) {
    const { environment, tier, dryRun = false, yes = false, output } = options
    const waits = { timeoutMs: timeoutMs(options.timeout) }
    refuseUnattended('restart', options, io)
    const model = await openEnvironment(environment, io)
    const tiers = tier === undefined ? model.tiers : [findTier(model, tier)]
    using client = await openCluster(model, io, options.context)
    try {
      const views = await lookAtReaders(client, tiers, io.signal)
      const rows = planRestart(model.restart, views)
      allowUnlisted(changedByTier(tiers, rows), options)
      const goes = !dryRun && hasWork(rows) && (yes || (await isConfirmed(model, client.context, rows, io)))
      if (output === 'table') io.out((columns) => restartTable(rows, columns))
      const context = { client, signal: io.signal, waits, log: io.log }
      const stuck = rows.filter(({ action }) => action === 'stuck')
      if (goes) for (const row of stuck) io.log(`${readerText(row)} is not restarted: ${row.reason}`)
      const late = goes ? await carryOutRestart(context, rows, { mode: model.restart, wait: options.wait }) : []
      const problems = [
        ...unmarkedTargets(model, views),
        ...stuck.map((row) => readerStays(row.namespace, row)),
        ...late,
      ]
      if (output === 'json') io.out(restartJson(model, rows, goes))
      if (problems.length > 0) throw new ProblemError(problems)
      return exitCodes.ok
    } catch (error) {
      throw clusterProblem(error)
    }
  },
})

// --- internal ---

function changedByTier(tiers: readonly TierModel[], rows: readonly RestartRow[]): RestartedOfTier[] {
  return tiers.map((tier) => ({
    tier,
    restarted: rows.filter((row) => row.tier === tier && row.patch !== undefined),
  }))
}

function hasWork(rows: readonly RestartRow[]): boolean {
  return restartSummary(rows) !== '' || rollingWorkloads(rows).length > 0
}

/** What is already in progress is only waited for: no confirmation is needed. */
async function isConfirmed(
  model: EnvironmentModel,
  kubeContext: string,
  rows: readonly RestartRow[],
  io: CommandIo,
): Promise<boolean> {
  const summary = restartSummary(rows)
  if (summary === '') return true
  io.tell(restartTable(rows))
  return confirm(`In ${model.environment} (${kubeContext}): ${summary}?`, io)
}
