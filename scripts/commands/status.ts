import { listingOperators, readOperators } from '../cluster/operators.ts'
import { renderer } from '../inspect/doctor/examine.ts'
import { isSeen } from '../inspect/doctor/fact.ts'
import { findingsText } from '../inspect/status/findings-report.ts'
import { observedOf } from '../inspect/status/one-tier.ts'
import { statusOf } from '../inspect/status/rows.ts'
import {
  isTold,
  problemsTable,
  statusJson,
  statusSummary,
  statusTable,
  wrongRows,
} from '../inspect/status/status-report.ts'
import { surveyCluster } from '../inspect/survey/cluster-survey.ts'
import { type DriftSurvey, surveyDrift } from '../inspect/survey/drift-survey.ts'
import { surveyRemoteSecrets, unreadValues } from '../inspect/survey/remote-secrets.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import { type CommandIo, defineCommand, environmentOption, outputOption } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { exitCodes, isError } from '../lib/problems.ts'
import { findTier } from '../model/find-tier.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { loadAccount } from '../scaleway/account.ts'
import { readerOf } from '../scaleway/connection.ts'
import { openCluster, openEnvironment } from '../session/access.ts'

interface Options {
  readonly environment: string
  readonly tier?: string
  readonly problems?: boolean
  readonly formats?: boolean
  readonly output: 'table' | 'json'
}

export const command = defineCommand<Options>({
  name: 'status',
  summary: 'Compares catalogue, Scaleway, cluster and workloads, one line per secret; exits 3 when they differ.',
  example: commandLine`status --environment recette --formats`,
  options: [
    environmentOption,
    { flags: '--tier <name>', description: 'only this tier' },
    { flags: '--problems', description: 'only what is wrong, or one line when nothing is' },
    { flags: '--formats', description: 'also read every value in Scaleway, and check its size, encoding and format' },
    outputOption,
  ],
  async run({ environment, tier: only, problems = false, formats = false, output }, io) {
    const model = await openEnvironment(environment, io)
    const tier = only === undefined ? undefined : findTier(model, only)
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
    const observed = { folders, tiers, drift, operators }
    const status = statusOf(model, tier ? observedOf(tier, observed) : observed, now)
    const told = status.findings.filter(isTold)
    if (output === 'json') io.out(statusJson(model, problems ? { rows: wrongRows(status), findings: told } : status))
    else io.out((columns) => (problems ? problemsTable : statusTable)(status, now, columns))
    if (!problems || wrongRows(status).length > 0) io.log(statusSummary(status))
    const unseen = operators ? [] : [`the version of the operator; you may not ${listingOperators}`]
    for (const line of [...drift.unseen, ...unseen, ...unreadValues(folders)]) io.log(`not checked: ${line}`)
    if (told.length > 0) io.tell(findingsText(told, status.rows))
    return told.some(isError) ? exitCodes.problems : exitCodes.ok
  },
})

// --- internal ---

async function lookForDrift(client: KubernetesClient, model: EnvironmentModel, io: CommandIo): Promise<DriftSurvey> {
  const rendered = await renderer(model, io)()
  return isSeen(rendered) ? surveyDrift(client, rendered.value, io.signal) : { drifted: [], unseen: [rendered.unseen] }
}
