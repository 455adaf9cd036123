import type {
  EgressValues,
  IngressValues,
  NetworkPeerValues,
  NetworkValues,
  PodPeerValues,
} from '../../schema/chart-values.ts'
import type { EgressModel, IngressModel, NetworkModel, NetworkPeer, PodPeer } from '../model/network/network.ts'

/** The value `network` of a tier. */
export function networkValues({ open, ingress, egress }: NetworkModel): NetworkValues {
  return {
    open,
    ...(Object.keys(ingress).length > 0 ? { ingress: mapped(ingress, ingressValues) } : {}),
    ...(Object.keys(egress).length > 0 ? { egress: mapped(egress, egressValues) } : {}),
  }
}

// --- internal ---

function mapped<From, To>(rules: Readonly<Record<string, From>>, convert: (rule: From) => To): Record<string, To> {
  return Object.fromEntries(Object.entries(rules).map(([name, rule]) => [name, convert(rule)]))
}

function ingressValues({ podLabels, port, from }: IngressModel): IngressValues {
  return { podLabels: { ...podLabels }, port, from: atLeastOne(from.map(peerValues)) }
}

function egressValues({ podLabels, to, ports, protocol }: EgressModel): EgressValues {
  return {
    ...(Object.keys(podLabels).length > 0 ? { podLabels: { ...podLabels } } : {}),
    to: atLeastOne(to.map((peer) => ('cidr' in peer ? networkPeerValues(peer) : peerValues(peer)))),
    ports: atLeastOne(ports),
    protocol,
  }
}

function peerValues({ namespace, podLabels }: PodPeer): PodPeerValues {
  return { namespace, ...(Object.keys(podLabels).length > 0 ? { podLabels: { ...podLabels } } : {}) }
}

function networkPeerValues({ cidr, except }: NetworkPeer): NetworkPeerValues {
  return { cidr, ...(except.length > 0 ? { except: atLeastOne(except) } : {}) }
}

/** An empty list in a NetworkPolicy means everything, so none is ever written. */
function atLeastOne<T>(items: readonly T[]): [T, ...T[]] {
  const [first, ...others] = items
  if (first === undefined) throw new Error('a rule of the network without a peer or port')
  return [first, ...others]
}
