import { compare } from '../../lib/problems.ts'
import { consumes } from '../../model/consumers.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { Inventory } from './key-inventory.ts'

/** Where the keys of the old Secret are in one tier, for one workload of it. */
export interface SecretPlaces {
  readonly oldSecret: string
  /** The targets of the tier, the main one first. */
  readonly targets: readonly TargetPlace[]
  /** By key of the old Secret: which target has it, and under which key. */
  readonly byKey: ReadonlyMap<string, KeyPlace>
}

export interface TargetPlace {
  readonly name: string
  readonly optional: boolean
  /** The workload reads all of it. */
  readonly isWhole: boolean
}

export interface KeyPlace {
  readonly target: TargetPlace
  readonly newKey: string
  /** The workload reads it according to the catalogue. */
  readonly isRead: boolean
}

/** Pure. */
export function placesIn(
  tier: TierModel,
  workload: string,
  { keys }: Pick<Inventory, 'keys'>,
  oldSecret: string,
): SecretPlaces {
  const places = tier.externalSecrets.map((model) => {
    const { name, optional } = model
    const isWhole = specsOf(model).every((spec) => consumes(tier, workload, spec))
    return { model, target: { name, optional, isWhole } }
  })
  const byKey = places.flatMap(({ model, target }) =>
    specsOf(model).flatMap((spec): [string, KeyPlace][] => {
      const key = keys.get(spec)
      return key === undefined ? [] : [[key, { target, newKey: keyOf(spec), isRead: consumes(tier, workload, spec) }]]
    }),
  )
  return {
    oldSecret,
    targets: places.map(({ target }) => target),
    byKey: new Map(byKey.sort(([a], [b]) => compare(a, b))),
  }
}

/** The note for a key that a workload reads and its tier doesn't have. */
export function notHere({ oldSecret }: SecretPlaces, key: string): string {
  return `it reads ${key} of ${oldSecret}, which its tier does not have`
}
