import { type Deployment, deployRelease } from '../change/deploy-release.ts'
import { dryRunRelease } from '../chart/helm.ts'
import { type GateDocument, gateDocument, gateTable } from '../cluster/gate-report.ts'
import { refusePendingRelease } from '../cluster/helm-release.ts'
import { operatorProblems } from '../cluster/operator-problems.ts'
import { listingOperators, readOperators } from '../cluster/operators.ts'
import { passGate, timeoutMs, timeoutOption } from '../cluster/release-gate.ts'
import { explain } from '../inspect/doctor/examine.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
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
    { flags: '--dry-run', description: 'let the API server check everything, and change nothing' },
    { flags: '--yes', description: 'ask no questions' },
    timeoutOption,
    { flags: '--no-wait', description: 'end as soon as the objects are in the cluster' },
    outputOption,
  ],
  async run(options, io) {
    const { environment, dryRun = false, output } = options
    timeoutMs(options.timeout)
    refuseUnattended('deploy', options, io)
    const model = await openEnvironment(environment, io)
    const release = await openRelease(model, io)
    using client = await openCluster(model, io)
    const warnings = await checkOperator(client, model, io)
    if (dryRun) await check(release, options, io)
    const deployed = dryRun ? undefined : await upgrade(release, client, options, io)
    if (deployed) tell(release, deployed, output, io)
    const waited = deployed && options.wait ? await waitForSecrets(client, model, options, io) : notWaited
    if (output === 'json') io.out(asJson(model, { dryRun, deployed, warnings, waited }))
    return deployed?.problems.some(isError) ? exitCodes.problems : waited.exitCode
  },
})

// --- internal ---

async function check(release: OpenRelease, { environment, output }: Options, io: CommandIo): Promise<void> {
  io.log(`checking ${environment} in kube context ${release.kubeContext}`)
  const manifests = await dryRunRelease(release)
  if (output === 'table') io.out(document(`${manifests}\n`))
  io.log('the API server accepts everything; nothing was changed')
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
  if (output === 'table') io.out(gateTable(model, result))
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
  readonly deployed: Deployment | undefined
  /** Of the operator. */
  readonly warnings: readonly Problem[]
  readonly waited: Waited
}

/** What was not done or checked is null. */
function asJson(model: EnvironmentModel, { dryRun, deployed, warnings, waited }: Outcome): Printable {
  const { application, environment, release } = model
  const { synced = null, externalSecrets = null } = waited.gate ?? {}
  const { revision = null, restored = [] } = deployed ?? {}
  const done = { dryRun, deployed: deployed !== undefined, release: { ...release, revision }, restored }
  const problems = [...warnings, ...(deployed?.problems ?? []), ...waited.problems]
  return jsonDocument({ version: 1, application, environment, ...done, synced, externalSecrets, problems })
}

function describe({ release: { name, namespace } }: OpenRelease): string {
  return `release ${name} in namespace ${namespace}`
}
