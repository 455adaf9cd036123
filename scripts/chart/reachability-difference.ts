import { isDeepStrictEqual } from 'node:util'
import { groupBy } from '../lib/group.ts'
import type { Problem } from '../lib/problems.ts'
import { type Endpoints, endpointsOf, unnamedNamespace } from '../model/network/endpoints.ts'
import {
  type Endpoint,
  type Grant,
  intendedReachability,
  type Judge,
  type PodEndpoint,
  type Side,
} from '../model/network/reachability.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { Catalogue } from '../model/types.ts'
import { judgePolicies, type NamespaceLabels, namespaceLabels } from './judge-policies.ts'
import type { Manifest } from './manifests.ts'
import { exampleOf, type LabelSelector, type NetworkPolicy, networkPoliciesOf, type Peer } from './network-policy.ts'

/**
 * Compares who reaches whom under some manifests with what the catalogue says.
 *
 * @param manifests the NetworkPolicies, and the Namespaces whose labels they may select by
 */
export function checkReachability(
  manifests: readonly Manifest[],
  model: EnvironmentModel,
  catalogue: Catalogue,
): Problem[] {
  const { policies, problems } = networkPoliciesOf(manifests)
  if (problems.length > 0) return [...problems]
  const namespaces = namespaceLabels(manifests)
  return reachabilityDifferences({
    environment: model.environment,
    endpoints: endpointsOf(model, catalogue),
    intended: intendedReachability(model, catalogue),
    judged: judgePolicies(policies, namespaces),
    policies,
    namespaces,
  })
}

// --- internal ---

/** Two descriptions of who reaches whom, and the endpoints they are compared for. */
interface Comparison {
  readonly environment: string
  /** Of the catalogue. What the policies select besides is added. */
  readonly endpoints: Endpoints
  readonly intended: Judge
  readonly judged: Judge
  readonly policies: readonly NetworkPolicy[]
  /** Labels of namespaces that a policy may select by. */
  readonly namespaces: NamespaceLabels
}

/** One problem for each destination and way in which it differs; the first source stands for others of the same kind. */
function reachabilityDifferences(comparison: Comparison): Problem[] {
  const { environment, endpoints, intended, judged } = comparison
  const own = endpoints.tiers.flatMap(({ pods }) => pods)
  const namespaces = new Set(own.map(({ namespace }) => namespace))
  const isOwn = (endpoint: Endpoint) => endpoint.kind === 'pod' && namespaces.has(endpoint.namespace)
  const all = distinct([...own, ...endpoints.sources, ...endpoints.destinations, ...selectedEnds(comparison)])
  const differences = all.flatMap((to) =>
    all.flatMap((from) => {
      if (!isOwn(from) && !isOwn(to)) return []
      const [expected, found] = [intended(from, to), judged(from, to)]
      const sides = (['egress', 'ingress'] as const).filter((side) => !isDeepStrictEqual(expected[side], found[side]))
      const texts = sides.map((side) => ({ side, found: text(found[side]), expected: text(expected[side]) }))
      return texts.length > 0 ? [{ from: from.name, to: to.name, texts }] : []
    }),
  )
  return [...groupBy(differences, ({ to, texts }) => JSON.stringify([to, texts])).values()].flatMap((same) => {
    const [first, ...others] = same
    if (!first) return []
    const words = (key: 'found' | 'expected') =>
      first.texts.map((one) => `${one.side === 'egress' ? 'let out' : 'let in'} ${one[key]}`).join(' and ')
    return {
      code: 'REACHABILITY_DIFFERS',
      where: `reachability ${environment}: from ${first.from}${others.length > 0 ? ` and ${others.length} more` : ''} to ${first.to}`,
      message: `the policies ${words('found')}. Expected them to ${words('expected')}.`,
      fix: 'Correct the policies; scripts/catalogue.ts says what may connect, with reachableFrom, internalTraffic and egress.',
    }
  })
}

/** For every selector and network of the policies, the least it selects: endpoints the catalogue may not know. */
function selectedEnds({ policies, namespaces }: Comparison): Endpoint[] {
  return policies.flatMap(({ namespace, spec: { podSelector = {}, ingress = [], egress = [] } }) => {
    const peers = [...ingress.flatMap(({ from = [] }) => from), ...egress.flatMap(({ to = [] }) => to)]
    return [...podsAt([namespace], podSelector), ...peers.flatMap((peer) => peerEnds(peer, namespace, namespaces))]
  })
}

function peerEnds({ podSelector, namespaceSelector, ipBlock }: Peer, own: string, known: NamespaceLabels): Endpoint[] {
  if (ipBlock) {
    const addresses = [ipBlock.cidr, ...(ipBlock.except ?? [])].map((cidr) => cidr.split('/')[0] ?? '')
    return addresses.map((address) => ({ kind: 'address', name: `address ${address}`, address, ports: [] }))
  }
  const labels = namespaceSelector && exampleOf(namespaceSelector)
  const named = labels?.['kubernetes.io/metadata.name']
  if (namespaceSelector === undefined) return podsAt([own], podSelector ?? {})
  if (named !== undefined) return podsAt([named], podSelector ?? {})
  const strangers = podsAt([unnamedNamespace], podSelector ?? {}).map((pod) => ({
    ...pod,
    name: `a pod of a namespace labelled ${JSON.stringify(labels ?? {})}`,
    namespaceLabels: labels ?? {},
  }))
  return [...podsAt(Object.keys(known), podSelector ?? {}), ...strangers]
}

function podsAt(namespaces: readonly string[], selector: LabelSelector): PodEndpoint[] {
  const labels = exampleOf(selector)
  if (!labels) return []
  const text = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
  return namespaces.map((namespace) => ({
    kind: 'pod',
    name: text.length === 0 ? `a pod of ${namespace}` : `a pod of ${namespace} (${text.join(', ')})`,
    namespace,
    labels,
    ports: [],
  }))
}

/** Endpoints that differ in more than their name; the first name is kept. */
function distinct(endpoints: readonly Endpoint[]): Endpoint[] {
  const byContent = new Map<string, Endpoint>()
  for (const endpoint of endpoints) {
    const key = JSON.stringify(
      endpoint.kind === 'pod'
        ? [endpoint.namespace, Object.entries(endpoint.labels).sort(), endpoint.namespaceLabels ?? {}]
        : [endpoint.address ?? null],
    )
    if (!byContent.has(key)) byContent.set(key, endpoint)
  }
  return [...byContent.values()]
}

function text(side: Side): string {
  if (side === 'open') return 'everything, by no policy'
  if (side.length === 0) return 'nothing'
  return side.map((grant) => `${portText(grant)} by ${grant.policy}`).join(', ')
}

function portText({ protocol, first, last }: Grant): string {
  if (protocol === 'any') return 'everything'
  return `${protocol} ${first === last ? first : `${first}-${last}`}`
}
