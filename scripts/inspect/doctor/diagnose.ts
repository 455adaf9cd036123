import type { ClusterReader } from '../../kubernetes/client.ts'
import { clusterProblem, KubernetesError } from '../../kubernetes/errors.ts'
import { type ExitCode, exitCodes, isError, type Problem, ProblemError } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type DriftSurvey, surveyDrift } from '../survey/drift-survey.ts'
import type { Cause } from './cause.ts'
import { otherEnvironmentSeen } from './causes/environment.ts'
import { type Fact, isSeen } from './fact.ts'
import { causesOf } from './find-causes.ts'
import { type ClusterTrouble, isTrouble, type Observation } from './observation.ts'
import { admissionFacts, type Refusal, type Render } from './observe/admission.ts'
import { type ClusterFacts, clusterFacts } from './observe/cluster.ts'
import { type ScalewayFacts, scalewayFacts } from './observe/scaleway.ts'
import { unexamined } from './unexamined.ts'

export interface DiagnoseOptions {
  readonly model: EnvironmentModel
  /** Or why there is none. */
  readonly client: ClusterReader | ProblemError
  /** Where Scaleway's API is. */
  readonly apiUrl: string
  /** An emulator on this machine. */
  readonly isLocal: boolean
  /** Secret key of your own account, for what the key of a tier can't see. Default: only the tiers' keys are used */
  readonly secretKey?: string | undefined
  /** For IAM and for other projects. Default: these are not checked */
  readonly organizationId?: string | undefined
  readonly render: Render
  readonly signal: AbortSignal
  /** The clock for ages and due times. Default: the system's clock */
  readonly now?: () => Date
  /** One line of progress. */
  readonly onStep?: (line: string) => void
}

export interface Diagnosis {
  /** What explains others first. */
  readonly causes: readonly Cause[]
  /** What could not be checked: sentences without their period. */
  readonly unexamined: readonly string[]
  /** What is wrong with your own account, and says nothing about the environment. */
  readonly problems: readonly Problem[]
  /**
   * 0 without an error among the causes, 3 with one; 4 when neither side could be read, or one of them refuses the account that
   * runs this.
   */
  readonly exitCode: ExitCode
}

/**
 * Reads the cluster and Scaleway, as far as your rights allow, and finds why secrets do not arrive. Writes
 * nothing. Values are read only where something is wrong with them, and none is kept.
 *
 * @throws only for our own bugs, and the signal's reason when aborted
 */
export async function diagnose(options: DiagnoseOptions): Promise<Diagnosis> {
  const { model, client, apiUrl, isLocal, render, signal, now = () => new Date(), onStep } = options
  onStep?.('checking the cluster')
  const cluster = await orTrouble(() => clusterOf(client, model, signal))
  onStep?.('checking Scaleway')
  const seen = isTrouble(cluster) ? undefined : cluster
  const { secretKey, organizationId } = options
  const scaleway = await scalewayFacts({ apiUrl, secretKey, organizationId, model, cluster: seen, signal })
  const rendered = once(render)
  // Whatever is tried out in the cluster of another environment is refused, or drift.
  const own = seen && otherEnvironmentSeen(model, seen) ? undefined : seen
  const admission = own ? await admissionOf(client, model, own, rendered, signal) : { value: [] }
  const drift = own ? await driftFacts(client, own, rendered, signal) : { value: { drifted: [], unseen: [] } }
  const observation: Observation = { model, now: now(), apiUrl, isLocal, cluster, scaleway, admission, drift }
  const causes = causesOf(observation)
  const { accountRefusal } = scaleway
  const problems = accountRefusal?.status === 401 ? accountRefusal.refusal.problems : []
  return { causes, unexamined: unexamined(observation, causes), problems, exitCode: exitCodeOf(observation, causes) }
}

// --- internal ---

async function clusterOf(client: ClusterReader | ProblemError, model: EnvironmentModel, signal: AbortSignal) {
  if (client instanceof ProblemError) throw client
  return clusterFacts(client, model, signal)
}

/** A cluster that can't be read says nothing about Scaleway. */
async function orTrouble(look: () => Promise<ClusterFacts>): Promise<ClusterFacts | ClusterTrouble> {
  try {
    return await look()
  } catch (error) {
    const isRefused = error instanceof KubernetesError && (error.status === 401 || error.status === 403)
    const told = clusterProblem(error)
    const [problem] = told instanceof ProblemError && told.exitCode === exitCodes.unreachable ? told.problems : []
    if (!problem) throw error
    return { code: isRefused ? 'CLUSTER_REFUSED' : 'CLUSTER_UNREACHABLE', problem: plain(problem) }
  }
}

function plain({ where, message, fix, code }: Problem): Problem {
  return { where, message, fix, code }
}

function once(render: Render): Render {
  let rendered: ReturnType<Render> | undefined
  return () => {
    rendered ??= render()
    return rendered
  }
}

/** Without the kinds of the operator the chart is not in the cluster. */
async function driftFacts(
  client: ClusterReader | ProblemError,
  cluster: ClusterFacts,
  render: Render,
  signal: AbortSignal,
): Promise<Fact<DriftSurvey>> {
  const isLooked = cluster.kinds.every(({ state }) => state === 'served')
  if (!isLooked || client instanceof ProblemError) return { value: { drifted: [], unseen: [] } }
  const rendered = await render()
  return isSeen(rendered) ? { value: await surveyDrift(client, rendered.value, signal) } : rendered
}

async function admissionOf(
  client: ClusterReader | ProblemError,
  model: EnvironmentModel,
  cluster: ClusterFacts,
  render: Render,
  signal: AbortSignal,
): Promise<Fact<readonly Refusal[]>> {
  if (client instanceof ProblemError) return { value: [] }
  return admissionFacts(client, model, cluster, render, signal)
}

function exitCodeOf({ cluster, scaleway }: Observation, causes: readonly Cause[]): ExitCode {
  const isRefused =
    (isTrouble(cluster) && cluster.code === 'CLUSTER_REFUSED') || scaleway.accountRefusal?.status === 401
  if (isRefused || (isTrouble(cluster) && !isExamined(scaleway))) return exitCodes.unreachable
  return causes.some(isError) ? exitCodes.problems : exitCodes.ok
}

function isExamined({ tiers }: ScalewayFacts): boolean {
  return [...tiers.values()].some(({ remotes }) => isSeen(remotes))
}
