import { listingOperators, readOperators } from '../cluster/operators.ts'
import { renderer } from '../inspect/doctor/examine.ts'
import { isSeen } from '../inspect/doctor/fact.ts'
import { statusOf } from '../inspect/status/rows.ts'
import { states } from '../inspect/status/states.ts'
import { statusJson, statusSummary, statusTable } from '../inspect/status/status-report.ts'
import { surveyCluster } from '../inspect/survey/cluster-survey.ts'
import { type DriftSurvey, surveyDrift } from '../inspect/survey/drift-survey.ts'
import { surveyRemoteSecrets, unreadValues } from '../inspect/survey/remote-secrets.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { exitCodes, formatProblems, isError, ProblemError } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { loadAccount } from '../scaleway/account.ts'
import { readerOf } from '../scaleway/connection.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly formats?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'status',
  summary: 'Compares catalogue, Scaleway, cluster and workloads, one line per secret; exits 3 when they differ.',
  example: commandLine`status --environment recette --formats`,
  options: [
    environmentOption,
    { flags: '--formats', description: 'also read every value in Scaleway, and check its size, encoding and format' },
    outputOption,
  ],
  async run({ environment, formats = false, output }, io) {
    const model = await openEnvironment(environment, io)
    const account = readerOf(await loadAccount(io.env, io.signal, io.log))
    using client = await openCluster(model, io)
    const [folders, tiers, drift, operators] = await Promise.all([
      surveyRemoteSecrets(account, model, { values: formats }),
      surveyCluster(client, model, io.signal),
      lookForDrift(client, model, io),
      readOperators(client, io.signal),
    ]).catch((error: unknown) => {
      throw clusterProblem(error)
    })
    const now = new Date()
    const status = statusOf(model, { folders, tiers, drift, operators }, now)
    io.out(output === 'json' ? statusJson(model, status) : statusTable(status, now))
    const told = status.findings.filter(({ code }) => states[code].severity !== 'fine')
    io.log(statusSummary(status))
    const unseen = operators ? [] : [`the version of the operator; you may not ${listingOperators}`]
    for (const line of [...drift.unseen, ...unseen, ...unreadValues(folders)]) io.log(`not checked: ${line}`)
    if (told.some(isError)) throw new ProblemError(told)
    if (told.length > 0) io.tell(formatProblems(told))
    return exitCodes.ok
  },
})

// --- internal ---

async function lookForDrift(client: KubernetesClient, model: EnvironmentModel, io: CommandIo): Promise<DriftSurvey> {
  const rendered = await renderer(model, io)()
  return isSeen(rendered) ? surveyDrift(client, rendered.value, io.signal) : { drifted: [], unseen: [rendered.unseen] }
}
