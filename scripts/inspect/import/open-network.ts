import type { Labels } from '../../model/types.ts'
import type { TierPart } from './assign-tiers.ts'
import type { FoundPolicy, NetworkFacts } from './network-facts.ts'

/** Whether pods with these labels carry those of a selector. */
export const carries = (labels: Labels, selector: Labels) =>
  Object.entries(selector).every(([name, value]) => labels[name] === value)

/** What no policy closes today, and the chart's would: `egress of app`, `ingress of edge`. */
export function openToday(parts: readonly TierPart[], { policies }: NetworkFacts): string[] {
  return parts.flatMap(({ tier, namespace, workloads }) => {
    const own = policies.filter((policy) => policy.namespace === namespace && policy.isReadable)
    const isClosed = (labels: Labels, closes: (policy: FoundPolicy) => boolean) =>
      own.some((policy) => closes(policy) && carries(labels, policy.podLabels))
    const pods = workloads.length > 0 ? workloads : [{ labels: {}, ports: [] }]
    return [
      ...(pods.every(({ labels }) => isClosed(labels, ({ closesEgress }) => closesEgress))
        ? []
        : [`egress of ${tier}`]),
      ...(pods.every(
        ({ labels, ports }) => ports.length === 0 || isClosed(labels, ({ closesIngress }) => closesIngress),
      )
        ? []
        : [`ingress of ${tier}`]),
    ]
  })
}
