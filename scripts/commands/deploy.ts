import { expectedContext, openCluster, openEnvironment, refuseOtherContext } from '../access.ts'
import { refuseStaleValues } from '../application.ts'
import { generatedPaths } from '../emit/generate.ts'
import { explain } from '../examine.ts'
import { upgradeRelease } from '../helm/helm.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import { passGate, timeoutMs, timeoutOption } from '../kubernetes/release-gate.ts'
import { type CommandIo, defineCommand, environmentOption } from '../lib/command.ts'
import { type ExitCode, exitCodes, formatProblems, isError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { isLocalApi } from '../scaleway/account.ts'
import { findTool } from '../toolchain/find.ts'

interface Options {
  readonly environment: string
  readonly dryRun?: boolean
  readonly timeout: string
  readonly wait: boolean
}

export const command = defineCommand<Options>({
  name: 'deploy',
  summary: 'Installs or upgrades one environment in its own cluster, and waits until its secrets are there.',
  example: 'npm run deploy -- --environment recette --dry-run',
  options: [
    environmentOption,
    { flags: '--dry-run', description: 'let the API server check everything, and change nothing' },
    timeoutOption,
    { flags: '--no-wait', description: 'end as soon as the objects are in the cluster' },
  ],
  async run({ environment, dryRun = false, timeout, wait }, io) {
    timeoutMs(timeout)
    const model = await openEnvironment(environment, io)
    await refuseStaleValues(io.root, environment)
    refuseOtherContext(model, (await loadKubeconfig(io.env)).currentContext, io.env)
    const helm = await findTool('helm', io)
    const { root, signal } = io
    const { release } = model
    const kubeContext = expectedContext(model, io.env)
    io.log(`${dryRun ? 'checking' : 'deploying'} ${environment} in kube context ${kubeContext}`)
    const valuesFile = generatedPaths.values(environment)
    const set = isLocalApi(io.env) ? { 'scaleway.apiUrl': io.env.SCW_API_URL ?? '' } : {}
    io.out(await upgradeRelease({ helm: helm.path, root, signal, release, valuesFile, kubeContext, set }, { dryRun }))
    return wait && !dryRun ? waitForSecrets(model, timeout, io) : exitCodes.ok
  },
})

// --- internal ---

async function waitForSecrets(model: EnvironmentModel, timeout: string, io: CommandIo): Promise<ExitCode> {
  io.log(`waiting up to ${timeout} until every required secret is there`)
  using client = await openCluster(model, io)
  const result = await passGate(client, model, timeout, io).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  const { problems } = result
  if (problems.some(isError)) {
    io.log((await explain(model, client, result, io)).text.trimEnd())
    return exitCodes.problems
  }
  if (problems.length > 0) io.log(formatProblems(problems).trimEnd())
  io.log('every required secret is there')
  return exitCodes.ok
}
