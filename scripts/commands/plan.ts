import { renderChart } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import { type Examined, examineAll } from '../inspect/every-environment/examine-all.ts'
import { printAll } from '../inspect/every-environment/report.ts'
import { type DeployPlan, planDeployment } from '../inspect/plan/deployment.ts'
import { withRemovalsAccepted } from '../inspect/plan/judgement.ts'
import { planDocument, planMarkdown, planSummary, planTable } from '../inspect/plan/plan-report.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { allOption, type CommandIo, contextOption, defineCommand, environmentOption } from '../lib/command.ts'
import { pipedCommandLine } from '../lib/command-line.ts'
import { jsonDocument } from '../lib/printable.ts'
import { exitCodes, formatProblems, isError, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { loadAccount } from '../scaleway/account.ts'
import { readerOf } from '../scaleway/connection.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { openRelease } from '../session/release.ts'

interface Options {
  /** Not with `all`. */
  readonly environment: string
  readonly all?: boolean
  readonly context?: string
  readonly acceptRemovals?: boolean
  readonly output: 'table' | 'json' | 'markdown'
}

export const command = defineCommand<Options>({
  name: 'plan',
  summary: 'What a deployment would change, in the cluster and outside; exits 3 when something prevents it.',
  example: pipedCommandLine`plan --environment recette --output markdown`,
  options: [
    environmentOption,
    allOption,
    contextOption,
    { flags: '--accept-removals', description: 'removed keys and targets that workloads read prevent nothing' },
    {
      flags: '--output <form>',
      description: 'how the result is printed; markdown is for a pull request',
      choices: ['table', 'json', 'markdown'],
      default: 'table',
    },
  ],
  async run({ environment, all = false, context, acceptRemovals = false, output }, io) {
    if (all) return printAll(await examineAll(io, examineBy(acceptRemovals)), output, io)
    const model = await openEnvironment(environment, io)
    const plan = await planOf(model, io, context, acceptRemovals)
    if (output === 'json') io.out(jsonDocument(planDocument(model, plan)))
    else if (output === 'markdown') io.out(planMarkdown(model, plan))
    else io.out((columns) => planTable(plan, columns))
    if (plan.problems.some(isError)) throw new ProblemError(plan.problems)
    if (plan.problems.length > 0) io.tell(formatProblems(plan.problems))
    return exitCodes.ok
  },
})

// --- internal ---

async function planOf(
  model: EnvironmentModel,
  io: CommandIo,
  context: string | undefined,
  acceptRemovals: boolean,
): Promise<DeployPlan> {
  const account = readerOf(await loadAccount(io.env, io.signal, io.log))
  using client = await openCluster(model, io, context)
  const release = await openRelease(model, io, client)
  const manifests = parseManifests(await renderChart(release), release.valuesFile)
  const plan = await planDeployment({ client, account, model, manifests, signal: io.signal }).catch(
    (error: unknown) => {
      throw clusterProblem(error)
    },
  )
  return acceptRemovals ? withRemovalsAccepted(plan) : plan
}

function examineBy(acceptRemovals: boolean) {
  return async (model: EnvironmentModel, io: CommandIo, context: string | undefined): Promise<Examined> => {
    const plan = await planOf(model, io, context, acceptRemovals)
    return {
      exitCode: plan.problems.some(isError) ? exitCodes.problems : exitCodes.ok,
      summary: planSummary(plan),
      document: planDocument(model, plan),
      markdown: planMarkdown(model, plan),
      told: formatProblems(plan.problems),
    }
  }
}
