import { containsCidr, parseAddress, parseCidr } from '../../lib/cidr.ts'
import { compare } from '../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../resolve.ts'
import type { Catalogue } from '../types.ts'
import { type Crossing, crossingsOf, isToTier, type Link, linksOf, policyNames, type Source } from './links.ts'
import { podLabelsOf } from './network.ts'
import { internet, type Peer, peerOf } from './peers.ts'
import type { PortModel } from './ports.ts'
import type { Labels } from './spec.ts'

/** One end of a connection. */
export type Endpoint = PodEndpoint | AddressEndpoint

interface NamedEndpoint {
  /** As the table has it: `backend/api`, `the internet`. */
  readonly name: string
  /** Ports with a separate row, even when nothing reaches them. */
  readonly ports: readonly PortModel[]
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
  const intent: Intent = {
    model,
    catalogue,
    links: linksOf(catalogue),
    crossings: new Map(model.tiers.map(({ name }) => [name, crossingsOf(catalogue, name)])),
  }
  return (from, to) => ({ egress: leaving(intent, from, to), ingress: entering(intent, from, to) })
}

/** The grants of a side in one order, each once. */
export function sortedGrants(grants: readonly Grant[]): readonly Grant[] {
  const byText = new Map(grants.map((grant) => [grantKey(grant), grant]))
  return [...byText.keys()].sort(compare).flatMap((key) => byText.get(key) ?? [])
}

// --- internal ---

interface Intent {
  readonly model: EnvironmentModel
  readonly catalogue: Catalogue
  readonly links: readonly Link[]
  /** Out of each tier. */
  readonly crossings: ReadonlyMap<string, readonly Crossing[]>
}

function leaving({ model, catalogue, crossings }: Intent, from: Endpoint, to: Endpoint): Side {
  const tier = tierOf(model, from)
  if (!tier) return 'open'
  const grants = isInside(catalogue, tier, to) ? [everything(policyNames.inside)] : []
  for (const { peer, port } of model.dns) {
    if (!isPeer(peer, to)) continue
    grants.push(
      ...onPorts(
        policyNames.dns,
        ['UDP', 'TCP'].map((protocol) => ({ protocol, port }) as PortModel),
      ),
    )
  }
  for (const { from: source, to: target, ports, policy } of crossings.get(tier.name) ?? []) {
    if (isSource(model, source, from) && isWorkload(model, target, to)) grants.push(...onPorts(policy, ports))
  }
  for (const [name, egress] of Object.entries(catalogue.tiers[tier.name]?.egress ?? {})) {
    if (isToTier(egress)) continue
    const peers = egress.to === 'internet' ? internet : [peerOf(egress.to)]
    if (!peers.some((peer) => isPeer(peer, to))) continue
    const { protocol = 'TCP' } = egress
    grants.push(
      ...onPorts(
        policyNames.out(name),
        egress.ports.map((port) => ({ protocol, port })),
      ),
    )
  }
  return sortedGrants(grants)
}

function entering({ model, catalogue, links }: Intent, from: Endpoint, to: Endpoint): Side {
  const tier = tierOf(model, to)
  if (!tier) return 'open'
  const grants = isInside(catalogue, tier, from) ? [everything(policyNames.inside)] : []
  for (const { from: source, to: target, ports } of links) {
    if (target.tier !== tier.name || !isWorkload(model, target, to) || !isSource(model, source, from)) continue
    grants.push(...onPorts(policyNames.into(target.workload), ports))
  }
  return sortedGrants(grants)
}

function tierOf({ tiers }: EnvironmentModel, endpoint: Endpoint): TierModel | undefined {
  return tiers.find(({ namespace }) => isPod(endpoint, namespace))
}

function isInside(catalogue: Catalogue, tier: TierModel, endpoint: Endpoint): boolean {
  return catalogue.tiers[tier.name]?.internalTraffic === 'open' && isPod(endpoint, tier.namespace)
}

/** Whether a word of `reachableFrom` means the endpoint. */
function isSource(model: EnvironmentModel, source: Source, endpoint: Endpoint): boolean {
  if (source.kind === 'peer') return isPeer(source.peer, endpoint)
  if (source.kind === 'internet') return internet.some((peer) => isPeer(peer, endpoint))
  if (source.kind === 'tier') return isWorkload(model, source, endpoint)
  const controllers = model.ingressControllers.filter(({ name }) => source.name === undefined || name === source.name)
  return controllers.some(({ peers }) => peers.some((peer) => isPeer(peer, endpoint)))
}

/** Whether the endpoint is a pod of a tier, and of the workload if there is one. */
function isWorkload(
  { tiers }: EnvironmentModel,
  { tier: name, workload }: { readonly tier: string; readonly workload: string | undefined },
  endpoint: Endpoint,
): boolean {
  const tier = tiers.find((candidate) => candidate.name === name)
  if (!tier || workload === undefined) return tier !== undefined && isPod(endpoint, tier.namespace)
  const spec = tier.workloads[workload]
  return spec !== undefined && isPod(endpoint, tier.namespace, podLabelsOf(workload, spec))
}

/** A network holds addresses, never pods. */
function isPeer(peer: Peer, endpoint: Endpoint): boolean {
  if ('namespace' in peer) return isPod(endpoint, peer.namespace, peer.podLabels)
  if (endpoint.kind === 'pod') return false
  const address = endpoint.address === undefined ? undefined : parseAddress(endpoint.address)
  if (!address) return true
  const holds = (cidr: string) => {
    const network = parseCidr(cidr)
    return network !== undefined && containsCidr(network, address)
  }
  return holds(peer.cidr) && !peer.except.some(holds)
}

function isPod(endpoint: Endpoint, namespace: string, labels: Labels = {}): boolean {
  if (endpoint.kind !== 'pod' || endpoint.namespace !== namespace) return false
  return Object.entries(labels).every(([key, value]) => endpoint.labels[key] === value)
}

function everything(policy: string): Grant {
  return { policy, protocol: 'any', first: 1, last: lastPort }
}

function onPorts(policy: string, ports: readonly PortModel[]): Grant[] {
  return ports.map(({ protocol, port }) => ({ policy, protocol, first: port, last: port }))
}

function grantKey({ policy, protocol, first, last }: Grant): string {
  return `${policy} ${protocol} ${String(first).padStart(5, '0')} ${last}`
}
