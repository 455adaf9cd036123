import { kinds } from '../../kubernetes/kinds.ts'
import type { TierModel } from '../../model/resolve.ts'
import type { Observed } from './rows.ts'

/** What was seen of one tier, and of what serves the whole cluster. Pure. */
export function observedOf({ name, namespace }: Pick<TierModel, 'name' | 'namespace'>, observed: Observed): Observed {
  return {
    ...observed,
    folders: observed.folders.filter(({ tier }) => tier.name === name),
    shared: observed.shared?.filter(({ specs }) => specs.some((spec) => spec.tier === name)) ?? [],
    tiers: observed.tiers.filter(({ tier }) => tier.name === name),
    drift: { drifted: observed.drift.drifted.filter(({ place }) => isIts(place, namespace)) },
  }
}

// --- internal ---

/** `Role/shop-api/viewer` is of its namespace, `Namespace/shop-api` too, and `ValidatingAdmissionPolicy/shop` of all. */
function isIts(place: string, namespace: string): boolean {
  const [kind, first, second] = place.split('/')
  if (second !== undefined) return first === namespace || second === `boundary-${namespace}`
  return kind !== kinds.namespace.kind || first === namespace
}
