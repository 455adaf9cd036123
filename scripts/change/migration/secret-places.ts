import { compare } from '../../lib/problems.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import type { Inventory } from './key-inventory.ts'

/** Where the keys of the old Secret are in one tier. */
export interface SecretPlaces {
  readonly oldSecret: string
  /** The targets of the tier, the required one first. */
  readonly targets: readonly { readonly name: string; readonly optional: boolean }[]
  /** By key of the old Secret: which target has it, and as which variable. */
  readonly byKey: ReadonlyMap<string, KeyPlace>
}

export interface KeyPlace {
  readonly target: string
  readonly variable: string
  readonly optional: boolean
}

/** Pure. */
export function placesIn(tier: TierModel, { keys }: Pick<Inventory, 'keys'>, oldSecret: string): SecretPlaces {
  const targets = [
    ...(tier.required ? [{ ...tier.required, optional: false }] : []),
    ...(tier.optional ? [{ ...tier.optional, optional: true }] : []),
  ]
  const byKey = targets.flatMap((target) =>
    specsOf(target).flatMap((spec): [string, KeyPlace][] => {
      const key = keys.get(spec)
      const { name, optional } = target
      return key === undefined ? [] : [[key, { target: name, variable: spec.variable, optional }]]
    }),
  )
  return {
    oldSecret,
    targets: targets.map(({ name, optional }) => ({ name, optional })),
    byKey: new Map(byKey.sort(([a], [b]) => compare(a, b))),
  }
}

/** The note for a key that a workload reads and its tier doesn't have. */
export function notHere({ oldSecret }: SecretPlaces, key: string): string {
  return `it reads ${key} of ${oldSecret}, which its tier does not have`
}
