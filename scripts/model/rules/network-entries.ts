import { sourceOf, sourceText } from '../network/links.ts'
import { listOf } from '../network/peers.ts'
import type { AddressesSpec, PodsSpec } from '../network/spec.ts'
import type { Application, Catalogue, EnvironmentSpec } from '../types.ts'
import { atEnvironment, atTier } from './rule.ts'

/** Every workload, with its place. */
export function workloadEntries({ tiers }: Catalogue) {
  return Object.entries(tiers).flatMap(([tier, { workloads }]) =>
    Object.entries(workloads).map(([name, spec]) => ({
      tier,
      name,
      spec,
      where: `${atTier(tier)} workload "${name}"`,
    })),
  )
}

/** Every entry of `egress`, with its place. */
export function egressEntries({ tiers }: Catalogue) {
  return Object.entries(tiers).flatMap(([tier, { egress = {} }]) =>
    Object.entries(egress).map(([name, spec]) => ({ tier, name, spec, where: `${atTier(tier)} egress "${name}"` })),
  )
}

/** Pods or addresses outside the tiers, wherever an application names some. */
export interface PeerEntry {
  readonly where: string
  readonly role: 'source' | 'destination' | 'ingress controller' | 'dns'
  /** The field with the namespace. */
  readonly field: string
  readonly spec: PodsSpec | AddressesSpec
  /** The environment that names it; undefined for the catalogue, which is for all of them. */
  readonly environment: string | undefined
}

/** Every one, with its place. */
export function peerEntries({ catalogue, environments }: Application): PeerEntry[] {
  return [
    ...workloadEntries(catalogue).flatMap(({ where, spec }) => sourcePeers(where, spec.reachableFrom)),
    ...egressEntries(catalogue).flatMap(({ where, spec: { to } }): PeerEntry[] =>
      typeof to === 'string' || 'tier' in to
        ? []
        : [{ where, role: 'destination', field: 'to.namespace', spec: to, environment: undefined }],
    ),
    ...Object.entries(environments).flatMap(([environment, spec]) => environmentPeers(environment, spec)),
  ]
}

// --- internal ---

type Sources = Catalogue['tiers'][string]['workloads'][string]['reachableFrom']

function sourcePeers(where: string, sources: Sources = []): PeerEntry[] {
  return sources.flatMap((entry): PeerEntry[] => {
    if (typeof entry === 'string' || 'from' in entry) return []
    const place = `${where} reachableFrom "${sourceText(sourceOf(entry).source)}"`
    return [{ where: place, role: 'source', field: 'namespace', spec: entry, environment: undefined }]
  })
}

function environmentPeers(
  environment: string,
  { ingressNamespace, ingressControllers = {}, dns = [] }: EnvironmentSpec,
): PeerEntry[] {
  const at = atEnvironment(environment)
  const one = ingressNamespace === undefined ? [] : [{ namespace: ingressNamespace }]
  return [
    ...one.map((spec): PeerEntry => {
      return { where: at, role: 'ingress controller', field: 'ingressNamespace', spec, environment }
    }),
    ...Object.entries(ingressControllers).flatMap(([name, peers]) =>
      listOf(peers).map((spec): PeerEntry => {
        const where = `${at} ingress controller "${name}"`
        return { where, role: 'ingress controller', field: 'namespace', spec, environment }
      }),
    ),
    ...listOf(dns).map((spec): PeerEntry => {
      return { where: `${at} dns`, role: 'dns', field: 'dns.namespace', spec, environment }
    }),
  ]
}
