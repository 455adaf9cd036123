import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import type { Catalogue } from '../types.ts'
import { type Peer, peerOf, peerText } from './peers.ts'
import { chosenPorts, commonPorts, distinctPorts, type PortModel } from './ports.ts'
import type { EgressSpec, PortChoice, SourceSpec, TierEgressSpec } from './spec.ts'

/** The words in `reachableFrom` that are not tiers. */
export const ingressController = 'ingress-controller'
export const everywhere = 'internet'

/** Who an entry of `reachableFrom` lets in. */
export type Source =
  | { readonly kind: 'tier'; readonly tier: string; readonly workload: string | undefined }
  /** Without a name, all ingress controllers. */
  | { readonly kind: 'ingress-controller'; readonly name: string | undefined }
  | { readonly kind: 'internet' }
  | { readonly kind: 'peer'; readonly peer: Peer }

/** A workload, and a source that may connect to some of its ports. */
export interface Link {
  readonly from: Source
  readonly to: { readonly tier: string; readonly workload: string }
  readonly ports: readonly PortModel[]
}

/** A connection that leaves a tier for a workload of a tier, by the NetworkPolicy that lets it out. */
export interface Crossing extends Link {
  readonly policy: string
  readonly from: Extract<Source, { kind: 'tier' }>
  /** The entry of the tier's `egress` that names it, if any. */
  readonly egress: string | undefined
}

/** An entry of `reachableFrom` in its long form. */
export function sourceOf(spec: SourceSpec): { readonly source: Source; readonly ports?: readonly PortChoice[] } {
  if (typeof spec === 'string') return { source: named(spec) }
  const source: Source = 'from' in spec ? named(spec.from) : { kind: 'peer', peer: peerOf(spec) }
  return { source, ...(spec.ports ? { ports: spec.ports } : {}) }
}

/** `frontend/ui`, `ingress-controller`, `monitoring, app=prometheus`, `10.0.0.0/22`: the same for the same source. */
export function sourceText(source: Source): string {
  if (source.kind === 'peer') return peerText(source.peer)
  if (source.kind === 'internet') return everywhere
  const [first, second] = source.kind === 'tier' ? [source.tier, source.workload] : [ingressController, source.name]
  return second === undefined ? first : `${first}/${second}`
}

/** Everybody who may connect to a workload: one link for each source, whatever number of entries names it. */
export function linksOf({ tiers }: Catalogue): Link[] {
  return Object.entries(tiers).flatMap(([tier, { workloads }]) =>
    Object.entries(workloads).flatMap(([workload, spec]) => {
      const entries = (spec.reachableFrom ?? []).map((entry) => {
        const { source, ports } = sourceOf(entry)
        return { from: source, ports: chosenPorts(spec, ports), text: sourceText(source) }
      })
      const bySource = groupBy(entries, ({ text }) => text)
      return [...bySource.keys()].sort(compare).flatMap((text): Link[] => {
        const same = bySource.get(text) ?? []
        const ports = distinctPorts(same.flatMap((entry) => entry.ports))
        return same[0] && ports.length > 0 ? [{ from: same[0].from, to: { tier, workload }, ports }] : []
      })
    }),
  )
}

/**
 * How the pods of a tier may leave it for workloads of tiers: what `reachableFrom` of these allows, by the entries of the
 * tier's `egress` that name the workload, and where none does by a policy of its own.
 */
export function crossingsOf(catalogue: Catalogue, tier: string): Crossing[] {
  const named = Object.entries(catalogue.tiers[tier]?.egress ?? {})
  return linksOf(catalogue).flatMap((link): Crossing[] => {
    const { from, to } = link
    if (from.kind !== 'tier' || from.tier !== tier) return []
    const entries = named.filter(([, spec]) => isToTier(spec) && isMeant(spec, to))
    if (entries.length === 0) {
      const policy = policyNames.across(from.workload, to.tier, to.workload)
      return [{ ...link, from, policy, egress: undefined }]
    }
    return entries.flatMap(([name, { ports: choices }]) => {
      const workload = catalogue.tiers[to.tier]?.workloads[to.workload]
      const ports = workload && choices ? commonPorts(link.ports, chosenPorts(workload, choices)) : link.ports
      const policy = policyNames.out(name, from.workload)
      return ports.length > 0 ? [{ ...link, from, ports, policy, egress: name }] : []
    })
  })
}

export function isToTier(spec: EgressSpec): spec is TierEgressSpec {
  return typeof spec.to === 'object' && 'tier' in spec.to
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
  /** From the tier, or one workload of it, to an entry of the tier's `egress`. */
  out: (egress: string, source?: string) => `allow-${source === undefined ? '' : `${source}-`}to-${egress}`,
} as const

// --- internal ---

function named(text: string): Source {
  if (text === everywhere) return { kind: 'internet' }
  const slash = text.indexOf('/')
  const [first, second] = slash < 0 ? [text, undefined] : [text.slice(0, slash), text.slice(slash + 1)]
  return first === ingressController
    ? { kind: 'ingress-controller', name: second }
    : { kind: 'tier', tier: first, workload: second }
}

/** Whether an egress names the workload, alone or with all of its tier. */
function isMeant({ to }: TierEgressSpec, { tier, workload }: Link['to']): boolean {
  return to.tier === tier && (to.workload === undefined || to.workload === workload)
}
