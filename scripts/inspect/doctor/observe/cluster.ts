import type { ClusterReader } from '../../../kubernetes/client.ts'
import type { EnvironmentModel } from '../../../model/resolve.ts'
import type { Fact } from '../fact.ts'
import { type KindFacts, kindFacts, type OperatorFacts, operatorFacts } from './operator.ts'
import { type Pace, paceMeter } from './pace.ts'
import { type TierFacts, tierFacts } from './tier.ts'

/** The objects of an environment in a cluster. */
export interface ClusterFacts {
  readonly kinds: readonly KindFacts[]
  /** Deployments of the operator, whatever namespace they are in. */
  readonly operators: Fact<readonly OperatorFacts[]>
  /** Of the API server. */
  readonly pace: Pace
  /** In the order of the model. */
  readonly tiers: readonly TierFacts[]
}

/** Reads once. @throws as `tierFacts` */
export async function clusterFacts(
  client: ClusterReader,
  model: EnvironmentModel,
  signal: AbortSignal,
): Promise<ClusterFacts> {
  const { tiers } = model
  // Not in parallel: a busy connection would make its clock uncertain.
  const pace = await paceOf(client, signal)
  const [kinds, operators, seen] = await Promise.all([
    kindFacts(client, tiers[0]?.namespace ?? '', signal),
    operatorFacts(client, signal),
    Promise.all(tiers.map((tier) => tierFacts(client, model, tier, signal))),
  ])
  return { kinds, operators, pace, tiers: seen }
}

// --- internal ---

async function paceOf(client: Pick<ClusterReader, 'serverTime'>, signal: AbortSignal): Promise<Pace> {
  const meter = paceMeter()
  const sentAt = Date.now()
  const date = await client.serverTime(signal)
  meter.add({ date, sentAt, receivedAt: Date.now() })
  return meter.pace()
}
