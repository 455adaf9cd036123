import type { SecretObject } from '../kubernetes/kinds.ts'
import type { Digest } from '../lib/keyed-digest.ts'
import { type FillEntry, fillEntries } from '../model/fill-entries.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf, type TierModel } from '../model/resolve.ts'
import { keyOf } from '../model/specs.ts'
import type { ScalewayAccount } from '../scaleway/connection.ts'
import { latestValue } from './fill/latest-value.ts'

/** A catalogued key of a Secret whose bytes differ from those the operator would write. */
export interface ForeignValue {
  readonly key: string
  readonly entry: FillEntry
  /** `absent`: Scaleway has no value, and gets none. */
  readonly other: 'differs' | 'absent'
}

export interface ComparedTarget {
  readonly tier: TierModel
  readonly target: ExternalSecretModel
  readonly secret: SecretObject
}

/**
 * Compares by digest what a target holds with what the operator would write.
 *
 * @param given the value that an entry will have; undefined: that of Scaleway
 */
export async function foreignValues(
  {
    account,
    model,
    digest,
  }: { readonly account: ScalewayAccount; readonly model: EnvironmentModel; readonly digest: Digest },
  { tier, target, secret }: ComparedTarget,
  given: (entry: FillEntry) => string | undefined = () => undefined,
): Promise<ForeignValue[]> {
  const { data = {} } = secret
  const specs = specsOf(target).filter((spec) => Object.hasOwn(data, keyOf(spec)))
  const entries = fillEntries({ tiers: [tier] }).filter(({ spec }) => specs.includes(spec))
  const found = await Promise.all(
    entries.map(async (entry): Promise<ForeignValue[]> => {
      const key = keyOf(entry.spec)
      const bytes = Buffer.from(data[key] ?? '', 'base64')
      const value = given(entry) ?? (await latestValue(account, model, entry))
      if (value !== undefined && digest(value) === digest(bytes)) return []
      return [{ key, entry, other: value === undefined ? 'absent' : 'differs' }]
    }),
  )
  return found.flat()
}
