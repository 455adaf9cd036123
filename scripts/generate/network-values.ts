import type {
  DnsValues,
  EgressValues,
  IngressValues,
  NetworkPeerValues,
  NetworkValues,
  PodPeerValues,
  PortsValues,
} from '../../schema/chart-values.ts'
import type { NetworkModel, PolicyModel } from '../model/network/network.ts'
import type { DnsModel, Peer } from '../model/network/peers.ts'
import type { PortModel } from '../model/network/ports.ts'

/** The value `network` of a tier. */
export function networkValues({ open, ingress, egress }: NetworkModel): NetworkValues {
  return {
    open,
    ...(Object.keys(ingress).length > 0 ? { ingress: mapped(ingress, ingressValues) } : {}),
    ...(Object.keys(egress).length > 0 ? { egress: mapped(egress, egressValues) } : {}),
  }
}

/** The value `networkPolicies.dns`. */
export function dnsValues(dns: readonly DnsModel[]): [DnsValues, ...DnsValues[]] {
  return atLeastOne(dns.map(({ peer, port }) => ({ to: peerValues(peer), port })))
}

// --- internal ---

function mapped<To>(policies: Readonly<Record<string, PolicyModel>>, convert: (policy: PolicyModel) => To) {
  return Object.fromEntries(Object.entries(policies).map(([name, policy]) => [name, convert(policy)]))
}

function ingressValues({ podLabels, rules }: PolicyModel): IngressValues {
  const values = rules.map(({ peers, ports }) => ({
    from: atLeastOne(peers.map(peerValues)),
    ports: portsValues(ports),
  }))
  return { podLabels: { ...podLabels }, rules: atLeastOne(values) }
}

function egressValues({ podLabels, rules }: PolicyModel): EgressValues {
  const values = rules.map(({ peers, ports }) => ({ to: atLeastOne(peers.map(peerValues)), ports: portsValues(ports) }))
  return {
    ...(Object.keys(podLabels).length > 0 ? { podLabels: { ...podLabels } } : {}),
    rules: atLeastOne(values),
  }
}

function peerValues(peer: Peer): PodPeerValues | NetworkPeerValues {
  if ('cidr' in peer) {
    const { cidr, except } = peer
    return { cidr, ...(except.length > 0 ? { except: atLeastOne(except) } : {}) }
  }
  const { namespace, podLabels } = peer
  return { namespace, ...(Object.keys(podLabels).length > 0 ? { podLabels: { ...podLabels } } : {}) }
}

function portsValues(ports: readonly PortModel[]): PortsValues {
  const [tcp, udp] = (['TCP', 'UDP'] as const).map((protocol) =>
    ports.filter((one) => one.protocol === protocol).map(({ port }) => port),
  )
  return {
    ...(tcp && tcp.length > 0 ? { TCP: atLeastOne(tcp) } : {}),
    ...(udp && udp.length > 0 ? { UDP: atLeastOne(udp) } : {}),
  }
}

/** An empty list in a NetworkPolicy means everything, so none is ever written. */
function atLeastOne<T>(items: readonly T[]): [T, ...T[]] {
  const [first, ...others] = items
  if (first === undefined) throw new Error('a rule of the network without a peer or port')
  return [first, ...others]
}
