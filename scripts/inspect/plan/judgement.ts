import type { Adoption } from '../../cluster/adoption.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { clusterProblem, isRightMissing } from '../../kubernetes/errors.ts'
import type { KubernetesObject } from '../../kubernetes/kinds.ts'
import { type ExitCode, exitCodes, type Problem, ProblemError, sortProblems } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { accountIfAny } from '../../scaleway/account.ts'
import { type DeployPlan, planDeployment } from './deployment.ts'

export interface JudgementSources {
  readonly client: ClusterReader
  readonly model: EnvironmentModel
  readonly manifests: readonly KubernetesObject[]
  readonly adoption: Adoption
  /** Keys and targets may go, although workloads read them. */
  readonly acceptRemovals: boolean
}

interface Io {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
  /** One line about what could not be checked. */
  log(line: string): void
}

/**
 * What `npm run plan` says, before a deployment by Helm: its errors stand in the way. Without an account, or with one that
 * Scaleway does not answer, only the cluster is checked: the deployment itself needs no account.
 *
 * @returns undefined when the cluster may not be compared with what would be deployed
 * @throws as `planDeployment`
 */
export async function judgeDeployment(sources: JudgementSources, io: Io): Promise<DeployPlan | undefined> {
  const { acceptRemovals, ...of } = sources
  const planned = await withAccount(of, io).catch((error: unknown) => {
    if (!isRightMissing(error)) throw clusterProblem(error)
    io.log(`not compared with the cluster: ${(error as Error).message}`)
    return undefined
  })
  return planned && acceptRemovals ? withRemovalsAccepted(planned) : planned
}

/** A plan in which the removal of what workloads read is a warning. */
export function withRemovalsAccepted(plan: DeployPlan): DeployPlan {
  const problems = plan.problems.map((problem): Problem => {
    return isRemoval(problem) ? { ...problem, severity: 'warning' } : problem
  })
  return { ...plan, problems: sortProblems(problems) }
}

/** What a deployment neither fixes nor reports by itself. */
export function isWorthTelling({ code }: Problem): boolean {
  return code !== 'FOREIGN_FIELDS' && code !== 'PLAN_NOT_JUDGED'
}

/** 4, where it is the API server that refuses, as for any other refusal. */
export function exitCodeOf(problems: readonly Problem[]): ExitCode {
  return problems.some(({ code }) => code === 'PLAN_REFUSED' || code === 'KIND_ABSENT')
    ? exitCodes.unreachable
    : exitCodes.problems
}

// --- internal ---

/** The deployment does not depend on what Scaleway answers. */
const patience = { timeoutMs: 10_000, attempts: 2 }

function isRemoval({ code }: Problem): boolean {
  return code === 'TARGET_REMOVED' || code === 'KEY_REMOVED'
}

async function withAccount(of: Omit<JudgementSources, 'acceptRemovals'>, io: Io): Promise<DeployPlan> {
  const { env, signal, log } = io
  try {
    const account = await accountIfAny(env, signal)
    return await planDeployment({ ...of, account: account && { ...account, ...patience }, signal })
  } catch (error) {
    const isScaleway = error instanceof ProblemError && error.problems.every(({ code }) => code.startsWith('SCALEWAY_'))
    if (!isScaleway) throw error
    log(`not checked: what Scaleway has; ${error.message.replace(/\.$/, '')}`)
    return planDeployment({ ...of, account: undefined, signal })
  }
}
