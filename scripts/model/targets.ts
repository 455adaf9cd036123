import { compare } from '../lib/problems.ts'
import { namedTarget, type TierNames } from './names.ts'
import type { TargetType } from './target-types.ts'
import type { SecretSpec, TierSpec } from './types.ts'

/** A Secret that a tier has, and the entries it holds. */
export interface Target {
  /** Of the Secret. */
  readonly name: string
  /** As the catalogue calls it; undefined: the main one of its tier. */
  readonly target: string | undefined
  readonly type: TargetType
  readonly optional: boolean
  readonly secrets: readonly SecretSpec[]
}

/** What `reads` calls the target of the entries that name none. */
export const mainTargetName = 'main'

/** Names of the Secrets of a named target, whether it has entries or not. */
export function namesOfTarget(tier: string, target: string): Pick<TierNames, 'required' | 'optional'> {
  const required = namedTarget(tier, target)
  return { required, optional: `${required}-optional` }
}

/** The targets of a tier, the main one first, each before the one of its optional entries; none without entries. */
export function targetsOf(
  tier: {
    readonly name: string
    readonly names: Pick<TierNames, 'required' | 'optional'>
    readonly targets: TierSpec['targets']
  },
  secrets: readonly SecretSpec[],
): Target[] {
  const { required, optional } = tier.names
  const named = Object.entries(tier.targets ?? {}).sort(([a], [b]) => compare(a, b))
  const places = [
    { target: undefined, type: 'Opaque' as const, required, optional },
    ...named.map(([target, { type = 'Opaque' }]) => ({ target, type, ...namesOfTarget(tier.name, target) })),
  ]
  const all = places.flatMap(({ target, type, required, optional }): Target[] => {
    const own = secrets.filter((secret) => secret.target === target)
    return [
      { name: required, target, type, optional: false, secrets: own.filter((secret) => !secret.optional) },
      // Kubernetes refuses a typed Secret that lacks a key, and any of these may be missing.
      { name: optional, target, type: 'Opaque', optional: true, secrets: own.filter((secret) => secret.optional) },
    ]
  })
  return all.filter((one) => one.secrets.length > 0)
}

/** Every Secret that a tier may have, with or without entries, and the credentials Secret. */
export function secretNames(
  tier: string,
  { required, optional, credentialsSecret }: Pick<TierNames, 'required' | 'optional' | 'credentialsSecret'>,
  targets: TierSpec['targets'] = {},
): string[] {
  const named = Object.keys(targets).flatMap((target) => Object.values(namesOfTarget(tier, target)))
  return [credentialsSecret, required, optional, ...named]
}
