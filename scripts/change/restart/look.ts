import { readTarget, type TargetSight } from '../../cluster/target.ts'
import { type ConsumerSight, readConsumers } from '../../inspect/survey/cluster-survey.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { type ExternalSecretModel, externalSecrets, type TierModel } from '../../model/resolve.ts'

/** The workloads of a tier, and the targets they read. */
export interface RestartSight {
  readonly tier: TierModel
  /** By name of the workload. */
  readonly consumers: ReadonlyMap<string, ConsumerSight>
  /** Those that exist. */
  readonly targets: ReadonlyMap<ExternalSecretModel, TargetSight>
}

/**
 * Looks at the workloads of some tiers.
 *
 * @throws ProblemError `TARGET_UNREADABLE`, `WORKLOADS_UNREADABLE`, all of them: without a look nothing can be decided
 */
export async function lookAtConsumers(
  client: KubernetesClient,
  tiers: readonly TierModel[],
  signal?: AbortSignal,
): Promise<RestartSight[]> {
  const problems: Problem[] = []
  const sights = await Promise.all(
    tiers.map(async (tier) => {
      const targets = new Map<ExternalSecretModel, TargetSight>()
      for (const target of externalSecrets(tier)) {
        const ref = { namespace: tier.namespace, name: target.name }
        const sight = await readTarget(client, ref, signal)
        if (sight === 'unreadable') problems.push(unreadable('TARGET_UNREADABLE', describeObject(kinds.secret, ref)))
        else if (sight) targets.set(target, sight)
      }
      const consumers = await readConsumers(client, tier, signal).catch((error: unknown) => {
        if (!isForbidden(error)) throw error
        problems.push(unreadable('WORKLOADS_UNREADABLE', `Namespace/${tier.namespace}`))
        return new Map<string, ConsumerSight>()
      })
      return { tier, consumers, targets }
    }),
  )
  if (problems.length > 0) throw new ProblemError(problems)
  return sights
}

// --- internal ---

function unreadable(code: 'TARGET_UNREADABLE' | 'WORKLOADS_UNREADABLE', where: string): Problem {
  const isTarget = code === 'TARGET_UNREADABLE'
  return {
    code,
    where,
    message: isTarget
      ? 'may not be read by you, so that nobody knows when it changed. Expected the right to get it; its values are not looked at.'
      : 'its workloads may not be listed by you. Expected the right to list workloads and pods.',
    fix: 'Have the right given to whoever runs this.',
  }
}
