import { compare } from '../../lib/problems.ts'
import type { EnvironmentSpec } from '../types.ts'
import type { AddressesSpec, Labels, OneOrMore, PodsSpec } from './spec.ts'

/** The other end of a connection. */
export type Peer = PodPeer | NetworkPeer

/** Pods of a namespace; without labels, all of them. */
export interface PodPeer {
  readonly namespace: string
  readonly podLabels: Labels
}

/** Addresses that do not belong to pods. */
export interface NetworkPeer {
  readonly cidr: string
  readonly except: readonly string[]
}

/** What answers DNS, and on which port, by UDP and TCP. */
export interface DnsModel {
  readonly peer: Peer
  readonly port: number
}

/** An ingress controller; its name is undefined where there is one for all and nothing names it. */
export interface IngressControllerModel {
  readonly name: string | undefined
  readonly peers: readonly Peer[]
}

/** The DNS of a cluster: CoreDNS as kubeadm and Scaleway Kapsule install it. */
export const defaultDns: DnsModel = {
  peer: { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } },
  port: 53,
}

/** Where ingress-nginx is installed by its own instructions. */
export const defaultIngressNamespace = 'ingress-nginx'

/**
 * The public addresses. Without private networks (RFC 1918, RFC 4193), carrier-grade NAT, loopback and link-local
 * addresses, where cloud providers answer with the credentials of a machine.
 */
export const internet: readonly NetworkPeer[] = [
  {
    cidr: '0.0.0.0/0',
    except: ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
  },
  { cidr: '::/0', except: ['::1/128', 'fc00::/7', 'fe80::/10'] },
]

export function listOf<T extends object>(items: OneOrMore<T>): readonly T[] {
  return Array.isArray(items) ? items : [items as T]
}

export function peerOf(spec: PodsSpec | AddressesSpec): Peer {
  if ('cidr' in spec) return { cidr: spec.cidr, except: [] }
  return { namespace: spec.namespace, podLabels: spec.podLabels ?? {} }
}

/** What answers DNS in an environment. */
export function dnsOf({ dns }: EnvironmentSpec): readonly DnsModel[] {
  if (dns === undefined) return [defaultDns]
  return listOf(dns).map((spec) => ({ peer: peerOf(spec), port: spec.port ?? defaultDns.port }))
}

/** The ingress controllers of an environment, in the order of their names. */
export function ingressControllersOf({
  ingressNamespace,
  ingressControllers,
}: EnvironmentSpec): readonly IngressControllerModel[] {
  if (ingressControllers === undefined) {
    const namespace = ingressNamespace ?? defaultIngressNamespace
    return [{ name: undefined, peers: [{ namespace, podLabels: {} }] }]
  }
  return Object.entries(ingressControllers)
    .sort(([a], [b]) => compare(a, b))
    .map(([name, peers]) => ({ name, peers: listOf(peers).map(peerOf) }))
}

/** `monitoring`, `monitoring, app=prometheus`, `10.0.0.0/22` */
export function peerText(peer: Peer): string {
  if ('cidr' in peer) return peer.cidr
  const labels = Object.entries(peer.podLabels)
    .map(([key, value]) => `${key}=${value}`)
    .sort(compare)
  return [peer.namespace, ...labels].join(', ')
}
