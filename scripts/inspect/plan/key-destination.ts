import { describeObject, type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { type EnvironmentModel, type TierModel, targetKeys } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'

/** Where the value of a key is, once the key is taken out of its target. */
export interface KeyDestination {
  readonly kind: 'renamed' | 'target' | 'tier'
  /** Another key; or the Secret: `Secret/shop-web/web-secrets`. */
  readonly place: string
}

/** An ExternalSecret as it is in the cluster. */
export interface LiveExternalSecret extends KubernetesObject {
  readonly spec?: {
    readonly data?: readonly { readonly secretKey: string; readonly remoteRef?: RemoteRef }[]
    readonly target?: {
      readonly name?: string
      readonly creationPolicy?: string
      readonly template?: { readonly data?: Readonly<Record<string, string>> }
    }
  }
}

/** The keys of its target, as far as its spec names them. */
export function keysOfSpec({ spec = {} }: LiveExternalSecret): string[] {
  const composed = spec.target?.template?.data
  return composed ? Object.keys(composed) : (spec.data ?? []).map(({ secretKey }) => secretKey)
}

/** The name of the Secret that it writes. */
export function targetOf({ metadata, spec }: LiveExternalSecret): string {
  return spec?.target?.name || metadata.name
}

/** Of that tier and that name. */
export function liveOf(
  live: readonly LiveExternalSecret[],
  { namespace }: Pick<TierModel, 'namespace'>,
  name: string,
): LiveExternalSecret | undefined {
  return live.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name)
}

/**
 * A key whose remote secret another variable reads now has been renamed; one that a target has only in the catalogue has been
 * moved there. Undefined: the catalogue has nothing like it. Pure.
 *
 * @param live ExternalSecrets as they are now
 */
export function keyDestination(
  { tiers }: Pick<EnvironmentModel, 'tiers'>,
  tier: TierModel,
  { target, key }: { readonly target: string; readonly key: string },
  live: readonly LiveExternalSecret[],
): KeyDestination | undefined {
  const now = liveOf(live, tier, target)
  const ref = now?.spec?.data?.find(({ secretKey }) => secretKey === sourceOf(now, key))?.remoteRef
  const heldNow = now ? keysOfSpec(now) : []
  const renamed = tier.externalSecrets
    .flatMap(({ singles }) => singles)
    .find(({ spec, remoteRef, property }) => {
      const next = keyOf(spec)
      return ref?.key === remoteRef && ref.property === property && next !== key && !heldNow.includes(next)
    })
  const here = tier.externalSecrets.find((one) => one.name !== target && targetKeys(one).includes(key))
  if (here) return { kind: 'target', place: placeOf(tier, here.name) }
  if (renamed) return { kind: 'renamed', place: keyOf(renamed.spec) }
  for (const other of tiers) {
    if (other === tier) continue
    const there = other.externalSecrets.find((one) => targetKeys(one).includes(key))
    const before = there && liveOf(live, other, there.name)
    if (there && !(before && keysOfSpec(before).includes(key)))
      return { kind: 'tier', place: placeOf(other, there.name) }
  }
  return undefined
}

// --- internal ---

interface RemoteRef {
  readonly key?: string
  readonly property?: string
}

/** The entry of `spec.data` that fills a key: by the template of the chart, one plain field. */
function sourceOf({ spec }: LiveExternalSecret, key: string): string {
  const template = spec?.target?.template?.data?.[key] ?? ''
  return /^\{\{ \.(\w+) \}\}$/.exec(template)?.[1] ?? key
}

function placeOf({ namespace }: TierModel, name: string): string {
  return describeObject(kinds.secret, { namespace, name })
}
