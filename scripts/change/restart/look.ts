import { readTarget, type TargetState } from '../../cluster/target.ts'
import { type ConsumerState, readConsumers } from '../../inspect/survey/cluster-survey.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import { type ExternalSecretModel, externalSecrets, type TierModel } from '../../model/resolve.ts'

/** The workloads of a tier, and the targets they read. */
export interface RestartState {
  readonly tier: TierModel
  /** By name of the workload. */
  readonly consumers: ReadonlyMap<string, ConsumerState>
  /** Those that exist. */
  readonly targets: ReadonlyMap<ExternalSecretModel, TargetState>
}

/**
 * Looks at the workloads of some tiers.
 *
 * @throws ProblemError `TARGET_UNREADABLE`, `WORKLOADS_UNREADABLE`, all of them: nothing can be decided without reading these
 */
export async function lookAtConsumers(
  client: KubernetesClient,
  tiers: readonly TierModel[],
  signal?: AbortSignal,
): Promise<RestartState[]> {
  const problems: Problem[] = []
  const views = await Promise.all(
    tiers.map(async (tier) => {
      const targets = new Map<ExternalSecretModel, TargetState>()
      for (const target of externalSecrets(tier)) {
        const ref = { namespace: tier.namespace, name: target.name }
        const view = await readTarget(client, ref, signal)
        if (view === 'unreadable') problems.push(unreadable('TARGET_UNREADABLE', describeObject(kinds.secret, ref)))
        else if (view) targets.set(target, view)
      }
      const consumers = await readConsumers(client, tier, signal).catch((error: unknown) => {
        if (!isForbidden(error)) throw error
        problems.push(unreadable('WORKLOADS_UNREADABLE', `Namespace/${tier.namespace}`))
        return new Map<string, ConsumerState>()
      })
      return { tier, consumers, targets }
    }),
  )
  if (problems.length > 0) throw new ProblemError(problems)
  return views
}

// --- internal ---

function unreadable(code: 'TARGET_UNREADABLE' | 'WORKLOADS_UNREADABLE', where: string): Problem {
  const isTarget = code === 'TARGET_UNREADABLE'
  return {
    code,
    where,
    message: isTarget
      ? 'you may not read it, so it is unknown when it last changed. Expected the right to get it; its values are not used.'
      : 'you may not list its workloads. Expected the right to list workloads and pods.',
    fix: 'Ask an administrator of the cluster for this right.',
  }
}
