import { containsCidr, parseAddress, parseCidr } from '../../lib/cidr.ts'
import { compare } from '../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../resolve.ts'
import type { Catalogue } from '../types.ts'
import { podLabelsOf } from './network.ts'
import type { AddressEndpoint, Endpoint, PodEndpoint } from './reachability.ts'

/** The endpoints of all connections in a table. */
export interface Endpoints {
  /** By tier: its workloads, then a pod of its namespace that belongs to none of them. */
  readonly tiers: readonly { readonly name: string; readonly pods: readonly PodEndpoint[] }[]
  /** Besides the pods of the tiers. */
  readonly sources: readonly Endpoint[]
  /** Besides the pods of the tiers. */
  readonly destinations: readonly Endpoint[]
}

export const otherPod = '(other pods)'

/** Of a pod in a namespace that the catalogue does not name: too long for a real name. */
export const unnamedNamespace = 'x'.repeat(64)

/** The endpoints that matter in an environment, from the catalogue alone. */
export function endpointsOf(model: EnvironmentModel, catalogue: Catalogue): Endpoints {
  return {
    tiers: model.tiers.map((tier) => ({ name: tier.name, pods: podsOf(tier) })),
    sources: [
      pod(`ingress controller (${model.ingressNamespace})`, model.ingressNamespace),
      elsewhere,
      address('outside the cluster', undefined),
    ],
    destinations: [
      pod('DNS', model.dns.namespace, model.dns.podLabels),
      ...model.tiers.flatMap(({ name }) => egressEnds(catalogue, name)),
      ...privateAddress(catalogue),
      address('the internet', '203.0.113.1'),
      address('the internet (IPv6)', '2001:db8::1'),
      address('cloud metadata', metadata.ipv4, [80]),
      address('cloud metadata (IPv6)', metadata.ipv6, [80]),
      // Its address differs from cluster to cluster: private, or public.
      address('the API server, wherever it is', undefined, [443, 6443]),
      elsewhere,
    ],
  }
}

// --- internal ---

/** Source: Scaleway documentation, metadata API. */
const metadata = { ipv4: '169.254.42.42', ipv6: 'fd00:42::42' } as const

const elsewhere = pod('any other pod of the cluster', unnamedNamespace)

function podsOf({ name, namespace, workloads }: TierModel): PodEndpoint[] {
  const named = Object.entries(workloads).sort(([a], [b]) => compare(a, b))
  return [
    ...named.map(([workload, spec]) =>
      pod(`${name}/${workload}`, namespace, podLabelsOf(workload, spec), spec.port === undefined ? [] : [spec.port]),
    ),
    pod(`${name}/${otherPod}`, namespace),
  ]
}

function egressEnds(catalogue: Catalogue, tier: string): Endpoint[] {
  return Object.entries(catalogue.tiers[tier]?.egress ?? {})
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([name, { to }]): Endpoint[] => {
      if (to === 'internet') return []
      const title = `${name} of ${tier}`
      if ('cidr' in to) return [address(`${title} (${to.cidr})`, to.cidr.split('/')[0])]
      return [pod(`${title} (namespace ${to.namespace})`, to.namespace, to.podLabels)]
    })
}

/** An address of a private network that no egress names. */
function privateAddress(catalogue: Catalogue): Endpoint[] {
  const named = Object.values(catalogue.tiers).flatMap(({ egress = {} }) =>
    Object.values(egress).flatMap(({ to }) => {
      const cidr = typeof to === 'object' && 'cidr' in to ? parseCidr(to.cidr) : undefined
      return cidr ? [cidr] : []
    }),
  )
  const free = ['192.168.0.1', '172.16.0.1', '10.0.0.1', '100.64.0.1'].find((candidate) => {
    const parsed = parseAddress(candidate)
    return parsed && !named.some((cidr) => containsCidr(cidr, parsed))
  })
  return free === undefined ? [] : [address(`another private address (${free})`, free)]
}

function pod(
  name: string,
  namespace: string,
  labels: PodEndpoint['labels'] = {},
  ports: readonly number[] = [],
): PodEndpoint {
  return { kind: 'pod', name, namespace, labels, ports }
}

function address(name: string, value: string | undefined, ports: readonly number[] = []): AddressEndpoint {
  return { kind: 'address', name, address: value, ports }
}
