import { releaseSelector } from '../../cluster/helm-release.ts'
import { type PodTemplate, readPodTemplates } from '../../cluster/pod-templates.ts'
import { wantedSyncs } from '../../cluster/release-gate.ts'
import { podsOf, type RunningPod, readRunningPods } from '../../cluster/running-pods.ts'
import { readStore, type StoreState } from '../../cluster/stores.ts'
import { type WaitReport, waitForSync } from '../../cluster/wait-for-sync.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../../kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { type EnvironmentModel, externalSecrets, type TierModel } from '../../model/resolve.ts'

/** What a cluster has of one tier. */
export interface TierState {
  readonly tier: TierModel
  readonly store: StoreState
  /** One per ExternalSecret of the tier, the required one first. */
  readonly reports: readonly WaitReport[]
  /** Names of ExternalSecrets of the release that are no longer in the catalogue. */
  readonly leftovers: readonly string[]
  /** By name of the workload. `unreadable`: we have no right to read it. */
  readonly consumers: ReadonlyMap<string, ConsumerState> | 'unreadable'
}

/** A workload of the catalogue as it is in the cluster. */
export interface ConsumerState {
  /** Undefined: it doesn't exist, or is of another kind. */
  readonly template?: PodTemplate
  readonly pods: readonly RunningPod[]
}

/**
 * Reads once everything the catalogue implies in a cluster.
 *
 * @throws as `waitForSync`, when the cluster can't be read at all
 */
export async function surveyCluster(
  client: ClusterReader,
  model: EnvironmentModel,
  signal?: AbortSignal,
): Promise<TierState[]> {
  const options = { timeoutMs: 0, ...(signal ? { signal } : {}) }
  const [reports, ...tiers] = await Promise.all([
    waitForSync(client, wantedSyncs(model), options),
    ...model.tiers.map(async (tier) => ({
      tier,
      store: await readStore(client, model, tier, signal),
      leftovers: await readLeftovers(client, model, tier, signal),
      consumers: await readConsumers(client, tier, signal).catch((error: unknown) => {
        if (isForbidden(error)) return 'unreadable' as const
        throw error
      }),
    })),
  ])
  return tiers.map((view) => ({
    ...view,
    reports: reports.filter(({ ref }) => ref.namespace === view.tier.namespace),
  }))
}

/** Every workload of a tier, and the pods it made. */
export async function readConsumers(
  client: ClusterReader,
  { namespace, workloads }: TierModel,
  signal?: AbortSignal,
): Promise<ReadonlyMap<string, ConsumerState>> {
  const [templates, pods] = await Promise.all([
    readPodTemplates(client, namespace, signal),
    readRunningPods(client, namespace, signal),
  ])
  const views = Object.entries(workloads).map(([name, { kind }]): [string, ConsumerState] => {
    const template = templates.find((one) => one.name === name && one.kind === kind)
    return [name, template ? { template, pods: podsOf(template, pods) } : { pods: [] }]
  })
  return new Map(views)
}

// --- internal ---

async function readLeftovers(
  client: Pick<ClusterReader, 'list'>,
  { release }: Pick<EnvironmentModel, 'release'>,
  tier: TierModel,
  signal?: AbortSignal,
): Promise<string[]> {
  const options = { namespace: tier.namespace, labelSelector: releaseSelector(release), ...(signal ? { signal } : {}) }
  const { items } = await client.list<KubernetesObject>(kinds.externalSecret, options).catch((error: unknown) => {
    if (isNotFound(error)) return { items: [] }
    throw error
  })
  const wanted = externalSecrets(tier).map(({ name }) => name)
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && !wanted.includes(metadata.name))
    .map(({ metadata }) => metadata.name)
}
