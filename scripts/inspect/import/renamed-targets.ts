import { groupBy } from '../../lib/group.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import { reads, type TierPart } from './assign-tiers.ts'
import type { Guessed } from './draft.ts'
import type { EnvironmentInput } from './draft-environments.ts'
import type { FoundWorkload, Leftover } from './facts.ts'
import type { TargetKey } from './target-keys.ts'
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
      if (names.includes(secret)) return movedKeys(part, keys, own, [required, optional])
      const readers = readersOf(part, keys)
      const now = names.join(' and ')
      const renamed = {
        code: 'TARGET_RENAMED',
        why: `it is called ${now} here: the Secrets of a tier are named after it`,
      }
      const others = [...new Set(named.map(({ by }) => by))]
      if (names.length === 0) return []
      return [
        ...readers.slice(0, 1).map(({ where }) => ({
          ...renamed,
          where,
          what: `Secret ${secret}, which ${readBy(readers)}`,
          todo: `Name ${now} in the pod templates instead.`,
        })),
        ...named.slice(0, 1).map(({ where }) => ({
          ...renamed,
          where,
          what: `Secret ${secret}, named by ${others.join(' and ')}`,
          todo: `Name ${required} there instead.`,
        })),
      ]
    }),
  )
}

// --- internal ---

function readersOf({ workloads }: TierPart, keys: readonly TargetKey[]): FoundWorkload[] {
  return workloads.filter((workload) => keys.some((key) => reads(workload, key)))
}

function readBy(readers: readonly FoundWorkload[]): string {
  return `${readers.map(({ name }) => name).join(', ')} read${readers.length === 1 ? 's' : ''}`
}

/** Keys of a Secret that keeps its name, and that are in the other one of its target: that of the optional entries, mostly. */
function movedKeys(
  part: TierPart,
  keys: readonly TargetKey[],
  own: readonly Guessed<SecretSpec>[],
  [required, optional]: readonly [string, string],
): Leftover[] {
  const placed = keys.flatMap((key) => {
    const spec = own.find(({ value }) => keyOf(value) === key.key)?.value
    return spec === undefined ? [] : [{ key, now: spec.optional ? optional : required }]
  })
  return [...groupBy(placed, ({ now }) => now)].flatMap(([now, same]) => {
    const moved = same.map(({ key }) => key).filter(({ target }) => target !== now)
    const readers = readersOf(part, moved)
    const [first] = readers
    if (!first) return []
    return {
      code: 'TARGET_RENAMED',
      where: first.where,
      what: `Secret ${moved[0]?.target}: ${moved.map(({ key }) => key).join(', ')}, which ${readBy(readers)}`,
      why: `it is in ${now} here: what is optional has a Secret of its own`,
      todo: `Name ${now} for it in the pod templates${now === optional ? ', with `optional: true`' : ''}.`,
    }
  })
}
