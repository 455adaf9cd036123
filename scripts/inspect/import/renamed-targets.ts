import { groupBy } from '../../lib/group.ts'
import type { SecretSpec } from '../../model/types.ts'
import { reads } from './assign-tiers.ts'
import type { Guessed } from './draft.ts'
import type { EnvironmentInput } from './draft-environments.ts'
import type { Leftover } from './facts.ts'
import { secretsOfTarget, tierTargets } from './tier-targets.ts'

/** Secrets that pod templates and others name, and that have another name in the draft: a tier's Secrets are named after it. */
export function renamedTargets(
  environments: readonly EnvironmentInput[],
  secrets: readonly Guessed<SecretSpec>[],
): Leftover[] {
  const all = environments.flatMap(({ parts, facts }) => parts.map((part) => ({ part, facts })))
  const byTier = groupBy(
    all.map(({ part }) => part),
    ({ tier }) => tier,
  )
  const targets = new Map([...byTier].map(([tier, parts]) => [tier, tierTargets(tier, parts)]))
  return all.flatMap(({ part, facts }) =>
    [...groupBy(part.keys, ({ target }) => target)].flatMap(([secret, keys]): Leftover[] => {
      const target = targets.get(part.tier)?.get(secret)
      const own = secrets.filter(({ value }) => value.tier === part.tier && value.target === target)
      const [required, optional] = secretsOfTarget(part.tier, target)
      const names = [
        ...(own.some(({ value }) => !value.optional) ? [required] : []),
        ...(own.some(({ value }) => value.optional) ? [optional] : []),
      ]
      const named = facts.names.filter((one) => one.namespace === part.namespace && one.secret === secret)
      const readers = part.workloads.filter((workload) => keys.some((key) => reads(workload, key)))
      if (names.length === 0 || names.includes(secret)) return []
      const now = names.join(' and ')
      const renamed = {
        code: 'TARGET_RENAMED',
        why: `it is called ${now} here: the Secrets of a tier are named after it`,
      }
      const list = readers.map(({ name }) => name).join(', ')
      const others = [...new Set(named.map(({ by }) => by))]
      return [
        ...readers.slice(0, 1).map(({ where }) => ({
          ...renamed,
          where,
          what: `Secret ${secret}, which ${list} read${readers.length === 1 ? 's' : ''}`,
          todo: `Name ${now} in the pod templates instead.`,
        })),
        ...named.slice(0, 1).map(({ where }) => ({
          ...renamed,
          where,
          what: `Secret ${secret}, which ${others.join(' and ')} name${others.length === 1 ? 's' : ''}`,
          todo: `Name ${required} there instead.`,
        })),
      ]
    }),
  )
}
