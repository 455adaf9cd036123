import { groupBy } from '../../../lib/group.ts'
import { type FoundObject, textAt } from '../../inputs/found-object.ts'
import { about, type Finding, nameOf } from '../finding.ts'
import type { Made } from '../world/made-objects.ts'
import type { FoundNamespace, World } from '../world/world.ts'

/** Secrets that two objects write, each over what the other has written. */
export function owners({ namespaces, isLive }: World): Finding[] {
  return namespaces.flatMap((namespace) =>
    [
      ...groupBy(
        namespace.made.filter((one) => owns(one, isLive)),
        ({ kind, name }) => `${kind}/${name}`,
      ),
    ].flatMap(([secret, all]) => fights(namespace, secret, all)),
  )
}

// --- internal ---

function owns({ kind, by }: Made, isLive: boolean): boolean {
  // What a cluster has of a Secret is what its writers have made.
  if (kind !== 'Secret' || (isLive && by?.kind === 'Secret')) return false
  const policy = by && textAt(by.raw, 'spec', 'target', 'creationPolicy')
  return !(by?.kind === 'ExternalSecret' && ['Merge', 'None', 'CreateOrMerge'].includes(policy ?? ''))
}

function fights({ tier }: FoundNamespace, secret: string, all: readonly Made[]): Finding[] {
  const writers = all.filter(({ by }) => !(by && isOfChart(by) && all.some((one) => one.by === undefined)))
  const objects = writers.flatMap(({ by }) => by ?? [])
  const [first, second] = objects
  const isCatalogued = writers.some(({ by }) => by === undefined) && secretOfTarget(secret, tier)
  if (!first || (!second && !isCatalogued)) return []
  const other = isCatalogued ? 'the catalogue, through the chart,' : nameOf(second ?? first)
  const told = isCatalogued ? first : (second ?? first)
  const opposite = isCatalogued ? other : nameOf(first)
  return [
    about(told, 'TARGET_TWO_OWNERS', {
      key: secret,
      fact: `it writes the ${secret}, and ${opposite} writes it too`,
      expected: 'one writer of each Secret: the later one replaces the keys of the other',
      fix: isCatalogued
        ? 'Take this object out of the manifests, or give its target another name.'
        : 'Bring the keys together in one of them, or give one target another name.',
    }),
  ]
}

/** The catalogue's credentials are written by hand or sealed: only a target fights. */
function secretOfTarget(secret: string, tier: FoundNamespace['tier']): boolean {
  return tier !== undefined && secret !== `Secret/${tier.credentialsSecret}`
}

/** Rendered by our own chart: the same writer as the catalogue. */
function isOfChart({ labels }: FoundObject): boolean {
  return (
    labels['helm.sh/chart']?.startsWith('tiered-secrets') === true ||
    labels['app.kubernetes.io/name'] === 'tiered-secrets'
  )
}
