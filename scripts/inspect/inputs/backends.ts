import { at, type FoundObject, listAt, recordAt, textAt } from './found-object.ts'

/** A Service that an Ingress or a route of the Gateway API leads to. */
export interface Backend {
  /** `spec.rules[0].backendRefs[1]` */
  readonly path: string
  /** As it is written; not certain to be what the kind has there. */
  readonly value: unknown
  /** Undefined: none, or something else than a Service. */
  readonly service: string | undefined
  /** As it is written. Undefined: its own. An Ingress has no field for it. */
  readonly namespace: string | undefined
  /** A number, or in an Ingress also the name of a port of the Service. */
  readonly port: number | string | undefined
}

export function isIngress({ apiVersion, kind }: FoundObject): boolean {
  return kind === 'Ingress' && /^(networking\.k8s\.io|extensions)\//.test(apiVersion)
}

/** `HTTPRoute`, `GRPCRoute`, `TLSRoute`, `TCPRoute`, `UDPRoute`. */
export function isGatewayRoute({ apiVersion, kind }: FoundObject): boolean {
  return apiVersion.startsWith('gateway.networking.k8s.io/') && kind.endsWith('Route')
}

/** Source: Kubernetes API, networking/v1 IngressBackend. */
export function backendsOfIngress({ raw }: FoundObject): Backend[] {
  const rules = listAt(raw, 'spec', 'rules').flatMap((rule, index) =>
    listAt(rule, 'http', 'paths').map((path, number) => ({
      path: `spec.rules[${index}].http.paths[${number}].backend`,
      value: at(path, 'backend'),
    })),
  )
  const other = at(raw, 'spec', 'defaultBackend')
  return [...(other === undefined ? [] : [{ path: 'spec.defaultBackend', value: other }]), ...rules].map((one) => {
    const [number, name] = [at(one.value, 'service', 'port', 'number'), textAt(one.value, 'service', 'port', 'name')]
    return { ...one, service: textAt(one.value, 'service', 'name'), namespace: undefined, port: portOf(name ?? number) }
  })
}

/** Source: Gateway API, v1 BackendObjectReference, HTTPRequestMirrorFilter. */
export function backendsOfRoute({ raw }: FoundObject): Backend[] {
  return listAt(raw, 'spec', 'rules').flatMap((rule, index) => {
    const path = `spec.rules[${index}]`
    const refs = listAt(rule, 'backendRefs').map((value, number) => ({ path: `${path}.backendRefs[${number}]`, value }))
    const mirrors = listAt(rule, 'filters').flatMap((filter, number) => {
      const value = recordAt(filter, 'requestMirror').backendRef
      return value === undefined ? [] : [{ path: `${path}.filters[${number}].requestMirror.backendRef`, value }]
    })
    return [...refs, ...mirrors].map((one) => {
      const isService = (textAt(one.value, 'kind') ?? 'Service') === 'Service' && !textAt(one.value, 'group')
      return {
        ...one,
        service: isService ? textAt(one.value, 'name') : undefined,
        namespace: textAt(one.value, 'namespace'),
        port: portOf(at(one.value, 'port')),
      }
    })
  })
}

// --- internal ---

function portOf(value: unknown): number | string | undefined {
  return typeof value === 'number' || typeof value === 'string' ? value : undefined
}
