import { openCluster, openEnvironment } from '../access.ts'
import { explain } from '../examine.ts'
import { dryRunRelease, upgradeRelease } from '../helm/helm.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type GateDocument, gateDocument, gateTable } from '../kubernetes/gate-report.ts'
import { refusePendingRelease } from '../kubernetes/helm-release.ts'
import { operatorProblems } from '../kubernetes/operator-problems.ts'
import { listingOperators, readOperators } from '../kubernetes/operators.ts'
import { passGate, timeoutMs, timeoutOption } from '../kubernetes/release-gate.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { confirm, refuseUnattended } from '../lib/confirm.ts'
import { type ExitCode, exitCodes, formatProblems, isError, type Problem, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { type OpenRelease, openRelease } from '../release.ts'

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
  summary: 'Installs or upgrades one environment in its own cluster, and waits until its secrets are there.',
  example: 'npm run deploy -- --environment recette --dry-run',
  options: [
    environmentOption,
    { flags: '--dry-run', description: 'let the API server check everything, and change nothing' },
    { flags: '--yes', description: 'ask nothing' },
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
    if (!dryRun) await refusePending(client, model, io)
    const warnings = await checkOperator(client, model, io)
    const revision = dryRun ? await check(release, options, io) : await upgrade(release, options, io)
    if (revision !== undefined && output === 'table') io.out(`${describe(release)}: revision ${revision} is deployed\n`)
    const isAwaited = revision !== undefined && options.wait
    const waited = isAwaited ? await waitForSecrets(client, model, options, io) : notWaited
    if (output === 'json') io.out(asJson(model, { dryRun, revision, warnings, waited }))
    return waited.exitCode
  },
})

// --- internal ---

async function check(release: OpenRelease, { environment, output }: Options, io: CommandIo): Promise<undefined> {
  io.log(`checking ${environment} in kube context ${release.kubeContext}`)
  const manifests = await dryRunRelease(release)
  if (output === 'table') io.out(`${manifests}\n`)
  io.log('the API server takes all of it; nothing was changed')
}

/** The new revision; undefined: it was not wanted after all. */
async function upgrade(
  release: OpenRelease,
  { environment, yes = false }: Options,
  io: CommandIo,
): Promise<number | undefined> {
  const { kubeContext, valuesFile } = release
  if (!yes) {
    io.log(`${describe(release)}, with ${valuesFile}`)
    io.log(`what it changes: \`npm run plan -- --environment ${environment}\``)
    if (!(await confirm(`Deploy ${environment} in kube context ${kubeContext}?`, io))) return undefined
  }
  io.log(`deploying ${environment} in kube context ${kubeContext}`)
  return upgradeRelease(release).catch((error: unknown) => {
    if (io.signal.aborted) io.log('the upgrade was interrupted; the same command goes on')
    throw error
  })
}

/** Before anybody is asked: Helm says only that another operation is in progress. */
async function refusePending(client: KubernetesClient, model: EnvironmentModel, io: CommandIo): Promise<void> {
  await refusePendingRelease(client, model.release, io.signal).catch((error: unknown) => {
    throw clusterProblem(error)
  })
}

/** Faults of the operator that the environment protects from are warnings; so is an unknown version. */
async function checkOperator(client: KubernetesClient, model: EnvironmentModel, io: CommandIo): Promise<Problem[]> {
  const operators = await readOperators(client, io.signal).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  if (!operators) io.log(`not looked at: the version of the operator; you may not ${listingOperators}`)
  const problems = operatorProblems(model, operators ?? [])
  if (problems.some(isError)) throw new ProblemError(problems)
  if (problems.length > 0) io.log(formatProblems(problems).trimEnd())
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
  io.log(`waiting up to ${timeout} until every required secret is there`)
  const result = await passGate(client, model, timeout, io).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  const gate = gateDocument(model, result)
  if (output === 'table') io.out(gateTable(model, result))
  if (result.problems.some(isError)) {
    const { text, problems } = await explain(model, client, result, io)
    io.log(text.trimEnd())
    return { exitCode: exitCodes.problems, gate, problems }
  }
  if (result.problems.length > 0) io.log(formatProblems(result.problems).trimEnd())
  io.log('every required secret is there')
  return { exitCode: exitCodes.ok, gate, problems: result.problems }
}

interface Outcome {
  readonly dryRun: boolean
  readonly revision: number | undefined
  readonly warnings: readonly Problem[]
  readonly waited: Waited
}

/** What was not done or looked at is null. */
function asJson(model: EnvironmentModel, { dryRun, revision, warnings, waited: { gate, problems } }: Outcome): string {
  const { application, environment, release } = model
  const { synced = null, externalSecrets = null } = gate ?? {}
  const done = { dryRun, deployed: revision !== undefined, release: { ...release, revision: revision ?? null } }
  const body = {
    version: 1,
    application,
    environment,
    ...done,
    synced,
    externalSecrets,
    problems: [...warnings, ...problems],
  }
  return `${JSON.stringify(body, null, 2)}\n`
}

function describe({ release: { name, namespace } }: OpenRelease): string {
  return `release ${name} in namespace ${namespace}`
}
