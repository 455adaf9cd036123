import type { ClusterReader } from '../../kubernetes/client.ts'
import { isNotFound } from '../../kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { type Problem, sortProblems } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { type OperatorReader, organizationOf } from '../../scaleway/account.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import { countSecrets } from '../../scaleway/secrets.ts'
import { readConsumers } from '../survey/cluster-survey.ts'
import { surveyRemoteSecrets } from '../survey/remote-secrets.ts'
import { type MissingSecret, missingProblem, missingSecrets } from './missing.ts'
import { type ObjectChange, planObjects } from './objects.ts'
import { planRemovals, readRemovedTargets, removedTargetProblem } from './removals.ts'
import { type DailyRequests, requestsPerDay } from './requests.ts'
import { type Restart, restartsOf } from './restarts.ts'

/** What a deployment would do. */
export interface DeployPlan {
  readonly changes: readonly ObjectChange[]
  readonly missing: readonly MissingSecret[]
  readonly restarts: readonly Restart[]
  readonly requests: DailyRequests
  /**
   * Remote secrets of the organization, now and after those to create exist. Those scheduled for deletion count
   * until they are deleted for good. Undefined: they may not be counted.
   */
  readonly quota: { readonly now: number; readonly after: number; readonly limit: number } | undefined
  readonly problems: readonly Problem[]
}

export interface PlanSources {
  readonly client: ClusterReader
  readonly account: OperatorReader
  readonly model: EnvironmentModel
  /** As a deployment would render them, in the order Helm applies them. */
  readonly manifests: readonly KubernetesObject[]
  readonly signal?: AbortSignal
}

/** What a deployment does to the objects of a release. */
export interface ReleaseChanges {
  readonly changes: readonly ObjectChange[]
  /** What the API server refuses, and what the deployment puts back. */
  readonly problems: readonly Problem[]
}

/**
 * Which objects a deployment adds, changes and removes, by the API server's own account. Nothing is written.
 *
 * @throws KubernetesError for what may not be read
 */
export async function planChanges({
  client,
  model,
  manifests,
  signal,
}: Omit<PlanSources, 'account'>): Promise<ReleaseChanges> {
  const [objects, removals] = await Promise.all([
    planObjects(client, model, manifests, signal),
    planRemovals(client, model, manifests, signal),
  ])
  return { changes: [...objects.changes, ...removals], problems: objects.problems }
}

/**
 * Asks the API server and Scaleway what a deployment would change. Nothing is written.
 *
 * @throws KubernetesError, or ProblemError, when something can't be read
 */
export async function planDeployment(sources: PlanSources): Promise<DeployPlan> {
  const { client, account, model, manifests, signal } = sources
  const [{ changes, problems }, before, folders] = await Promise.all([
    planChanges(sources),
    liveObjects(sources),
    surveyRemoteSecrets(account, model),
  ])
  const missing = missingSecrets(model, folders, new Date())
  const gone = await readRemovedTargets(client, changes, signal)
  const restarts = await Promise.all(
    model.tiers.map(async (tier) => restartsOf(tier, await readConsumers(client, tier, signal), changes, gone)),
  )
  const quota = await quotaOf(sources, missing.filter(({ isNowhere }) => isNowhere).length)
  return {
    changes,
    missing,
    restarts: restarts.flat(),
    requests: { before: requestsPerDay(before), after: requestsPerDay(manifests) },
    quota,
    problems: sortProblems([
      ...problems,
      ...gone.map(removedTargetProblem),
      ...missing.flatMap(missingProblem),
      ...(quota && quota.after > quota.limit ? [overQuota(model, quota)] : []),
    ]),
  }
}

// --- internal ---

/** Stores and ExternalSecrets of the tiers as they are now. */
async function liveObjects({ client, model, signal }: PlanSources): Promise<KubernetesObject[]> {
  const lists = model.tiers.flatMap(({ namespace }) =>
    [kinds.externalSecret, kinds.secretStore].map(async (kind) => {
      const options = { namespace, ...(signal ? { signal } : {}) }
      const { items } = await client.list<KubernetesObject>(kind, options).catch((error: unknown) => {
        if (isNotFound(error)) return { items: [] }
        throw error
      })
      // The items of a list have no kind.
      return items.map((item) => ({ ...item, kind: kind.kind }))
    }),
  )
  return (await Promise.all(lists)).flat()
}

/** Without the right to list the organization the count is left out; nothing else depends on it. */
async function quotaOf({ account, model }: PlanSources, missing: number): Promise<DeployPlan['quota']> {
  const organizationId = organizationOf(account, model)
  if (organizationId === undefined) return undefined
  try {
    const now = await countSecrets(account, model.region, organizationId)
    return { now, after: now + missing, limit: model.remoteSecretQuota }
  } catch (error) {
    if (error instanceof ScalewayError && error.status === 403) return undefined
    throw error
  }
}

function overQuota({ remoteSecretQuota }: EnvironmentModel, { now, after }: NonNullable<DeployPlan['quota']>): Problem {
  return {
    code: 'QUOTA_EXCEEDED',
    where: 'the Scaleway organization',
    message: `has ${now} remote secrets, and would have ${after}. Expected at most ${remoteSecretQuota}.`,
    fix: 'Bundle identities (layout "bundle"), or ask Scaleway to raise the quota, and set remoteSecretQuota.',
  }
}
