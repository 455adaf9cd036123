import { containsCidr, parseAddress, parseCidr } from '../../lib/cidr.ts'
import { compare } from '../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../resolve.ts'
import type { Catalogue } from '../types.ts'
import { isToTier, linksOf } from './links.ts'
import { podLabelsOf } from './network.ts'
import { type Peer, peerOf, peerText } from './peers.ts'
import { distinctPorts, portsOf } from './ports.ts'
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
    sources: [...ingressControllers(model), ...namedSources(catalogue), elsewhere, ...outside(model, catalogue)],
    destinations: [
      ...dnsEnds(model),
      ...model.tiers.flatMap(({ name }) => egressEnds(catalogue, name)),
      ...privateAddress(model, catalogue),
      theInternet,
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

const privateAddresses: readonly string[] = ['192.168.0.1', '172.16.0.1', '10.0.0.1', '100.64.0.1']

const theInternet = address('the internet', '203.0.113.1')

const elsewhere = pod('any other pod of the cluster', unnamedNamespace)

function podsOf({ name, namespace, workloads }: TierModel): PodEndpoint[] {
  const named = Object.entries(workloads).sort(([a], [b]) => compare(a, b))
  return [
    ...named.map(([workload, spec]) =>
      pod(`${name}/${workload}`, namespace, podLabelsOf(workload, spec), distinctPorts(portsOf(spec))),
    ),
    pod(`${name}/${otherPod}`, namespace),
  ]
}

function ingressControllers({ ingressControllers }: EnvironmentModel): Endpoint[] {
  return ingressControllers.flatMap(({ name, peers }) => {
    const title = name === undefined ? 'ingress controller' : `ingress controller ${name}`
    return peers.map((peer) => endpointOf(`${title} (${peerText(peer)})`, peer))
  })
}

/** Those that some `reachableFrom` names by a namespace or by addresses. */
function namedSources(catalogue: Catalogue): Endpoint[] {
  const links = linksOf(catalogue)
  const peers = links.flatMap(({ from }) => (from.kind === 'peer' ? [from.peer] : []))
  const byText = new Map(peers.map((peer) => ['cidr' in peer ? peer.cidr : `namespace ${peerText(peer)}`, peer]))
  const named = [...byText].sort(([a], [b]) => compare(a, b)).map(([text, peer]) => endpointOf(text, peer))
  return [...named, ...(links.some(({ from }) => from.kind === 'internet') ? [theInternet] : [])]
}

/** Where no addresses are let in, everything outside is alike; otherwise an address that is not among those. */
function outside({ ingressControllers }: EnvironmentModel, catalogue: Catalogue): Endpoint[] {
  const links = linksOf(catalogue)
  const peers = [
    ...ingressControllers.flatMap((controller) => controller.peers),
    ...links.flatMap(({ from }) => (from.kind === 'peer' ? [from.peer] : [])),
  ]
  const named = peers.flatMap((peer) => ('cidr' in peer ? [peer.cidr] : []))
  const isPublic = links.some(({ from }) => from.kind === 'internet')
  if (named.length === 0 && !isPublic) return [address('outside the cluster', undefined)]
  const free = freeAddress([...(isPublic ? [] : ['203.0.113.1', '198.51.100.1']), ...privateAddresses], named)
  return free === undefined ? [] : [address(`elsewhere outside the cluster (${free})`, free)]
}

function egressEnds(catalogue: Catalogue, tier: string): Endpoint[] {
  return Object.entries(catalogue.tiers[tier]?.egress ?? {})
    .sort(([a], [b]) => compare(a, b))
    .flatMap(([name, egress]): Endpoint[] => {
      if (egress.to === 'internet' || isToTier(egress)) return []
      const peer = peerOf(egress.to)
      const text = 'cidr' in peer ? peer.cidr : `namespace ${peer.namespace}`
      return [endpointOf(`${name} of ${tier} (${text})`, peer)]
    })
}

/** Several may differ in their port alone. */
function dnsEnds({ dns }: EnvironmentModel): Endpoint[] {
  const byText = new Map(dns.map(({ peer }) => [peerText(peer), peer]))
  return [...byText].map(([text, peer]) => endpointOf(byText.size === 1 ? 'DNS' : `DNS (${text})`, peer))
}

/** An address of a private network that neither an egress nor the DNS names. */
function privateAddress({ dns }: EnvironmentModel, catalogue: Catalogue): Endpoint[] {
  const destinations = Object.values(catalogue.tiers).flatMap(({ egress = {} }) =>
    Object.values(egress).flatMap(({ to }) => (typeof to === 'object' && 'cidr' in to ? [to.cidr] : [])),
  )
  const answering = dns.flatMap(({ peer }) => ('cidr' in peer ? [peer.cidr] : []))
  const free = freeAddress(privateAddresses, [...destinations, ...answering])
  return free === undefined ? [] : [address(`another private address (${free})`, free)]
}

/** The first that is in none of the networks. */
function freeAddress(candidates: readonly string[], networks: readonly string[]): string | undefined {
  const named = networks.flatMap((text) => parseCidr(text) ?? [])
  return candidates.find((candidate) => {
    const parsed = parseAddress(candidate)
    return parsed && !named.some((cidr) => containsCidr(cidr, parsed))
  })
}

/** Of a network its first address. */
function endpointOf(name: string, peer: Peer): Endpoint {
  return 'cidr' in peer ? address(name, peer.cidr.split('/')[0]) : pod(name, peer.namespace, peer.podLabels)
}

function pod(
  name: string,
  namespace: string,
  labels: PodEndpoint['labels'] = {},
  ports: PodEndpoint['ports'] = [],
): PodEndpoint {
  return { kind: 'pod', name, namespace, labels, ports }
}

function address(name: string, value: string | undefined, tcp: readonly number[] = []): AddressEndpoint {
  return { kind: 'address', name, address: value, ports: tcp.map((port) => ({ protocol: 'TCP', port })) }
}
