import { renderChart } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import { planDeployment } from '../inspect/plan/deployment.ts'
import { planJson, planMarkdown, planTable } from '../inspect/plan/plan-report.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { defineCommand, environmentOption } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { exitCodes, formatProblems, isError, ProblemError } from '../lib/problems.ts'
import { loadAccount } from '../scaleway/account.ts'
import { readerOf } from '../scaleway/connection.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { openRelease } from '../session/release.ts'

interface Options {
  readonly environment: string
  readonly output: 'table' | 'json' | 'markdown'
}

export const command = defineCommand<Options>({
  name: 'plan',
  summary: 'What a deployment would change, in the cluster and outside; exits 3 when something prevents it.',
  example: pipedCommandLine`plan --environment recette --output markdown`,
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
    const release = await openRelease(model, io)
    const account = readerOf(await loadAccount(io.env, io.signal, io.log))
    using client = await openCluster(model, io)
    const manifests = parseManifests(await renderChart(release), release.valuesFile)
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
    if (plan.problems.length > 0) io.tell(formatProblems(plan.problems))
    return exitCodes.ok
  },
})
