import { backendsOfIngress, backendsOfRoute, isGatewayRoute, isIngress } from '../inputs/backends.ts'
import { at, type FoundObject, listAt, textAt, textsAt } from '../inputs/found-object.ts'
import type { Leftover } from './facts.ts'
import type { FoundPeer, FoundPolicy, FoundPort, FoundRoute, FoundService } from './network-facts.ts'

export function isPolicy({ apiVersion, kind }: FoundObject): boolean {
  return apiVersion === 'networking.k8s.io/v1' && kind === 'NetworkPolicy'
}

/** A NetworkPolicy, with what of it the catalogue has words for. */
export function readPolicy({ name, namespace, raw, where }: FoundObject): FoundPolicy {
  const selector = at(raw, 'spec', 'podSelector')
  const types = at(raw, 'spec', 'policyTypes')
  return {
    namespace: namespace ?? '',
    name,
    podLabels: textsAt(selector, 'matchLabels'),
    ingress: listAt(raw, 'spec', 'ingress').map((rule) => ({ peers: peersOf(rule, 'from'), ports: portsOf(rule) })),
    egress: listAt(raw, 'spec', 'egress').map((rule) => ({ peers: peersOf(rule, 'to'), ports: portsOf(rule) })),
    isReadable: at(selector, 'matchExpressions') === undefined,
    closesIngress: Array.isArray(types) ? types.includes('Ingress') : true,
    closesEgress: Array.isArray(types) ? types.includes('Egress') : at(raw, 'spec', 'egress') !== undefined,
    where,
  }
}

export function isService({ apiVersion, kind }: FoundObject): boolean {
  return apiVersion === 'v1' && kind === 'Service'
}

export function readService({ name, namespace, raw }: FoundObject): FoundService {
  return { namespace: namespace ?? '', name, selector: textsAt(raw, 'spec', 'selector') }
}

/** The Services that an Ingress or a route of the Gateway API leads to. */
export function readRoutes(object: FoundObject): FoundRoute[] {
  const backends = isIngress(object) ? backendsOfIngress(object) : isGatewayRoute(object) ? backendsOfRoute(object) : []
  return backends.flatMap(({ service, namespace = object.namespace ?? '' }) =>
    service === undefined ? [] : [{ namespace, service }],
  )
}

/** Gateways whose pods nobody can tell from a route. */
export function readGateways(object: FoundObject): Leftover[] {
  if (!isGatewayRoute(object)) return []
  const { kind, name, where } = object
  return listAt(object.raw, 'spec', 'parentRefs').flatMap((parent) => {
    const gateway = textAt(parent, 'name')
    if (gateway === undefined || (textAt(parent, 'kind') ?? 'Gateway') !== 'Gateway') return []
    const why = `the Gateway ${gateway} leads to it, and where the pods of the Gateway run is not said`
    const todo = 'Say in `ingressNamespace` or `ingressControllers` of the environment where they run.'
    return [{ code: 'GATEWAY_PODS_UNKNOWN', where, what: `${kind} ${name}`, why, todo }]
  })
}

// --- internal ---

/** Undefined: whoever. */
function peersOf(rule: unknown, field: string): readonly FoundPeer[] | undefined {
  const peers = listAt(rule, field)
  return peers.length === 0 ? undefined : peers.map(peerOf)
}

function peerOf(peer: unknown): FoundPeer {
  const [pods, namespaces] = [at(peer, 'podSelector'), at(peer, 'namespaceSelector')]
  const cidr = textAt(peer, 'ipBlock', 'cidr')
  const listed = at(peer, 'ipBlock', 'except')
  const except = Array.isArray(listed) ? listed : []
  const isEverywhere = cidr === '0.0.0.0/0' || cidr === '::/0'
  const names = textsAt(namespaces, 'matchLabels')
  const { 'kubernetes.io/metadata.name': namespace, ...others } = names
  const isOdd =
    [pods, namespaces].some((selector) => at(selector, 'matchExpressions') !== undefined) ||
    Object.keys(others).length > 0 ||
    (namespaces !== undefined && namespace === undefined) ||
    (except.length > 0 && !isEverywhere)
  return {
    cidr,
    ...(isEverywhere ? { reach: reachOf(cidr, except) } : {}),
    namespace,
    podLabels: textsAt(pods, 'matchLabels'),
    isReadable: !isOdd,
  }
}

/** Without the private networks it is the public addresses that are left. */
function reachOf(cidr: string, except: readonly unknown[]): 'every' | 'public' {
  const own = cidr === '::/0' ? ['fc00::/7'] : ['10.0.0.0/8', '172.16.0.0/12', '192.168.0.0/16']
  return own.every((network) => except.includes(network)) ? 'public' : 'every'
}

/** Undefined: every port. */
function portsOf(rule: unknown): readonly FoundPort[] | undefined {
  const ports = listAt(rule, 'ports')
  if (ports.length === 0) return undefined
  return ports.map((port) => {
    const number = at(port, 'port')
    const isPlain = at(port, 'endPort') === undefined && (typeof number === 'number' || typeof number === 'string')
    return { port: isPlain ? (number as number | string) : undefined, protocol: textAt(port, 'protocol') ?? 'TCP' }
  })
}
