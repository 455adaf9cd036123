import { chartSelector } from '../../cluster/ownership.ts'
import { wantedSyncs } from '../../cluster/release-gate.ts'
import { readStore, type StoreState } from '../../cluster/stores.ts'
import { type WaitReport, waitForSync } from '../../cluster/wait-for-sync.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../../kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import { readReaders, type TierReaders } from './readers.ts'

/** What a cluster has of one tier. */
export interface TierState {
  readonly tier: TierModel
  readonly store: StoreState
  /** One per ExternalSecret of the tier, the required one first. */
  readonly reports: readonly WaitReport[]
  /** Names of ExternalSecrets of the release that are no longer in the catalogue. */
  readonly leftovers: readonly string[]
  /** `unreadable`: we have no right to list workloads or pods. */
  readonly readers: TierReaders | 'unreadable'
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
      readers: await readReaders(client, tier, signal).catch((error: unknown) => {
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

// --- internal ---

async function readLeftovers(
  client: Pick<ClusterReader, 'list'>,
  model: Pick<EnvironmentModel, 'application' | 'environment'>,
  tier: TierModel,
  signal?: AbortSignal,
): Promise<string[]> {
  const options = { namespace: tier.namespace, labelSelector: chartSelector(model), ...(signal ? { signal } : {}) }
  const { items } = await client.list<KubernetesObject>(kinds.externalSecret, options).catch((error: unknown) => {
    if (isNotFound(error)) return { items: [] }
    throw error
  })
  const wanted = tier.externalSecrets.map(({ name }) => name)
  return items
    .filter(({ metadata }) => metadata.deletionTimestamp === undefined && !wanted.includes(metadata.name))
    .map(({ metadata }) => metadata.name)
}
