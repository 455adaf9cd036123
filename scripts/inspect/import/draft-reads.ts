import type { ReadsSpec, TargetSpec } from '../../model/target-types.ts'
import { mainTargetName } from '../../model/targets.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { TierPart } from './assign-tiers.ts'
import type { FoundWorkload } from './facts.ts'
import { targetSpecOf, tierTargets } from './tier-targets.ts'

/** The targets of a tier besides its main one, as far as they have entries. */
export function draftTargets(
  tier: string,
  parts: readonly TierPart[],
  secrets: readonly SecretSpec[],
): Readonly<Record<string, TargetSpec>> {
  const targets = tierTargets(tier, parts)
  const types = new Map(
    parts.flatMap(({ keys }) =>
      keys.map(({ target, type }) => [targets.get(target), targetSpecOf(type) ?? {}] as const),
    ),
  )
  const used = [...new Set(secrets.flatMap((secret) => (secret.tier === tier ? (secret.target ?? []) : [])))].sort()
  return Object.fromEntries(used.map((name) => [name, types.get(name) ?? {}]))
}

/** What a workload reads of its tier; undefined: the main target, as every workload does of which nothing is said. */
export function draftReads(
  { tier, ...part }: TierPart,
  { uses }: FoundWorkload,
  secrets: readonly SecretSpec[],
  targets: ReturnType<typeof tierTargets>,
): ReadsSpec | undefined {
  const own = secrets.filter((secret) => secret.tier === tier)
  const nameOf = (secret: SecretSpec) => secret.target ?? mainTargetName
  const read = own.filter((secret) =>
    uses.some(
      (use) =>
        part.keys.some(({ target }) => target === use.secret) &&
        (targets.get(use.secret) ?? mainTargetName) === nameOf(secret) &&
        (use.keys?.includes(secret.key ?? secret.variable) ?? true),
    ),
  )
  const isWhole = (name: string) => own.every((secret) => nameOf(secret) !== name || read.includes(secret))
  const names = [...new Set(read.map(nameOf))].filter(isWhole).sort()
  const variables = read.filter((secret) => !names.includes(nameOf(secret))).map(({ variable }) => variable)
  const isUsual = variables.length === 0 && (names.length === 1 ? names[0] === mainTargetName : own.length === 0)
  if (isUsual) return undefined
  return {
    ...(names.length > 0 ? { targets: names } : {}),
    ...(variables.length > 0 ? { variables: variables.sort() } : {}),
  }
}
