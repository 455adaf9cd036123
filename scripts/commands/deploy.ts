import { type Deployment, deployRelease } from '../change/deploy-release.ts'
import { dryRunRelease, renderChart } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import { type GateDocument, gateDocument, gateTable } from '../cluster/gate-report.ts'
import { refusePendingRelease } from '../cluster/helm-release.ts'
import { operatorProblems } from '../cluster/operator-problems.ts'
import { listingOperators, readOperators } from '../cluster/operators.ts'
import { passGate, timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { explain } from '../inspect/doctor/examine.ts'
import { planChanges, type ReleaseChanges } from '../inspect/plan/deployment.ts'
import { objectsJson, objectsTable } from '../inspect/plan/plan-report.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem, isRightMissing } from '../kubernetes/errors.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption, wrongUsage } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { confirm, refuseUnattended } from '../lib/confirm.ts'
import { document, jsonDocument, lines, type Printable } from '../lib/printable.ts'
import { type ExitCode, exitCodes, formatProblems, isError, type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { type OpenRelease, openRelease } from '../session/release.ts'

interface Options {
  readonly environment: string
  readonly dryRun?: boolean
  readonly showManifests?: boolean
  readonly yes?: boolean
  readonly timeout: string
  readonly wait: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'deploy',
  summary: 'Installs or upgrades one environment in its own cluster, and waits until its secrets have arrived.',
  example: commandLine`deploy --environment recette --dry-run`,
  options: [
    environmentOption,
    {
      flags: '--dry-run',
      description: 'let the API server check everything, and change nothing; shows which objects change',
    },
    { flags: '--show-manifests', description: 'with --dry-run: print the whole manifests' },
    { flags: '--yes', description: 'ask no questions' },
    timeoutOption,
    { flags: '--no-wait', description: 'end as soon as the objects are in the cluster' },
    outputOption,
  ],
  async run(options, io) {
    const { environment, dryRun = false, output } = options
    timeoutMs(options.timeout)
    if (options.showManifests && !dryRun)
      throw wrongUsage('deploy', '--show-manifests', 'means nothing alone. Expected --dry-run with it.')
    if (options.showManifests && output === 'json')
      throw wrongUsage('deploy', '--show-manifests', 'prints YAML, and --output json does not. Expected one of them.')
    refuseUnattended('deploy', options, io)
    const model = await openEnvironment(environment, io)
    const release = await openRelease(model, io)
    using client = await openCluster(model, io)
    const warnings = await checkOperator(client, model, io)
    const planned = dryRun ? await check(release, { client, model }, options, io) : undefined
    const deployed = dryRun ? undefined : await upgrade(release, client, options, io)
    if (deployed) tell(release, deployed, output, io)
    const waited = deployed && options.wait ? await waitForSecrets(client, model, options, io) : notWaited
    if (output === 'json') io.out(asJson(model, { dryRun, planned, deployed, warnings, waited }))
    if (planned?.problems.some(isError)) throw new ProblemError(planned.problems, exitCodes.unreachable)
    return deployed?.problems.some(isError) ? exitCodes.problems : waited.exitCode
  },
})

// --- internal ---

/** Undefined: the cluster may not be compared with what would be deployed. */
async function check(
  release: OpenRelease,
  cluster: { readonly client: KubernetesClient; readonly model: EnvironmentModel },
  { environment, output, showManifests = false }: Options,
  io: CommandIo,
): Promise<ReleaseChanges | undefined> {
  io.log(`checking ${environment} in kube context ${release.kubeContext}`)
  const text = await dryRunRelease(release)
  if (showManifests) io.out(document(`${text}\n`))
  const manifests = parseManifests(await renderChart(release), release.valuesFile)
  const planned = await planChanges({ ...cluster, manifests, signal: io.signal }).catch((error: unknown) => {
    if (!isRightMissing(error)) throw clusterProblem(error)
    io.log(`not compared with the cluster: ${(error as Error).message}`)
    return undefined
  })
  const table = (columns?: number) => (planned ? objectsTable(planned, columns) : lines())
  if (output === 'table') (showManifests ? io.tell : io.out)(table)
  const { problems = [] } = planned ?? {}
  if (problems.some(isError)) return planned
  if (problems.length > 0) io.tell(formatProblems(problems))
  const open = planned?.changes.filter(({ unasked }) => unasked !== undefined).length ?? 0
  const waiting = open === 0 ? 'everything' : `what it can be asked about before a deployment, not yet ${open} objects`
  io.log(`the API server accepts ${waiting}; nothing was changed`)
  return planned
}

/** Undefined: the user did not confirm. */
async function upgrade(
  release: OpenRelease,
  client: KubernetesClient,
  { environment, yes = false }: Options,
  io: CommandIo,
): Promise<Deployment | undefined> {
  const { kubeContext, valuesFile } = release
  await refusePending(client, release, io)
  if (!yes) {
    io.log(`${describe(release)}, with ${valuesFile}`)
    io.log(`what it changes: \`${commandLine`plan --environment ${environment}`}\``)
    if (!(await confirm(`Deploy ${environment} in kube context ${kubeContext}?`, io))) return undefined
  }
  io.log(`deploying ${environment} in kube context ${kubeContext}`)
  return deployRelease(release, client).catch((error: unknown) => {
    if (io.signal.aborted) io.log('the upgrade was interrupted; run the same command again to continue')
    throw clusterProblem(error)
  })
}

function tell(release: OpenRelease, { revision, restored, problems }: Deployment, output: string, io: CommandIo): void {
  if (output === 'table') io.out(lines(`${describe(release)}: revision ${revision} is deployed`))
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

interface Waited {
  readonly exitCode: ExitCode
  /** Undefined: it was not waited. */
  readonly gate: GateDocument | undefined
  readonly problems: readonly object[]
}

const notWaited: Waited = { exitCode: exitCodes.ok, gate: undefined, problems: [] }

async function waitForSecrets(
  client: KubernetesClient,
  model: EnvironmentModel,
  { timeout, output }: Options,
  io: CommandIo,
): Promise<Waited> {
  io.log(`waiting up to ${timeout} until every required secret has arrived`)
  const result = await passGate(client, model, timeout, io).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  const gate = gateDocument(model, result)
  if (output === 'table') io.out((columns) => gateTable(model, result, columns))
  if (result.problems.some(isError)) {
    const { text, problems } = await explain(model, client, result, io)
    io.tell(text)
    return { exitCode: exitCodes.problems, gate, problems }
  }
  if (result.problems.length > 0) io.tell(formatProblems(result.problems))
  io.log('every required secret has arrived')
  return { exitCode: exitCodes.ok, gate, problems: result.problems }
}

interface Outcome {
  readonly dryRun: boolean
  /** Of a dry run. */
  readonly planned: ReleaseChanges | undefined
  readonly deployed: Deployment | undefined
  /** Of the operator. */
  readonly warnings: readonly Problem[]
  readonly waited: Waited
}

/** What was not done or checked is null. */
function asJson(model: EnvironmentModel, { dryRun, planned, deployed, warnings, waited }: Outcome): Printable {
  const { application, environment, release } = model
  const { synced = null, externalSecrets = null } = waited.gate ?? {}
  const { revision = null, restored = [] } = deployed ?? {}
  const done = { dryRun, deployed: deployed !== undefined, release: { ...release, revision }, restored }
  const objects = planned ? objectsJson(planned.changes) : null
  const compared = dryRun ? { objects } : {}
  const problems = [...warnings, ...(planned?.problems ?? []), ...(deployed?.problems ?? []), ...waited.problems]
  return jsonDocument({ version: 1, application, environment, ...done, ...compared, synced, externalSecrets, problems })
}

function describe({ release: { name, namespace } }: OpenRelease): string {
  return `release ${name} in namespace ${namespace}`
}
