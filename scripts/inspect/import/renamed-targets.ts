import { groupBy } from '../../lib/group.ts'
import type { SecretSpec } from '../../model/types.ts'
import { reads } from './assign-tiers.ts'
import type { EnvironmentPart, Guessed } from './draft.ts'
import type { Leftover } from './facts.ts'
import { secretsOfTarget, tierTargets } from './tier-targets.ts'

/** Secrets that pod templates name, and that have another name in the draft: a tier's Secrets are named after it. */
export function renamedTargets(
  environments: readonly EnvironmentPart[],
  secrets: readonly Guessed<SecretSpec>[],
): Leftover[] {
  const all = environments.flatMap(({ parts }) => parts)
  const byTier = groupBy(all, ({ tier }) => tier)
  const targets = new Map([...byTier].map(([tier, parts]) => [tier, tierTargets(tier, parts)]))
  return all.flatMap((part) =>
    [...groupBy(part.keys, ({ target }) => target)].flatMap(([secret, keys]): Leftover[] => {
      const target = targets.get(part.tier)?.get(secret)
      const own = secrets.filter(({ value }) => value.tier === part.tier && value.target === target)
      const [required, optional] = secretsOfTarget(part.tier, target)
      const names = [
        ...(own.some(({ value }) => !value.optional) ? [required] : []),
        ...(own.some(({ value }) => value.optional) ? [optional] : []),
      ]
      const readers = part.workloads.filter((workload) => keys.some((key) => reads(workload, key)))
      if (names.length === 0 || names.includes(secret) || readers.length === 0) return []
      const list = readers.map(({ name }) => name).join(', ')
      return [
        {
          code: 'TARGET_RENAMED',
          where: readers[0]?.where ?? '',
          what: `Secret ${secret}, which ${list} read${readers.length === 1 ? 's' : ''}`,
          why: `it is called ${names.join(' and ')} here: the Secrets of a tier are named after it`,
          todo: `Name ${names.join(' and ')} in the pod templates instead.`,
        },
      ]
    }),
  )
}
