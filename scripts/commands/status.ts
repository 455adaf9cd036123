import { readOtherEnvironment } from '../cluster/environment-owner.ts'
import { listingOperators, readOperators } from '../cluster/operators.ts'
import { renderer } from '../inspect/doctor/examine.ts'
import { isSeen } from '../inspect/doctor/fact.ts'
import { examineAll } from '../inspect/every-environment/examine-all.ts'
import { printAll } from '../inspect/every-environment/report.ts'
import { findingsText } from '../inspect/status/findings-report.ts'
import { observedOf } from '../inspect/status/one-tier.ts'
import { type Status, statusOf } from '../inspect/status/rows.ts'
import { sharedFindings } from '../inspect/status/shared-findings.ts'
import {
  isTold,
  problemsTable,
  statusDocument,
  statusSummary,
  statusTable,
  wrongRows,
} from '../inspect/status/status-report.ts'
import { surveyCluster } from '../inspect/survey/cluster-survey.ts'
import { type DriftSurvey, surveyDrift } from '../inspect/survey/drift-survey.ts'
import { surveyRemoteSecrets, unreadValues } from '../inspect/survey/remote-secrets.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { clusterProblem } from '../kubernetes/errors.ts'
import {
  allOption,
  type CommandIo,
  contextOption,
  defineCommand,
  environmentOption,
  outputOption,
} from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { keyedDigest } from '../lib/keyed-digest.ts'
import { jsonDocument, lines, together } from '../lib/printable.ts'
import { type ExitCode, exitCodes, isError } from '../lib/problems.ts'
import { findTier } from '../model/find-tier.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { isLocalApi, loadAccount } from '../scaleway/account.ts'
import { readerOf } from '../scaleway/connection.ts'
import { openCluster, openEnvironment } from '../session/access.ts'
import { clusterSetting } from '../session/chosen-context.ts'
import { readClusterUid } from '../session/cluster-identity.ts'

interface Options {
  /** Not with `all`. */
  readonly environment: string
  readonly all?: boolean
  readonly context?: string
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
    allOption,
    contextOption,
    { flags: '--tier <name>', description: 'only this tier' },
    { flags: '--problems', description: 'only what is wrong, or one line when nothing is' },
    { flags: '--formats', description: 'also read every value in Scaleway, and check its size, encoding and format' },
    outputOption,
  ],
  async run(options, io) {
    const { environment, all = false, context, problems = false, output } = options
    if (all) return printAll(await examineAll(io, examineWith(options)), output, io)
    const { model, status, now, unchecked, uid } = await look(
      await openEnvironment(environment, io),
      options,
      io,
      context,
    )
    if (output === 'json') io.out(jsonDocument(documentOf(model, status, problems)))
    else io.out((columns) => (problems ? problemsTable : statusTable)(status, now, columns))
    if (!problems || wrongRows(status).length > 0) io.log(statusSummary(status))
    if (uid !== undefined)
      io.log(`the UID of the cluster is ${uid}: ${clusterSetting(uid, model)} takes it under any kube context`)
    for (const line of unchecked) io.log(`not checked: ${line}`)
    const told = status.findings.filter(isTold)
    if (told.length > 0) io.tell(findingsText(told, status.rows))
    return exitCodeOf(status)
  },
})

// --- internal ---

interface Look {
  readonly model: EnvironmentModel
  readonly status: Status
  readonly now: Date
  /** What could not be compared, and why. */
  readonly unchecked: readonly string[]
  /** Of the cluster, where it is worth to be written down. */
  readonly uid: string | undefined
}

/** Asks the four sides of one environment. */
async function look(
  model: EnvironmentModel,
  { tier: only, formats = false }: Options,
  io: CommandIo,
  context: string | undefined,
): Promise<Look> {
  const tier = only === undefined ? undefined : findTier(model, only)
  const account = readerOf(await loadAccount(io.env, io.signal, io.log))
  using client = await openCluster(model, io, context)
  const [folders, tiers, drift, operators, other, uid] = await Promise.all([
    surveyRemoteSecrets(account, model, { values: formats, digest: keyedDigest() }),
    surveyCluster(client, model, io.signal),
    lookForDrift(client, model, io),
    readOperators(client, io.signal),
    readOtherEnvironment(client, model, io.signal),
    identityToTell(client, model, io),
  ]).catch((error: unknown) => {
    throw clusterProblem(error)
  })
  const now = new Date()
  const observed = { folders, tiers, drift, operators, other, shared: sharedFindings(model, folders) }
  const status = statusOf(model, tier ? observedOf(tier, observed) : observed, now)
  const unseen = operators ? [] : [`the version of the operator; you may not ${listingOperators}`]
  const unchecked = [...drift.unseen, ...unseen, ...unreadValues(folders)]
  return { model, status, now, unchecked, uid: other ? undefined : uid }
}

function examineWith(options: Options): Parameters<typeof examineAll>[1] {
  return async (own, io, context) => {
    const { model, status, unchecked } = await look(own, options, io, context)
    const told = status.findings.filter(isTold)
    return {
      exitCode: exitCodeOf(status),
      summary: statusSummary(status),
      document: documentOf(model, status, options.problems),
      told: together(findingsText(told, status.rows), lines(...unchecked.map((line) => `not checked: ${line}`))),
    }
  }
}

function documentOf(model: EnvironmentModel, status: Status, problems = false): object {
  const { findings } = status
  return statusDocument(model, problems ? { rows: wrongRows(status), findings: findings.filter(isTold) } : status)
}

function exitCodeOf({ findings }: Status): ExitCode {
  return findings.filter(isTold).some(isError) ? exitCodes.problems : exitCodes.ok
}

/** What makes the name of the kube context unimportant, for who names it otherwise. On the local stack nothing reads it. */
async function identityToTell(
  client: KubernetesClient,
  model: EnvironmentModel,
  io: CommandIo,
): Promise<string | undefined> {
  if (model.cluster !== undefined || isLocalApi(io.env)) return undefined
  const uid = await readClusterUid(client, io.signal).catch(() => undefined)
  io.signal.throwIfAborted()
  return uid
}

async function lookForDrift(client: KubernetesClient, model: EnvironmentModel, io: CommandIo): Promise<DriftSurvey> {
  const rendered = await renderer(model, io)()
  return isSeen(rendered) ? surveyDrift(client, rendered.value, io.signal) : { drifted: [], unseen: [rendered.unseen] }
}
