import { openCluster, openEnvironment } from '../access.ts'
import { explain } from '../examine.ts'
import { upgradeRelease } from '../helm/helm.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { passGate, timeoutMs, timeoutOption } from '../kubernetes/release-gate.ts'
import { type CommandIo, defineCommand, environmentOption } from '../lib/command.ts'
import { type ExitCode, exitCodes, formatProblems, isError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { openRelease } from '../release.ts'

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
    const release = await openRelease(model, io)
    io.log(`${dryRun ? 'checking' : 'deploying'} ${environment} in kube context ${release.kubeContext}`)
    io.out(await upgradeRelease(release, { dryRun }))
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
