import { once } from 'node:events'
import { join } from 'node:path'
import { syncProblems } from '../cluster/sync-problems.ts'
import { type WaitReport, waitForSync } from '../cluster/wait-for-sync.ts'
import { generatedPaths } from '../generate/generate.ts'
import { isFinalRefusal } from '../inspect/doctor/operator-words.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine, kubectl } from '../lib/command-line.ts'
import { didYouMean } from '../lib/nearest.ts'
import { jsonDocument, type Printable } from '../lib/printable.ts'
import { exitCodes, formatProblems, type Problem, ProblemError } from '../lib/problems.ts'
import { writeEnvFile } from '../local/emulator/env-file.ts'
import { externalSecretRefs, installChart, type LocalStack, startLocalStack } from '../local/stack/stack.ts'
import { type SyncRow, syncRows, syncTable } from '../local/stack/sync-table.ts'
import { advisoriesOf } from '../model/operator-advisories.ts'
import { installedOperator, parseOperatorVersion } from '../model/operator-version.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { loadEnvironment } from '../session/application.ts'
import { refuseStaleValues } from '../session/generated-files.ts'

interface Options {
  readonly environment?: string
  readonly once?: boolean
  readonly without?: readonly string[]
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'start',
  summary: 'Shows one environment at work on this machine: emulator, control plane, operator, chart.',
  example: commandLine`start --environment production --once`,
  leaves: 'what it started ends within a few seconds',
  options: [
    { ...environmentOption, required: false, description: `${environmentOption.description}; by default the first` },
    { flags: '--once', description: 'stop when everything is synced; exit 3 when it is not' },
    {
      flags: '--without <name...>',
      description: 'remote secrets to leave out of Scaleway, to see what a missing one does',
    },
    outputOption,
  ],
  async run({ environment: wanted, once: onlyOnce = false, without = [], output }, io) {
    const started = Date.now()
    const model = await loadEnvironment(io, wanted)
    const { environment } = model
    await refuseStaleValues(io, environment)
    io.log(`${model.application}, ${environment}: starting emulator, control plane and operator`)
    refuseUnknownNames(without, model)
    await using stack = await startLocalStack({ io, model, seed: { without: ({ name }) => without.includes(name) } })
    io.log(operatorLine(stack))
    io.log('installing the chart')
    await installChart(stack, io, generatedPaths.values(environment), io.signal)
    io.log('waiting until every tier is synced')
    const since = Date.now()
    const reports = await waitForSync(stack.client, externalSecretRefs(model), {
      timeoutMs: syncTimeoutMs,
      signal: io.signal,
      isFinal: isFinalRefusal,
    })
    const waited = `${Math.round((Date.now() - since) / 1000)}s`
    const rows = syncRows(model, reports, stack.emulator.requests().entries)
    io.out((columns) => (output === 'json' ? asJson(stack, rows) : syncTable(model, rows, columns)))
    if (onlyOnce) refuseUnsynced(model, reports, waited)
    else for (const problem of unsynced(model, reports, waited)) io.tell(formatProblems([problem]))
    if (reports.every(({ state }) => state === 'synced'))
      io.log(`everything synced, ${((Date.now() - started) / 1000).toFixed(1)} s after the start`)
    if (!onlyOnce) await stayUp(stack, io)
    return exitCodes.ok
  },
})

// --- internal ---

const syncTimeoutMs = 45_000

/** This operator is not visible in the cluster, because it has no Deployment. */
function operatorLine({ operatorVersion, model }: LocalStack): string {
  const version = parseOperatorVersion(operatorVersion)
  const faults = version ? advisoriesOf(version).map(({ id }) => id) : []
  if (!version) return "operator of an unknown version: its known faults can't be checked"
  if (faults.length === 0) return `operator ${version.text}: it has no known fault`
  const kept = model.without.includes('admission') ? 'nothing protects from here' : 'admission keeps out of the tiers'
  return `operator ${version.text}, for this machine alone: it has known faults, which ${kept} (${faults.join(', ')}); \`${commandLine`operator-values`}\` is for ${installedOperator}`
}

function asJson(stack: LocalStack, secrets: readonly SyncRow[]): Printable {
  const { application, environment } = stack.model
  const kubeconfig = stack.controlPlane.kubeconfigPath
  const requests = secrets.reduce((sum, row) => sum + row.requests, 0)
  return jsonDocument({ version: 1, application, environment, kubeconfig, requests, secrets })
}

function refuseUnsynced(model: EnvironmentModel, reports: readonly WaitReport[], waited: string): void {
  const problems = unsynced(model, reports, waited)
  if (problems.length > 0) throw new ProblemError(problems)
}

/** Here the optional ones have to arrive too: the emulator has every secret of the catalogue. */
function unsynced(model: EnvironmentModel, reports: readonly WaitReport[], waited: string): Problem[] {
  return syncProblems(model, reports, waited).map(({ severity: _, ...problem }) => problem)
}

function refuseUnknownNames(names: readonly string[], model: EnvironmentModel): void {
  const known = [...new Set(model.tiers.flatMap((tier) => tier.remoteSecrets.map(({ name }) => name)))]
  const unknown = names.filter((name) => !known.includes(name))
  if (unknown.length === 0) return
  throw new ProblemError(
    unknown.map((name) => ({
      code: 'REMOTE_SECRET_UNKNOWN',
      where: `--without ${name}`,
      message: `there is no such remote secret.${didYouMean(name, known)} Expected one of: ${known.join(', ')}.`,
      fix: 'Correct the name; it is the last part of a remote ref.',
    })),
    exitCodes.usage,
  )
}

/** Until Ctrl-C, or until a part of the stack stops by itself. */
async function stayUp(stack: LocalStack, io: CommandIo): Promise<void> {
  const { environment } = stack.model
  // In the private folder, which is deleted with the stack.
  const accountFile = join(stack.controlPlane.folder, 'scaleway.env')
  await writeEnvFile(accountFile, stack.emulator)
  io.log('')
  io.log(`  export KUBECONFIG=${stack.controlPlane.kubeconfigPath}`)
  io.log(`  ${kubectl`get externalsecrets --all-namespaces`}`)
  io.log('')
  io.log(`  set -a; . ${accountFile}; set +a`)
  for (const command of ['status', 'doctor', 'plan'])
    io.log(`  ${commandLine`${command} --environment ${environment}`}`)
  io.log(`  ${commandLine`iam --environment ${environment} --verify`}`)
  io.log('')
  io.log(
    `emulator at ${stack.emulator.url}, its requests and faults at ${stack.emulator.adminUrl}; Ctrl-C stops everything`,
  )
  if (io.signal.aborted) return
  const failure = await Promise.race([once(io.signal, 'abort').then(() => undefined), stack.failure])
  if (failure) throw failure
  io.log('stopping')
}
