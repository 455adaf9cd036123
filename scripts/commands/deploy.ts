import { type Deployment, deployRelease } from '../change/deploy-release.ts'
import { type Judged, judge } from '../change/deployment-judgement.ts'
import { deploymentJson, type Waited } from '../change/deployment-report.ts'
import { dryRunRelease } from '../chart/helm.ts'
import type { Adoption } from '../cluster/adoption.ts'
import { gateDocument, gateTable } from '../cluster/gate-report.ts'
import { refusePendingRelease } from '../cluster/helm-release.ts'
import { operatorProblems } from '../cluster/operator-problems.ts'
import { listingOperators, readOperators } from '../cluster/operators.ts'
import { readAgain } from '../cluster/read-again.ts'
import { timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import type { Before } from '../cluster/sync-view.ts'
import { awaitArrival } from '../inspect/doctor/arrival.ts'
import { exitCodeOf, isWorthTelling } from '../inspect/plan/judgement.ts'
import { objectsTable } from '../inspect/plan/plan-report.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem, isRightMissing } from '../kubernetes/errors.ts'
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
import { document, lines } from '../lib/printable.ts'
import { exitCodes, formatProblems, isError, type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { refuseDelivered } from '../session/refuse-delivered.ts'
import { type OpenRelease, openRelease } from '../session/release.ts'

interface Options {
  readonly environment: string
  readonly context?: string
  readonly dryRun?: boolean
  readonly showManifests?: boolean
  readonly yes?: boolean
  readonly adopt?: boolean
  readonly adoptFrom?: readonly string[]
  readonly acceptRemovals?: boolean
  readonly acceptValues?: boolean
  readonly timeout: string
  readonly wait: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'deploy',
  summary: 'Installs or upgrades one environment in its own cluster, and waits until its secrets have arrived.',
  example: commandLine`deploy --environment recette --dry-run`,
  leaves: 'Helm may have left its release pending; the same command again tells what to do then',
  options: [
    environmentOption,
    contextOption,
    {
      flags: '--dry-run',
      description: 'let the API server check everything, and change nothing; shows which objects change',
    },
    { flags: '--show-manifests', description: 'with --dry-run: print the whole manifests' },
    { flags: '--yes', description: 'ask no questions' },
    { flags: '--adopt', description: 'take over objects of the same names that were made by hand' },
    {
      flags: '--adopt-from <owner>',
      description: 'take over those of an owner that plan names, as helm/<namespace>/<release>; can be repeated',
      isRepeatable: true,
    },
    { flags: '--accept-removals', description: 'deploy although keys or targets that workloads read are removed' },
    {
      flags: '--accept-values',
      description: 'overwrite values that were made by hand and differ from those in Scaleway',
    },
    timeoutOption,
    { flags: '--no-wait', description: 'end as soon as the objects are in the cluster' },
    outputOption,
  ],
  async run(options, io) {
    const { environment, dryRun = false, output } = options
    timeoutMs(options.timeout)
    const adoption = adoptionOf(options)
    if (options.showManifests && !dryRun)
      throw wrongUsage('deploy', '--show-manifests', 'means nothing alone. Expected --dry-run with it.')
    if (options.showManifests && output === 'json')
      throw wrongUsage('deploy', '--show-manifests', 'prints YAML, and --output json does not. Expected one of them.')
    refuseUnattended('deploy', options, io)
    const model = await openEnvironment(environment, io)
    refuseDelivered(model)
    using client = await openCluster(model, io, options.context)
    const release = await openRelease(model, io, client)
    const opened = { model, client, release, adoption }
    const operatorWarnings = await checkOperator(client, model, io)
    if (!dryRun) await refusePending(client, release, io)
    else io.log(`checking ${environment} in kube context ${release.kubeContext}`)
    const judged = await judge({ ...opened, ...options }, io)
    const refused = judged.problems.filter(isError)
    if (dryRun) await showDryRun(opened, judged, options, io)
    else if (refused.length > 0) throw new ProblemError(judged.problems, exitCodeOf(refused))
    const told = dryRun ? judged.problems : judged.problems.filter(isWorthTelling)
    if (told.length > 0 && refused.length === 0) io.tell(formatProblems(told))
    const deployed = dryRun ? undefined : await upgrade(opened, options, io)
    if (deployed) tell(release, deployed, output, io)
    const before = deployed && (await refresh(opened, io))
    const waited =
      deployed && options.wait ? await waitForSecrets(opened, before, options, io) : { gate: undefined, problems: [] }
    const warnings = [...operatorWarnings, ...told]
    if (output === 'json')
      io.out(deploymentJson(model, { dryRun, changes: judged.changes, deployed, warnings, waited }))
    if (refused.length > 0) throw new ProblemError(judged.problems, exitCodeOf(refused))
    const isWhole = !deployed?.problems.some(isError) && (waited.gate?.synced ?? true)
    return isWhole ? exitCodes.ok : exitCodes.problems
  },
})

// --- internal ---

interface Opened {
  readonly model: EnvironmentModel
  readonly client: KubernetesClient
  readonly release: OpenRelease
  readonly adoption: Adoption
}

function adoptionOf({ adopt = false, adoptFrom = [] }: Options): Adoption {
  const [unknown] = adoptFrom.filter((id) => !/^(helm|flux|argocd|environment|tool)\/./.test(id))
  if (unknown !== undefined)
    throw wrongUsage(
      'deploy',
      `--adopt-from ${unknown}`,
      `is not an owner. Expected one as \`${commandLine`plan`}\` prints it: helm/<namespace>/<release>, argocd/<application>.`,
    )
  return { unowned: adopt, from: adoptFrom }
}

async function showDryRun(
  { release }: Opened,
  { rendered, changes, problems }: Judged,
  { output, showManifests = false, adopt = false, adoptFrom }: Options,
  io: CommandIo,
): Promise<void> {
  const isRefused = problems.some(isError)
  // Helm stops at objects that are not its own yet.
  const isAlone = isRefused || adopt || adoptFrom !== undefined
  const text = isAlone ? rendered.trimEnd() : await dryRunRelease(release)
  if (showManifests) io.out(document(`${text}\n`))
  const table = (columns?: number) => (changes ? objectsTable({ changes }, columns) : lines())
  if (output === 'table') (showManifests ? io.tell : io.out)(table)
  if (isRefused) return
  const open = changes?.filter(({ unasked }) => unasked !== undefined).length ?? 0
  const waiting =
    open === 0 ? 'everything' : `everything but ${open} objects, which it can judge only during a deployment`
  io.log(`the API server accepts ${waiting}; nothing was changed`)
}

/** Undefined: the user did not confirm. */
async function upgrade(
  { model, client, release, adoption }: Opened,
  { environment, yes = false }: Options,
  io: CommandIo,
): Promise<Deployment | undefined> {
  const { kubeContext, valuesFile } = release
  if (!yes) {
    io.log(`${describe(release)}, with ${valuesFile}`)
    io.log(`what it changes: \`${commandLine`plan --environment ${environment}`}\``)
    if (!(await confirm(`Deploy ${environment} in kube context ${kubeContext}?`, io))) return undefined
  }
  io.log(`deploying ${environment} in kube context ${kubeContext}`)
  return deployRelease({ release, client, model, adoption }).catch((error: unknown) => {
    if (io.signal.aborted) io.log('the upgrade was interrupted; run the same command again to continue')
    throw clusterProblem(error)
  })
}

function tell(
  release: OpenRelease,
  { revision, adopted, restored, problems }: Deployment,
  output: string,
  io: CommandIo,
): void {
  if (output === 'table') io.out(lines(`${describe(release)}: revision ${revision} is deployed`))
  for (const { object, owner } of adopted) io.log(`${object}: was taken over; it belonged to ${owner}`)
  for (const { object, fields } of restored) io.log(`${object}: was restored: ${fields.join(', ')}`)
  if (problems.length > 0) io.tell(formatProblems(problems))
}

/** Before the confirmation: Helm says only that another operation is in progress. */
async function refusePending(client: KubernetesClient, { release }: OpenRelease, io: CommandIo): Promise<void> {
  await refusePendingRelease(client, release, io.signal).catch((error: unknown) => {
    throw clusterProblem(error)
  })
}

/** Known faults with a protection are warnings; so is an unknown version. */
async function checkOperator(client: KubernetesClient, model: EnvironmentModel, io: CommandIo): Promise<Problem[]> {
  const operators = await readOperators(client, io.signal).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  if (!operators) io.log(`not checked: the version of the operator; you may not ${listingOperators}`)
  const problems = operatorProblems(model, operators ?? [])
  if (problems.some(isError)) throw new ProblemError(problems)
  if (problems.length > 0) io.tell(formatProblems(problems))
  return problems
}

/** Undefined: it may not be done, and the operator reads Scaleway when it does so by itself. */
async function refresh({ client, model }: Opened, io: CommandIo): Promise<Before | undefined> {
  return readAgain(client, model, io.signal).catch((error: unknown) => {
    if (!isRightMissing(error)) throw clusterProblem(error)
    io.log(`not refreshed: ${(error as Error).message}`)
    return undefined
  })
}

async function waitForSecrets(
  { client, model }: Opened,
  before: Before | undefined,
  { timeout, output }: Options,
  io: CommandIo,
): Promise<Waited> {
  io.log(`waiting up to ${timeout} until every required secret has arrived`)
  const { result, hasArrived, told } = await awaitArrival(model, client, timeout, io, {
    before,
    endsWithoutKey: true,
  })
  if (output === 'table') io.out((columns) => gateTable(model, result, columns))
  io.tell(told.text)
  if (hasArrived) io.log('every required secret has arrived')
  return { gate: gateDocument(model, result), problems: told.problems }
}

function describe({ release: { name, namespace } }: OpenRelease): string {
  return `release ${name} in namespace ${namespace}`
}
