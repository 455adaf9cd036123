import { openCluster, openEnvironment } from '../access.ts'
import { refuseStaleValues } from '../application.ts'
import { generatedPaths } from '../emit/generate.ts'
import { renderChart } from '../helm/helm.ts'
import { parseManifests } from '../helm/manifests.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import type { KubernetesObject } from '../kubernetes/kinds.ts'
import { type CommandIo, defineCommand, environmentOption } from '../lib/command.ts'
import { exitCodes, formatProblems, isError, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { planDeployment } from '../plan/deployment.ts'
import { planJson, planMarkdown, planTable } from '../plan/report.ts'
import { isLocalApi, loadAccount } from '../scaleway/account.ts'
import { findTool } from '../toolchain/find.ts'

interface Options {
  readonly environment: string
  readonly output: 'table' | 'json' | 'markdown'
}

export const command = defineCommand<Options>({
  name: 'plan',
  summary: 'What a deployment would change, in the cluster and beyond; exits 3 when something stands in its way.',
  example: 'npm run --silent plan -- --environment recette --output markdown',
  options: [
    environmentOption,
    {
      flags: '--output <form>',
      description: 'how the result is printed; markdown is for a pull request',
      choices: ['table', 'json', 'markdown'],
      default: 'table',
    },
  ],
  async run({ environment, output }, io) {
    const model = await openEnvironment(environment, io)
    await refuseStaleValues(io.root, environment)
    const account = await loadAccount(io.env, io.signal)
    using client = await openCluster(model, io)
    const manifests = await rendered(model, io)
    const plan = await planDeployment({ client, account, model, manifests, signal: io.signal }).catch(
      (error: unknown) => {
        throw clusterProblem(error)
      },
    )
    const forms = {
      table: planTable,
      json: planJson.bind(undefined, model),
      markdown: planMarkdown.bind(undefined, model),
    }
    io.out(forms[output](plan))
    if (plan.problems.some(isError)) throw new ProblemError(plan.problems)
    if (plan.problems.length > 0) io.log(formatProblems(plan.problems).trimEnd())
    return exitCodes.ok
  },
})

// --- internal ---

/** As `deploy` renders them. */
async function rendered(model: EnvironmentModel, io: CommandIo): Promise<KubernetesObject[]> {
  const { path: helm } = await findTool('helm', io)
  const { root, signal, env } = io
  const valuesFile = generatedPaths.values(model.environment)
  const set = isLocalApi(env) ? { 'scaleway.apiUrl': env.SCW_API_URL ?? '' } : {}
  const text = await renderChart({ helm, root, signal, release: model.release, valuesFile, set })
  return parseManifests(text, valuesFile)
}
