import { BlockList, isIP, isIPv4 } from 'node:net'
import { groupBy } from '../lib/group.ts'
import {
  type Connection,
  type Endpoint,
  type Grant,
  type Judge,
  lastPort,
  type Protocol,
  type Side,
  sortedGrants,
} from '../model/network/reachability.ts'
import type { Manifest } from './manifests.ts'
import { matches, type NetworkPolicy, type Peer, type PolicyPort } from './network-policy.ts'

type Direction = 'Ingress' | 'Egress'

/** Labels of namespaces by their names. Each has `kubernetes.io/metadata.name` besides, from the API server. */
export type NamespaceLabels = Readonly<Record<string, Readonly<Record<string, string>>>>

/**
 * Who reaches whom under some NetworkPolicies, according to Kubernetes' own rules. A network of
 * a policy is assumed to contain no pod: the documentation promises nothing for pods.
 * Source: Kubernetes, concepts/services-networking/network-policies, and the API reference of NetworkPolicy v1.
 */
export function judgePolicies(policies: readonly NetworkPolicy[], namespaces: NamespaceLabels = {}): Judge {
  const byNamespace = groupBy(policies, ({ namespace }) => namespace)
  const side = (direction: Direction, subject: Endpoint, peer: Endpoint): Side => {
    const near = subject.kind === 'pod' ? (byNamespace.get(subject.namespace) ?? []) : []
    const selecting = near.filter((policy) => selects(policy, subject) && directionsOf(policy).includes(direction))
    if (selecting.length === 0) return 'open'
    return sortedGrants(selecting.flatMap((policy) => grantsOf(policy, direction, peer, namespaces)))
  }
  return (from, to): Connection => ({ egress: side('Egress', from, to), ingress: side('Ingress', to, from) })
}

/** The labels the chart gives the namespaces it creates. */
export function namespaceLabels(manifests: readonly Manifest[]): NamespaceLabels {
  const found = manifests.filter(({ kind }) => kind === 'Namespace')
  return Object.fromEntries(found.map(({ metadata }) => [metadata.name, metadata.labels ?? {}]))
}

// --- internal ---

function selects({ namespace, spec }: NetworkPolicy, endpoint: Endpoint): boolean {
  return endpoint.kind === 'pod' && endpoint.namespace === namespace && matches(spec.podSelector ?? {}, endpoint.labels)
}

/** Without policyTypes a policy is for ingress, and for egress too if it has rules for that. */
function directionsOf({ spec: { policyTypes, egress = [] } }: NetworkPolicy): readonly string[] {
  if (policyTypes !== undefined && policyTypes.length > 0) return policyTypes
  return egress.length > 0 ? ['Ingress', 'Egress'] : ['Ingress']
}

function grantsOf(policy: NetworkPolicy, direction: Direction, peer: Endpoint, namespaces: NamespaceLabels): Grant[] {
  const { ingress = [], egress = [] } = policy.spec
  const rules =
    direction === 'Ingress'
      ? ingress.map(({ from, ports }) => ({ peers: from ?? [], ports }))
      : egress.map(({ to, ports }) => ({ peers: to ?? [], ports }))
  return rules
    .filter(({ peers }) => peers.length === 0 || peers.some((one) => isPeer(one, policy.namespace, peer, namespaces)))
    .flatMap(({ ports }) => portGrants(policy.name, ports ?? []))
}

/** No ports are all ports of every protocol; a protocol without a port is all of its ports. */
function portGrants(policy: string, ports: readonly PolicyPort[]): Grant[] {
  if (ports.length === 0) return [{ policy, protocol: 'any', first: 1, last: lastPort }]
  return ports.flatMap(({ protocol = 'TCP', port, endPort }): Grant[] => {
    if (typeof port === 'string') return []
    const [first, last] = port === undefined ? [1, lastPort] : [port, endPort ?? port]
    return [{ policy, protocol: protocol as Protocol, first, last }]
  })
}

/** Without a namespaceSelector, pods of the policy's own namespace; with both selectors, pods that both select. */
function isPeer(peer: Peer, namespace: string, endpoint: Endpoint, namespaces: NamespaceLabels): boolean {
  const { podSelector, namespaceSelector, ipBlock } = peer
  if (endpoint.kind === 'address') return ipBlock !== undefined && holds(ipBlock, endpoint.address)
  if (podSelector === undefined && namespaceSelector === undefined) return false
  const labels = {
    ...namespaces[endpoint.namespace],
    ...endpoint.namespaceLabels,
    'kubernetes.io/metadata.name': endpoint.namespace,
  }
  const inNamespace = namespaceSelector ? matches(namespaceSelector, labels) : endpoint.namespace === namespace
  return inNamespace && matches(podSelector ?? {}, endpoint.labels)
}

function holds({ cidr, except = [] }: NonNullable<Peer['ipBlock']>, address: string | undefined): boolean {
  if (address === undefined) return true
  return isInside(address, cidr) && !except.some((excluded) => isInside(address, excluded))
}

/** Go, in which the networks of clusters are written, takes no IPv4 address for a part of `::/0`; Node would. */
function isInside(address: string, cidr: string): boolean {
  const [network = '', prefix = ''] = cidr.split('/')
  if (isIP(address) !== isIP(network)) return false
  const family = isIPv4(address) ? 'ipv4' : 'ipv6'
  const list = new BlockList()
  list.addSubnet(network, Number(prefix), family)
  return list.check(address, family)
}
