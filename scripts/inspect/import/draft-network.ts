import type { SourceSpec } from '../../model/network/spec.ts'
import type { EgressSpec, TierSpec } from '../../model/types.ts'
import type { TierPart } from './assign-tiers.ts'
import type { FoundWorkload, Leftover } from './facts.ts'
import type { FoundPeer, FoundPolicy, FoundRule, NetworkFacts } from './network-facts.ts'
import { carries } from './open-network.ts'

/** What the policies of a tier's namespace say in the words of the catalogue. */
export interface DraftNetwork {
  /** By workload. */
  readonly reachableFrom: ReadonlyMap<string, readonly SourceSpec[]>
  readonly tier: Pick<TierSpec, 'internalTraffic' | 'egress'>
  readonly leftovers: readonly Leftover[]
}

/** @param all every tier of the environment */
export function draftNetwork(part: TierPart, all: readonly TierPart[], network: NetworkFacts): DraftNetwork {
  const policies = network.policies.filter(({ namespace }) => namespace === part.namespace)
  const context = { part, all }
  const leftovers: Leftover[] = []
  const sources = new Map<string, Set<string>>()
  const egress: Record<string, EgressSpec> = {}
  let isOpen = false
  for (const name of routedWorkloads(part, network)) add(sources, name, 'ingress-controller')
  for (const policy of policies) {
    if (!policy.isReadable) leftovers.push(left(policy, 'it selects pods by expressions'))
    else {
      isOpen ||= opensTier(policy)
      leftovers.push(...ingressOf(policy, context, sources))
      const { entries, unsaid } = egressOf(policy, context)
      Object.assign(egress, entries)
      leftovers.push(...unsaid)
    }
  }
  return {
    reachableFrom: new Map([...sources].map(([name, texts]) => [name, [...texts].map((text) => JSON.parse(text))])),
    tier: {
      ...(isOpen ? { internalTraffic: 'open' as const } : {}),
      ...(Object.keys(egress).length > 0 ? { egress } : {}),
    },
    leftovers,
  }
}

// --- internal ---

interface Context {
  readonly part: TierPart
  readonly all: readonly TierPart[]
}

function add(sources: Map<string, Set<string>>, workload: string, source: SourceSpec): void {
  const own = sources.get(workload) ?? new Set<string>()
  sources.set(workload, own.add(JSON.stringify(source)))
}

/** Workloads behind a Service that an Ingress or a route names. */
function routedWorkloads({ namespace, workloads }: TierPart, { services, routes }: NetworkFacts): string[] {
  return routes
    .filter((route) => route.namespace === namespace)
    .flatMap(({ service }) => services.filter((one) => one.namespace === namespace && one.name === service))
    .filter(({ selector }) => Object.keys(selector).length > 0)
    .flatMap(({ selector }) => workloads.filter(({ labels }) => carries(labels, selector)).map(({ name }) => name))
}

/** All pods of the namespace, from all of them, on every port. */
function opensTier({ podLabels, ingress }: FoundPolicy): boolean {
  return (
    Object.keys(podLabels).length === 0 &&
    ingress.some(({ peers, ports }) => ports === undefined && peers?.some((peer) => isWholeTier(peer)))
  )
}

function isWholeTier({ cidr, namespace, podLabels, isReadable }: FoundPeer): boolean {
  return isReadable && cidr === undefined && namespace === undefined && Object.keys(podLabels).length === 0
}

function ingressOf(policy: FoundPolicy, { part, all }: Context, sources: Map<string, Set<string>>): Leftover[] {
  const targets = part.workloads.filter(({ labels }) => carries(labels, policy.podLabels))
  const rules = policy.ingress.filter((rule) => !rule.peers?.every(isWholeTier))
  if (rules.length === 0) return []
  if (targets.length === 0) return [left(policy, 'it selects no workload of the input')]
  return rules.flatMap((rule) => {
    const names = rule.peers?.map((peer) => sourceOf(peer, part, all)) ?? ['internet']
    for (const target of targets) {
      const ports = chosenPorts(rule, target)
      for (const name of names) if (name !== undefined) add(sources, target.name, withPorts(name, ports))
    }
    return [
      ...(names.includes(undefined)
        ? [left(policy, 'a source of it is neither a tier nor a namespace nor an address')]
        : []),
      ...(rule.peers === undefined || rule.peers.some(({ reach }) => reach === 'every')
        ? [left(policy, `it lets in every source, and ${publicAlone}`)]
        : []),
    ]
  })
}

/** Undefined: the usual ones of the workload. */
function chosenPorts({ ports }: FoundRule, { ports: declared }: FoundWorkload): (number | string)[] | undefined {
  const named = ports?.flatMap(({ port }) => (port === undefined ? [] : [port]))
  if (named === undefined || declared.length < 2) return undefined
  const isAll = declared.every(({ port, name }) => named.some((one) => one === port || one === name))
  return isAll ? undefined : named
}

function withPorts(source: SourceSpec, ports: (number | string)[] | undefined): SourceSpec {
  if (ports === undefined) return source
  return typeof source === 'string' ? { from: source, ports } : { ...source, ports }
}

function sourceOf(peer: FoundPeer, part: TierPart, all: readonly TierPart[]): SourceSpec | undefined {
  if (!peer.isReadable) return undefined
  if (peer.cidr !== undefined) return peer.reach ? 'internet' : { cidr: peer.cidr }
  const namespace = peer.namespace ?? part.namespace
  const tier = all.find((other) => other.namespace === namespace)
  if (tier) return workloadOrTier(peer, tier)
  if (/ingress|gateway|traefik|contour|haproxy|kong/.test(namespace)) return 'ingress-controller'
  return { namespace, ...(Object.keys(peer.podLabels).length > 0 ? { podLabels: peer.podLabels } : {}) }
}

function workloadOrTier({ podLabels }: FoundPeer, { tier, workloads }: TierPart): string | undefined {
  if (Object.keys(podLabels).length === 0) return tier
  const [workload] = workloads.filter(({ labels }) => carries(labels, podLabels))
  return workload && `${tier}/${workload.name}`
}

const everywhere: FoundPeer = {
  ...{ cidr: '0.0.0.0/0', reach: 'every', namespace: undefined, podLabels: {}, isReadable: true },
}

const publicAlone = '`internet` is the public addresses alone: no pod of the cluster, and no private network'

function egressOf(policy: FoundPolicy, { part, all }: Context) {
  const entries: Record<string, EgressSpec> = {}
  const unsaid: Leftover[] = []
  const rules = policy.egress.filter(({ ports }) => !(ports?.length && ports.every(({ port }) => port === 53)))
  for (const { peers, ports } of rules) {
    for (const peer of peers ?? [everywhere]) {
      // What another tier lets in is allowed without a word about it.
      if (isInTiers(peer, part, all)) continue
      const to = destinationOf(peer)
      const numbers = ports?.flatMap(({ port }) => (typeof port === 'number' ? [port] : []))
      if (to === undefined || numbers === undefined || numbers.length < (ports?.length ?? 0))
        unsaid.push(
          left(policy, 'a destination of it has no ports by number, or is more than a namespace or an address'),
        )
      else {
        if (peer.reach === 'every') unsaid.push(left(policy, `it lets out to every address, and ${publicAlone}`))
        addEgress(entries, policy, to, numbers, new Set(ports?.map(({ protocol }) => protocol)))
      }
    }
  }
  return { entries, unsaid }
}

function isInTiers({ cidr, namespace, isReadable }: FoundPeer, part: TierPart, all: readonly TierPart[]): boolean {
  const name = namespace ?? part.namespace
  return isReadable && cidr === undefined && all.some((other) => other.namespace === name)
}

type Destination = Extract<EgressSpec, { ports: readonly number[] }>['to']

function destinationOf({ cidr, reach, namespace, podLabels, isReadable }: FoundPeer): Destination | undefined {
  if (!isReadable) return undefined
  if (cidr !== undefined) return reach ? 'internet' : { cidr }
  if (namespace === undefined) return undefined
  return { namespace, ...(Object.keys(podLabels).length > 0 ? { podLabels } : {}) }
}

/** Named after its policy; a second destination gets a number. */
function addEgress(
  entries: Record<string, EgressSpec>,
  { name, where }: FoundPolicy,
  to: Destination,
  ports: readonly number[],
  protocols: ReadonlySet<string>,
): void {
  const base = name.replace(/^allow-(to-)?/, '') || name
  const taken = Object.keys(entries).filter((one) => one === base || one.startsWith(`${base}-`)).length
  const entry = taken === 0 ? base : `${base}-${taken + 1}`
  const isUdp = protocols.has('UDP') && !protocols.has('TCP')
  const description = `As the policy ${name} of ${where.replace(/:\d+$/, '')} allows`
  entries[entry] = { description, to, ports: [...new Set(ports)], ...(isUdp ? { protocol: 'UDP' as const } : {}) }
}

function left({ name, where }: FoundPolicy, why: string): Leftover {
  const todo = 'Say in `reachableFrom` or `egress` of the tier who is meant.'
  return { code: 'POLICY_UNSUPPORTED', where, what: `NetworkPolicy ${name}`, why, todo }
}
