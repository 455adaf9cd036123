import { compare } from '../../lib/problems.ts'
import { namesOf } from '../names.ts'
import type { Catalogue, EgressSpec, EnvironmentSpec, Labels, WorkloadSpec } from '../types.ts'

/** What may reach the pods of one tier, and what they may reach. Everything else is denied, both ways. */
export interface NetworkModel {
  /** The pods of the tier reach each other on every port. */
  readonly open: boolean
  /** Into the tier, by name of the NetworkPolicy. */
  readonly ingress: Readonly<Record<string, IngressModel>>
  /** Out of the tier, by name of the NetworkPolicy. Without DNS, which every pod needs. */
  readonly egress: Readonly<Record<string, EgressModel>>
}

/** Connections to the port of one workload. */
export interface IngressModel {
  readonly podLabels: Labels
  readonly port: number
  readonly from: readonly PodPeer[]
}

export interface EgressModel {
  /** The pods that may connect; empty for all of the tier. */
  readonly podLabels: Labels
  readonly to: readonly (PodPeer | NetworkPeer)[]
  readonly ports: readonly number[]
  readonly protocol: 'TCP' | 'UDP'
}

/** Pods of a namespace; without labels, all of them. */
export interface PodPeer {
  readonly namespace: string
  readonly podLabels: Labels
}

/** Addresses outside the cluster. */
export interface NetworkPeer {
  readonly cidr: string
  readonly except: readonly string[]
}

/** Names of the policies of a tier: those every tier has, and those from a line of the catalogue. */
export const policyNames = {
  deny: 'default-deny',
  dns: 'allow-dns',
  inside: 'allow-inside',
  /** Into a workload of the tier. */
  into: (workload: string) => `allow-to-${workload}`,
  /** From the tier, or one workload of it, to a workload that says it is reachable from there. */
  across: (source: string | undefined, tier: string, workload: string) =>
    `allow-${source === undefined ? '' : `${source}-`}to-${tier}-${workload}`,
  /** To an entry of the tier's `egress`. */
  out: (egress: string) => `allow-to-${egress}`,
} as const

/** The DNS servers of a cluster: CoreDNS as kubeadm and Scaleway Kapsule install it. */
export const defaultDns: PodPeer = { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } }
export const dnsPort = 53

/** Where ingress-nginx is installed by its own instructions. */
export const defaultIngressNamespace = 'ingress-nginx'

/** The word in `reachableFrom` that is not a tier. */
export const ingressController = 'ingress-controller'

/** Labels by which the pods of a workload are found. */
export function podLabelsOf(name: string, { podLabels }: WorkloadSpec): Labels {
  return podLabels ?? { app: name }
}

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

/** A NetworkPolicy of a tier, and the line of the catalogue it comes from. */
export interface PolicyOrigin {
  readonly name: string
  /** For messages: `egress "databases"`. */
  readonly origin: string
}

/** Every policy a tier may have. Two with one name are a mistake, which a rule reports. */
export function policyOrigins(catalogue: Catalogue, tier: string): PolicyOrigin[] {
  const links = linksOf(catalogue)
  const targets = new Set(links.filter(({ to }) => to.tier === tier).map(({ to }) => to.workload))
  return [
    ...[policyNames.deny, policyNames.dns, policyNames.inside].map((name) => ({ name, origin: 'every tier' })),
    ...[...targets].map((workload) => ({
      name: policyNames.into(workload),
      origin: `reachableFrom of workload "${workload}"`,
    })),
    ...links
      .filter(({ from }) => from?.tier === tier)
      .map(({ from, to }) => ({
        name: policyNames.across(from?.workload, to.tier, to.workload),
        origin: `reachableFrom of workload "${to.tier}/${to.workload}"`,
      })),
    ...Object.keys(catalogue.tiers[tier]?.egress ?? {}).map((name) => ({
      name: policyNames.out(name),
      origin: `egress "${name}"`,
    })),
  ]
}

/** The network of one tier. Pure; the application must have passed the rules. */
export function resolveNetwork(catalogue: Catalogue, tier: string, spec: EnvironmentSpec): NetworkModel {
  const own = catalogue.tiers[tier]
  const links = linksOf(catalogue)
  const outside = Object.entries(own?.egress ?? {}).map(
    ([name, egress]) => [policyNames.out(name), outsideOf(egress)] as const,
  )
  return {
    open: own?.internalTraffic === 'open',
    ingress: sorted(intoTier(catalogue, tier, links, spec)),
    egress: sorted([...acrossTiers(catalogue, tier, links, spec), ...outside]),
  }
}

// --- internal ---

/** One entry of one `reachableFrom`; `from` is undefined for the ingress controller. */
interface Link {
  readonly from: { readonly tier: string; readonly workload?: string } | undefined
  readonly to: { readonly tier: string; readonly workload: string }
}

type Entry<T> = readonly [name: string, rule: T]

function intoTier(
  catalogue: Catalogue,
  tier: string,
  links: readonly Link[],
  spec: EnvironmentSpec,
): Entry<IngressModel>[] {
  return Object.entries(catalogue.tiers[tier]?.workloads ?? {}).flatMap(([workload, workloadSpec]) => {
    const from = links.filter((link) => link.to.tier === tier && link.to.workload === workload)
    const { port } = workloadSpec
    if (from.length === 0 || port === undefined) return []
    const peers = from.map((link) => sourcePeer(catalogue, link, spec))
    return [[policyNames.into(workload), { podLabels: podLabelsOf(workload, workloadSpec), port, from: peers }]]
  })
}

function acrossTiers(
  catalogue: Catalogue,
  tier: string,
  links: readonly Link[],
  spec: EnvironmentSpec,
): Entry<EgressModel>[] {
  return links.flatMap((link): Entry<EgressModel>[] => {
    const target = catalogue.tiers[link.to.tier]?.workloads[link.to.workload]
    if (link.from?.tier !== tier || target?.port === undefined) return []
    const namespace = namesOf(catalogue, link.to.tier, spec).namespace
    const model = {
      podLabels: sourcePeer(catalogue, link, spec).podLabels,
      to: [{ namespace, podLabels: podLabelsOf(link.to.workload, target) }],
      ports: [target.port],
      protocol: 'TCP',
    } as const
    return [[policyNames.across(link.from.workload, link.to.tier, link.to.workload), model]]
  })
}

function linksOf({ tiers }: Catalogue): Link[] {
  return Object.entries(tiers).flatMap(([tier, { workloads }]) =>
    Object.entries(workloads).flatMap(([workload, { reachableFrom = [] }]) =>
      [...new Set(reachableFrom)].sort(compare).map((source) => ({ from: sourceOf(source), to: { tier, workload } })),
    ),
  )
}

function sourceOf(source: string): Link['from'] {
  if (source === ingressController) return undefined
  const [tier = '', workload] = source.split('/')
  return workload === undefined ? { tier } : { tier, workload }
}

function sourcePeer(catalogue: Catalogue, { from }: Link, spec: EnvironmentSpec): PodPeer {
  if (!from) return { namespace: spec.ingressNamespace ?? defaultIngressNamespace, podLabels: {} }
  const workload = from.workload === undefined ? undefined : catalogue.tiers[from.tier]?.workloads[from.workload]
  return {
    namespace: namesOf(catalogue, from.tier, spec).namespace,
    podLabels: workload && from.workload !== undefined ? podLabelsOf(from.workload, workload) : {},
  }
}

function outsideOf({ to, ports, protocol = 'TCP' }: EgressSpec): EgressModel {
  const peers =
    to === 'internet'
      ? internet
      : 'cidr' in to
        ? [{ cidr: to.cidr, except: [] }]
        : [{ namespace: to.namespace, podLabels: to.podLabels ?? {} }]
  return { podLabels: {}, to: peers, ports: [...ports].sort((a, b) => a - b), protocol }
}

function sorted<T>(entries: readonly Entry<T>[]): Record<string, T> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compare(a, b)))
}
