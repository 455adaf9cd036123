import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import { tierNames } from '../../model/names.ts'
import { type TargetSpec, targetTypeDefinition } from '../../model/target-types.ts'
import { namesOfTarget } from '../../model/targets.ts'
import type { TierPart } from './assign-tiers.ts'

/** The targets of a tier by the Secrets that it has today: undefined is the main one. */
export type TierTargets = ReadonlyMap<string, string | undefined>

/**
 * One of the Secrets of a tier becomes its main target: the one that is called so, or else the one with the most keys. Every
 * other is a target of its own, so that no workload gets more than it has today.
 *
 * @param parts the tier in each environment
 */
export function tierTargets(tier: string, parts: readonly TierPart[]): TierTargets {
  const keys = parts.flatMap((part) => part.keys)
  const secrets = [...groupBy(keys, ({ target }) => target)].sort(([a], [b]) => compare(a, b))
  const { required, optional } = tierNames('', tier)
  const isMain = (name: string) => name === required || name === optional
  const untyped = secrets.filter(([, own]) => own.every(({ type = 'Opaque' }) => type === 'Opaque'))
  const largest = [...untyped].sort(
    ([, a], [, b]) => new Set(b.map(({ key }) => key)).size - new Set(a.map(({ key }) => key)).size,
  )
  const main = secrets.some(([name]) => isMain(name)) ? undefined : largest[0]?.[0]
  const targets = new Map<string, string | undefined>()
  for (const [name] of secrets) {
    const isOptional = name.endsWith('-optional') && targets.has(name.replace(/-optional$/, ''))
    if (isMain(name) || name === main) targets.set(name, undefined)
    else if (isOptional) targets.set(name, targets.get(name.replace(/-optional$/, '')))
    else targets.set(name, freeName(nameOf(tier, name), [...targets.values()]))
  }
  return targets
}

/** The type that a target of the catalogue has for a Secret of a type; undefined: none can have it. */
export function targetSpecOf(type: string | undefined): TargetSpec | undefined {
  if (type === undefined || type === 'Opaque') return {}
  return targetTypeDefinition(type) === undefined ? undefined : ({ type } as TargetSpec)
}

/** Names of the Secrets that a target has in the catalogue: the required one, and that of its optional entries. */
export function secretsOfTarget(tier: string, target: string | undefined): readonly [string, string] {
  const { required, optional } = target === undefined ? tierNames('', tier) : namesOfTarget(tier, target)
  return [required, optional]
}

// --- internal ---

/** What the name of a Secret says besides its tier: `backend-tls` is `tls`. */
function nameOf(tier: string, secret: string): string {
  const own = secret.startsWith(`${tier}-`) ? secret.slice(tier.length + 1) : secret
  const name = own
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '')
  return /^[a-z]/.test(name) ? name : `target-${name}`
}

/** `main`, `secrets` and `optional-secrets` mean the main target. */
function freeName(wanted: string, taken: readonly (string | undefined)[]): string {
  const reserved = ['main', 'secrets', 'optional-secrets', ...taken]
  for (let number = 1; ; number++) {
    const name = number === 1 ? wanted : `${wanted}-${number}`
    if (!reserved.includes(name)) return name
  }
}
