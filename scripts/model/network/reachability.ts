import { containsCidr, parseAddress, parseCidr } from '../../lib/cidr.ts'
import { compare } from '../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../resolve.ts'
import type { Catalogue, EgressSpec, Labels } from '../types.ts'
import { dnsPort, ingressController, internet, podLabelsOf, policyNames } from './network.ts'

/** One end of a connection. */
export type Endpoint = PodEndpoint | AddressEndpoint

interface NamedEndpoint {
  /** As the table has it: `backend/api`, `the internet`. */
  readonly name: string
  /** TCP ports with a separate row, even when nothing reaches them. */
  readonly ports: readonly number[]
}

export interface PodEndpoint extends NamedEndpoint {
  readonly kind: 'pod'
  readonly namespace: string
  readonly labels: Labels
  /** Labels of its namespace besides those the chart gives; only foreign policies use them. */
  readonly namespaceLabels?: Labels
}

export interface AddressEndpoint extends NamedEndpoint {
  readonly kind: 'address'
  /** Undefined: somewhere outside, so every network that a policy names counts. */
  readonly address: string | undefined
}

/** The ports that one policy permits in one direction. `any` is every protocol. */
export interface Grant {
  readonly policy: string
  readonly protocol: Protocol | 'any'
  readonly first: number
  readonly last: number
}

export type Protocol = 'TCP' | 'UDP' | 'SCTP'

/** `open`: no policy applies, so everything is permitted. */
export type Side = 'open' | readonly Grant[]

/** A connection works when both its source and its destination permit it. */
export interface Connection {
  readonly egress: Side
  readonly ingress: Side
}

export type Judge = (from: Endpoint, to: Endpoint) => Connection

export const lastPort = 65535

/**
 * Who may reach what according to the catalogue; computed from the catalogue itself, not from the policies made from it.
 */
export function intendedReachability(model: EnvironmentModel, catalogue: Catalogue): Judge {
  if (model.without.includes('network-policies')) return () => ({ egress: 'open', ingress: 'open' })
  return (from, to) => ({ egress: leaving(model, catalogue, from, to), ingress: entering(model, catalogue, from, to) })
}

/** The grants of a side in one order, each once. */
export function sortedGrants(grants: readonly Grant[]): readonly Grant[] {
  const byText = new Map(grants.map((grant) => [grantKey(grant), grant]))
  return [...byText.keys()].sort(compare).flatMap((key) => byText.get(key) ?? [])
}

// --- internal ---

function leaving(model: EnvironmentModel, catalogue: Catalogue, from: Endpoint, to: Endpoint): Side {
  const tier = tierOf(model, from)
  if (!tier) return 'open'
  const grants = isInside(catalogue, tier, to) ? [everything(policyNames.inside)] : []
  if (isPod(to, model.dns.namespace, model.dns.podLabels)) {
    grants.push(onPort(policyNames.dns, 'UDP', dnsPort), onPort(policyNames.dns, 'TCP', dnsPort))
  }
  for (const target of model.tiers) {
    for (const { workload, port, sources } of reachableWorkloads(target, to)) {
      const own = sources.filter((source) => source.split('/')[0] === tier.name && isSource(model, source, from))
      grants.push(
        ...own.map((source) => onPort(policyNames.across(source.split('/')[1], target.name, workload), 'TCP', port)),
      )
    }
  }
  for (const [name, egress] of Object.entries(catalogue.tiers[tier.name]?.egress ?? {})) {
    if (!isReached(egress, to)) continue
    grants.push(...egress.ports.map((port) => onPort(policyNames.out(name), egress.protocol ?? 'TCP', port)))
  }
  return sortedGrants(grants)
}

function entering(model: EnvironmentModel, catalogue: Catalogue, from: Endpoint, to: Endpoint): Side {
  const tier = tierOf(model, to)
  if (!tier) return 'open'
  const grants = isInside(catalogue, tier, from) ? [everything(policyNames.inside)] : []
  for (const { workload, port, sources } of reachableWorkloads(tier, to)) {
    if (sources.some((source) => isSource(model, source, from))) {
      grants.push(onPort(policyNames.into(workload), 'TCP', port))
    }
  }
  return sortedGrants(grants)
}

function tierOf({ tiers }: EnvironmentModel, endpoint: Endpoint): TierModel | undefined {
  return tiers.find(({ namespace }) => isPod(endpoint, namespace))
}

function isInside(catalogue: Catalogue, tier: TierModel, endpoint: Endpoint): boolean {
  return catalogue.tiers[tier.name]?.internalTraffic === 'open' && isPod(endpoint, tier.namespace)
}

/** The workloads of a tier whose pod the endpoint is, if they have a port. */
function reachableWorkloads({ namespace, workloads }: TierModel, endpoint: Endpoint) {
  return Object.entries(workloads).flatMap(([workload, spec]) => {
    const { port, reachableFrom: sources = [] } = spec
    if (port === undefined || !isPod(endpoint, namespace, podLabelsOf(workload, spec))) return []
    return [{ workload, port, sources }]
  })
}

/** Whether a word of `reachableFrom` means the endpoint. */
function isSource(model: EnvironmentModel, source: string, endpoint: Endpoint): boolean {
  if (source === ingressController) return isPod(endpoint, model.ingressNamespace)
  const [name, workload] = source.split('/')
  const tier = model.tiers.find((candidate) => candidate.name === name)
  if (!tier || workload === undefined) return tier !== undefined && isPod(endpoint, tier.namespace)
  const spec = tier.workloads[workload]
  return spec !== undefined && isPod(endpoint, tier.namespace, podLabelsOf(workload, spec))
}

/** A network holds addresses outside the cluster, never pods. */
function isReached({ to }: EgressSpec, endpoint: Endpoint): boolean {
  if (typeof to === 'object' && 'namespace' in to) return isPod(endpoint, to.namespace, to.podLabels)
  if (endpoint.kind === 'pod') return false
  const address = endpoint.address === undefined ? undefined : parseAddress(endpoint.address)
  if (!address) return true
  const holds = (cidr: string) => {
    const network = parseCidr(cidr)
    return network !== undefined && containsCidr(network, address)
  }
  if (to !== 'internet') return holds(to.cidr)
  return internet.some(({ cidr, except }) => holds(cidr) && !except.some(holds))
}

function isPod(endpoint: Endpoint, namespace: string, labels: Labels = {}): boolean {
  if (endpoint.kind !== 'pod' || endpoint.namespace !== namespace) return false
  return Object.entries(labels).every(([key, value]) => endpoint.labels[key] === value)
}

function everything(policy: string): Grant {
  return { policy, protocol: 'any', first: 1, last: lastPort }
}

function onPort(policy: string, protocol: Protocol, port: number): Grant {
  return { policy, protocol, first: port, last: port }
}

function grantKey({ policy, protocol, first, last }: Grant): string {
  return `${policy} ${protocol} ${String(first).padStart(5, '0')} ${last}`
}
