import { type Adoption, isDeployedOtherwise, noAdoption, ownershipProblems } from '../../cluster/adoption.ts'
import { foreignFields } from '../../cluster/drift.ts'
import { keysOf } from '../../cluster/expected-spec.ts'
import { environmentOf, type OwnedObject } from '../../cluster/ownership.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import type { FieldChange } from '../../kubernetes/difference.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { type Problem, sortProblems } from '../../lib/problems.ts'
import { engineOf, nextStep } from '../../model/delivery/deploy-step.ts'
import { missingRightFix } from '../../model/rbac.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import { type OperatorReader, organizationOf } from '../../scaleway/account.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import { countSecrets } from '../../scaleway/secrets.ts'
import { missingKeys } from '../doctor/missing-keys.ts'
import { emptyProjectFindings } from '../status/empty-projects.ts'
import { readReaders } from '../survey/readers.ts'
import { type FolderState, surveyRemoteSecrets } from '../survey/remote-secrets.ts'
import { type DailyRequests, requestsPerDay } from './daily-requests.ts'
import { asEngineApplies, leftRelease, problemsForEngine } from './engine-problems.ts'
import type { LiveExternalSecret } from './key-destination.ts'
import { isOfPlan, leftNamespaces, liveObjects } from './live-objects.ts'
import { type MissingSecret, missingProblems, missingSecrets } from './missing.ts'
import { otherWriterProblems } from './other-writers.ts'
import { type ObjectChange, planObjects } from './plan-objects.ts'
import { planRemovals, type RemovedTarget, readRemovedTargets, removedTargetProblem } from './removals.ts'
import { type RemovedKey, readRemovedKeys, removedKeyProblems } from './removed-keys.ts'
import { type Restart, restartsOf } from './restarts.ts'
import { targetTypeProblems } from './target-type-problems.ts'

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
  /** What is to be done for the changes, where an engine deploys. Undefined: nothing */
  readonly next: string | undefined
  readonly problems: readonly Problem[]
}

export interface PlanSources {
  readonly client: ClusterReader
  /** Undefined: Scaleway is not asked. */
  readonly account: OperatorReader | undefined
  readonly model: EnvironmentModel
  /** As a deployment would render them, in the order Helm applies them. */
  readonly manifests: readonly KubernetesObject[]
  /** It is Helm that deploys, and which objects it may take over. Default: whoever has deployed before, and none */
  readonly adoption?: Adoption
  readonly signal?: AbortSignal
}

/**
 * Asks the API server and Scaleway what a deployment would change. Nothing is written.
 *
 * @throws KubernetesError, or ProblemError, when something can't be read
 */
export async function planDeployment(sources: PlanSources): Promise<DeployPlan> {
  const { client, model, manifests, signal } = sources
  const namespaces = model.tiers.map(({ namespace }) => namespace)
  const [{ changes, problems }, before, folders] = await Promise.all([
    planChanges(sources),
    liveObjects(sources, namespaces),
    remoteSecretsOf(sources),
  ])
  const left = await liveObjects(
    sources,
    leftNamespaces(changes).filter((name) => !namespaces.includes(name)),
  )
  const missing = folders ? missingSecrets(model, folders, new Date()) : []
  const { gone, lossProblems } = await readLosses(sources, changes, before)
  const types = await targetTypeProblems(client, model, changes, signal)
  const keys = await missingKeys(client, model, signal)
  const restarts = await Promise.all(
    model.tiers.map(async (tier) => {
      const readers = await readReaders(client, tier, signal).catch((error: unknown) => {
        if (!isForbidden(error)) throw error
        return undefined
      })
      return { tier, restarts: readers && restartsOf(tier, readers, changes, gone) }
    }),
  )
  const quota = await quotaOf(sources, missing.filter(({ isNowhere }) => isNowhere).length)
  return {
    changes,
    missing,
    restarts: restarts.flatMap((one) => one.restarts ?? []),
    requests: {
      before: requestsPerDay([...before, ...left].filter(isOfPlan(changes))),
      after: requestsPerDay(manifests),
    },
    quota,
    next: changes.some(isToApply) ? nextStep(model) : undefined,
    problems: sortProblems([
      ...problems,
      ...types,
      ...keys.map(({ problem }) => problem),
      ...lossProblems,
      ...restarts.flatMap(({ tier, restarts }) => (restarts ? [] : [readersUnseen(tier)])),
      ...missingProblems(missing),
      ...(folders ? emptyProjectFindings(model, folders) : []).map(({ specs: _, ...problem }) => problem),
      ...(quota && quota.after > quota.limit ? [overQuota(model, quota)] : []),
    ]),
  }
}

// --- internal ---

/** Whether an engine does something about it: it leaves what others have added to an object. */
function isToApply({ action, fields }: ObjectChange): boolean {
  const isAdded = ({ after, managers = [] }: FieldChange) => after === undefined && managers.length > 0
  return (
    action === 'add' || action === 'remove' || (action === 'change' && !(fields.length > 0 && fields.every(isAdded)))
  )
}

/** What a deployment does to the objects of a release. */
interface ReleaseChanges {
  readonly changes: readonly ObjectChange[]
  /** What the API server refuses, and what the deployment puts back. */
  readonly problems: readonly Problem[]
}

/**
 * Which objects a deployment adds, changes and removes, by the API server's own account. Nothing is written.
 *
 * @throws KubernetesError for what may not be read
 */
async function planChanges({
  client,
  model,
  manifests,
  adoption,
  signal,
}: Omit<PlanSources, 'account'>): Promise<ReleaseChanges> {
  const engine = engineOf(model)?.engine
  const [objects, removals, left] = await Promise.all([
    planObjects({ client, model, manifests, signal, mayBeReader: adoption === undefined }),
    planRemovals(client, model, manifests, signal),
    engine ? leftRelease(client, model, engine, signal) : [],
  ])
  const problems = engine
    ? [
        ...objects.problems.map((problem) => asEngineApplies(engine, problem)),
        ...problemsForEngine(model, engine, objects.owned),
        ...left,
      ]
    : [...objects.problems, ...ownerProblems(model, objects.owned, adoption)]
  return { changes: [...objects.changes, ...removals], problems: sortProblems(problems) }
}

/**
 * Where another way than Helm has deployed the chart, it owns what it deployed, and it is not stopped by what Helm would not
 * change.
 */
function ownerProblems(model: EnvironmentModel, owned: readonly OwnedObject[], adoption?: Adoption): Problem[] {
  if (adoption || !isDeployedOtherwise(model, owned)) return ownershipProblems(model, owned, adoption ?? noAdoption)
  const others = owned.filter(({ live }) => environmentOf(live) !== model.environment)
  return ownershipProblems(model, others, noAdoption).map((problem) =>
    problem.code === 'ENVIRONMENT_DIFFERS' ? problem : { ...problem, severity: 'warning' },
  )
}

/** Targets and keys that go, and what keeps the operator from writing a target. */
async function readLosses(
  { client, model, signal }: PlanSources,
  changes: readonly ObjectChange[],
  before: readonly KubernetesObject[],
): Promise<{ gone: readonly RemovedTarget[]; lossProblems: readonly Problem[] }> {
  const live = before.filter(({ kind }) => kind === kinds.externalSecret.kind) as LiveExternalSecret[]
  const removed = changes.filter(({ kind, action }) => kind === kinds.externalSecret.kind && action === 'remove')
  const [gone, keys, writers] = await Promise.all([
    readRemovedTargets(client, changes, live, signal),
    readRemovedKeys(client, model, live, signal),
    otherWriterProblems(client, model, live, removed, signal),
  ])
  const foreign = new Set(changes.flatMap(foreignKeys))
  const isForeign = ({ namespace, target, key }: RemovedKey) => foreign.has(`${namespace}/${target} ${key}`)
  const lossProblems = [...gone.map(removedTargetProblem), ...removedKeyProblems(keys, isForeign), ...writers]
  return { gone, lossProblems }
}

function readersUnseen({ namespace }: TierModel): Problem {
  return {
    code: 'READERS_UNSEEN',
    where: describeObject(kinds.namespace, { name: namespace }),
    message:
      'you may not list its workloads, so that it is not known which need a restart. Expected the right to list them.',
    fix: `Nothing has to be done where no key goes away. ${missingRightFix()}`,
    severity: 'warning',
  }
}

/** Keys that somebody has added to an ExternalSecret since it was deployed. */
function foreignKeys({ kind, namespace, name, fields, owner }: ObjectChange): string[] {
  if (kind !== kinds.externalSecret.kind || owner !== undefined) return []
  const keys = foreignFields(fields).flatMap((field) => keysOf(field, undefined))
  return keys.map((key) => `${namespace}/${name} ${key}`)
}

async function remoteSecretsOf({ account, model }: PlanSources): Promise<FolderState[] | undefined> {
  return account && surveyRemoteSecrets(account, model)
}

/** Without the right to list the organization the count is left out; nothing else depends on it. */
async function quotaOf({ account, model }: PlanSources, missing: number): Promise<DeployPlan['quota']> {
  const organizationId = account && organizationOf(account, model)
  if (account === undefined || organizationId === undefined) return undefined
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
