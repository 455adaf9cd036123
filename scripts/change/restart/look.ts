import { readTarget, type TargetState } from '../../cluster/target.ts'
import { readReaders, type TierReaders } from '../../inspect/survey/readers.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { type Problem, ProblemError } from '../../lib/problems.ts'
import type { ExternalSecretModel, TierModel } from '../../model/resolve.ts'

/** What reads the targets of a tier, and these targets. */
export interface RestartState {
  readonly tier: TierModel
  readonly readers: TierReaders
  /** Those that exist. */
  readonly targets: ReadonlyMap<ExternalSecretModel, TargetState>
}

/**
 * Looks at what reads the targets of some tiers.
 *
 * @throws ProblemError `TARGET_UNREADABLE`, `WORKLOADS_UNREADABLE`, all of them: nothing can be decided without reading these
 */
export async function lookAtReaders(
  client: KubernetesClient,
  tiers: readonly TierModel[],
  signal?: AbortSignal,
): Promise<RestartState[]> {
  const problems: Problem[] = []
  const views = await Promise.all(
    tiers.map(async (tier) => {
      const targets = new Map<ExternalSecretModel, TargetState>()
      for (const target of tier.externalSecrets) {
        const ref = { namespace: tier.namespace, name: target.name }
        const view = await readTarget(client, ref, signal)
        if (view === 'unreadable') problems.push(targetUnreadable(describeObject(kinds.secret, ref)))
        else if (view) targets.set(target, view)
      }
      const readers = await readReaders(client, tier, signal).catch((error: unknown): TierReaders => {
        if (!isForbidden(error)) throw error
        problems.push(workloadsUnreadable(tier))
        return { consumers: new Map(), unlisted: [] }
      })
      return { tier, readers, targets }
    }),
  )
  if (problems.length > 0) throw new ProblemError(problems)
  return views
}

/** Nobody may decide what to restart who can't see what reads. */
export function workloadsUnreadable({ namespace }: Pick<TierModel, 'namespace'>): Problem {
  return {
    code: 'WORKLOADS_UNREADABLE',
    where: `Namespace/${namespace}`,
    message: 'you may not list its workloads. Expected the right to list workloads and pods.',
    fix: 'Ask an administrator of the cluster for this right.',
  }
}

// --- internal ---

function targetUnreadable(where: string): Problem {
  return {
    code: 'TARGET_UNREADABLE',
    where,
    message:
      'you may not read it, so it is unknown when it last changed. Expected the right to get it; its values are not used.',
    fix: 'Ask an administrator of the cluster for this right.',
  }
}
