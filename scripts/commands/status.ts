import { openCluster, openEnvironment } from '../access.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { listingOperators, readOperators } from '../kubernetes/operators.ts'
import { defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { exitCodes, formatProblems, isError, ProblemError } from '../lib/problems.ts'
import { loadAccount } from '../scaleway/account.ts'
import { statusOf } from '../status/rows.ts'
import { states } from '../status/states.ts'
import { statusJson, statusSummary, statusTable } from '../status/table.ts'
import { surveyCluster } from '../survey/cluster.ts'
import { surveyRemoteSecrets } from '../survey/remote-secrets.ts'

interface Options {
  readonly environment: string
  readonly formats?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'status',
  summary: 'Compares catalogue, Scaleway, cluster and workloads, a line for each secret; exits 3 when they differ.',
  example: 'npm run status -- --environment recette --formats',
  options: [
    environmentOption,
    { flags: '--formats', description: 'also read every value in Scaleway, and check its size, encoding and format' },
    outputOption,
  ],
  async run({ environment, formats = false, output }, io) {
    const model = await openEnvironment(environment, io)
    const account = await loadAccount(io.env, io.signal, io.log)
    using client = await openCluster(model, io)
    const [folders, tiers, operators] = await Promise.all([
      surveyRemoteSecrets(account, model, { values: formats }),
      surveyCluster(client, model, io.signal),
      readOperators(client, io.signal),
    ]).catch((error: unknown) => {
      throw clusterProblem(error)
    })
    const now = new Date()
    const status = statusOf(model, folders, tiers, now, operators)
    io.out(output === 'json' ? statusJson(model, status) : statusTable(status, now))
    const told = status.findings.filter(({ code }) => states[code].severity !== 'fine')
    io.log(statusSummary(status))
    if (!operators) io.log(`not looked at: the version of the operator; you may not ${listingOperators}`)
    if (told.some(isError)) throw new ProblemError(told)
    if (told.length > 0) io.log(formatProblems(told).trimEnd())
    return exitCodes.ok
  },
})
