import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import { namesOf } from '../names.ts'
import type { Catalogue, EnvironmentSpec, WorkloadSpec } from '../types.ts'
import { crossingsOf, isToTier, type Link, linksOf, policyNames } from './links.ts'
import { ingressControllersOf, internet, type Peer, peerOf } from './peers.ts'
import type { PortModel } from './ports.ts'
import type { Labels, OutsideEgressSpec } from './spec.ts'

/** What may reach the pods of one tier, and what they may reach. Everything else is denied, both ways. */
export interface NetworkModel {
  /** The pods of the tier reach each other on every port. */
  readonly open: boolean
  /** Into the tier, by name of the NetworkPolicy. */
  readonly ingress: Readonly<Record<string, PolicyModel>>
  /** Out of the tier, by name of the NetworkPolicy. Without DNS, which every pod needs. */
  readonly egress: Readonly<Record<string, PolicyModel>>
}

export interface PolicyModel {
  /** The pods it is for; empty for all of the tier. */
  readonly podLabels: Labels
  readonly rules: readonly RuleModel[]
}

/** Some peers, and the ports of the connections with them. Neither list is empty. */
export interface RuleModel {
  readonly peers: readonly Peer[]
  readonly ports: readonly PortModel[]
}

/** Labels by which the pods of a workload are found. */
export function podLabelsOf(name: string, { podLabels }: Pick<WorkloadSpec, 'podLabels'>): Labels {
  return podLabels ?? { app: name }
}

/** A NetworkPolicy of a tier, and the line of the catalogue it comes from. */
export interface PolicyOrigin {
  readonly name: string
  /** For messages: `egress "databases"`. */
  readonly origin: string
}

/** Every policy a tier may have. Two with one name are a mistake, which a rule reports. */
export function policyOrigins(catalogue: Catalogue, tier: string): PolicyOrigin[] {
  const targets = new Set(linksOf(catalogue).flatMap(({ to }) => (to.tier === tier ? [to.workload] : [])))
  return [
    ...[policyNames.deny, policyNames.dns, policyNames.inside].map((name) => ({ name, origin: 'every tier' })),
    ...[...targets].map((workload) => ({
      name: policyNames.into(workload),
      origin: `reachableFrom of workload "${workload}"`,
    })),
    ...crossingsOf(catalogue, tier).map(({ policy, to, egress }) => ({
      name: policy,
      origin: egress === undefined ? `reachableFrom of workload "${to.tier}/${to.workload}"` : `egress "${egress}"`,
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
  return {
    open: own?.internalTraffic === 'open',
    ingress: sorted(intoTier(catalogue, tier, spec)),
    egress: sorted([...acrossTiers(catalogue, tier, spec), ...outside(catalogue, tier)]),
  }
}

// --- internal ---

type Entry = readonly [name: string, policy: PolicyModel]

function intoTier(catalogue: Catalogue, tier: string, spec: EnvironmentSpec): Entry[] {
  const links = linksOf(catalogue).filter(({ to }) => to.tier === tier)
  return [...groupBy(links, ({ to }) => to.workload)].map(([workload, own]) => {
    // Sources of the same ports share a rule.
    const rules = [...groupBy(own, ({ ports }) => JSON.stringify(ports)).values()].map((same) => ({
      peers: distinct(same.flatMap((link) => sourcePeers(catalogue, link, spec))),
      ports: same[0]?.ports ?? [],
    }))
    return [policyNames.into(workload), { podLabels: workloadLabels(catalogue, tier, workload), rules }]
  })
}

function acrossTiers(catalogue: Catalogue, tier: string, spec: EnvironmentSpec): Entry[] {
  return [...groupBy(crossingsOf(catalogue, tier), ({ policy }) => policy)].map(([policy, crossings]) => {
    const rules = crossings.map(({ to, ports }) => ({
      peers: [
        {
          namespace: namesOf(catalogue, to.tier, spec).namespace,
          podLabels: workloadLabels(catalogue, to.tier, to.workload),
        },
      ],
      ports,
    }))
    return [policy, { podLabels: workloadLabels(catalogue, tier, crossings[0]?.from.workload), rules }]
  })
}

function outside(catalogue: Catalogue, tier: string): Entry[] {
  return Object.entries(catalogue.tiers[tier]?.egress ?? {}).flatMap(([name, egress]): Entry[] =>
    isToTier(egress) ? [] : [[policyNames.out(name), { podLabels: {}, rules: [outsideRule(egress)] }]],
  )
}

function outsideRule({ to, ports, protocol = 'TCP' }: OutsideEgressSpec): RuleModel {
  return {
    peers: to === 'internet' ? internet : [peerOf(to)],
    ports: [...ports].sort((a, b) => a - b).map((port) => ({ protocol, port })),
  }
}

function sourcePeers(catalogue: Catalogue, { from }: Link, spec: EnvironmentSpec): readonly Peer[] {
  if (from.kind === 'peer') return [from.peer]
  if (from.kind === 'internet') return internet
  if (from.kind === 'ingress-controller') {
    const controllers = ingressControllersOf(spec)
    return controllers.filter(({ name }) => from.name === undefined || name === from.name).flatMap(({ peers }) => peers)
  }
  const { namespace } = namesOf(catalogue, from.tier, spec)
  return [{ namespace, podLabels: workloadLabels(catalogue, from.tier, from.workload) }]
}

/** None for all pods of the tier. */
function workloadLabels(catalogue: Catalogue, tier: string, workload: string | undefined): Labels {
  const spec = workload === undefined ? undefined : catalogue.tiers[tier]?.workloads[workload]
  return spec && workload !== undefined ? podLabelsOf(workload, spec) : {}
}

/** Two ingress controllers may be in one namespace. */
function distinct(peers: readonly Peer[]): Peer[] {
  return [...new Map(peers.map((peer) => [JSON.stringify(peer), peer])).values()]
}

function sorted(entries: readonly Entry[]): Record<string, PolicyModel> {
  return Object.fromEntries([...entries].sort(([a], [b]) => compare(a, b)))
}
