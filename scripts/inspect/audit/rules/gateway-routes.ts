import { type Backend, backendsOfRoute, isGatewayRoute } from '../../inputs/backends.ts'
import { type FoundObject, listAt, recordAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import { namespaceNamed, type World } from '../world/world.ts'
import { backendService } from './backend-service.ts'

/** Routes of the Gateway API whose backends are not there, or may not be named. */
export function gatewayRoutes(world: World): Finding[] {
  return world.objects.filter(isGatewayRoute).flatMap((route) =>
    backendsOfRoute(route).flatMap((backend) => {
      const namespace = namespaceNamed(world, backend.namespace ?? route.namespace)
      return [
        ...fields(route, backend),
        ...granted(world, route, backend),
        // Of a namespace of which nothing was read nobody knows the Services.
        ...(namespace ? backendService(route, backend, namespace, world.isLive) : []),
      ]
    }),
  )
}

// --- internal ---

/** Source: Gateway API, v1 BackendRef and HTTPBackendRef. */
const allowed = ['group', 'kind', 'name', 'namespace', 'port', 'weight', 'filters']

function fields(route: FoundObject, { path, value }: Backend): Finding[] {
  return Object.keys(recordAt(value)).flatMap((name) => {
    if (allowed.includes(name)) return []
    const key = `${path}.${name}`
    return about(route, 'BACKEND_FIELD_UNKNOWN', {
      key,
      fact: `${key} does not exist`,
      expected: 'name and port',
      fix: 'Write { name, port } there, with the port of the Service.',
    })
  })
}

/** Source: Gateway API, ReferenceGrant. */
function granted(world: World, route: FoundObject, { path, service, namespace }: Backend): Finding[] {
  if (service === undefined || namespace === undefined || namespace === route.namespace) return []
  const there = namespaceNamed(world, namespace)
  if (!there) return []
  const isGranted = there.objects.some(
    ({ kind, raw }) =>
      kind === 'ReferenceGrant' &&
      listAt(raw, 'spec', 'from').some(
        (from) => textAt(from, 'kind') === route.kind && textAt(from, 'namespace') === route.namespace,
      ) &&
      listAt(raw, 'spec', 'to').some(
        (to) => textAt(to, 'kind') === 'Service' && (textAt(to, 'name') ?? service) === service,
      ),
  )
  if (isGranted) return []
  return [
    about(route, 'BACKEND_NOT_GRANTED', {
      key: path,
      ...(world.isLive ? { severity: 'error' as const } : {}),
      fact: `${path} names the Service ${service} of the namespace ${namespace}, and no ReferenceGrant there lets a ${route.kind} of ${route.namespace ?? 'its namespace'} do so`,
      expected: 'a Service of its own namespace, or a ReferenceGrant beside the Service',
      fix: `Move the route into ${namespace}, or add a ReferenceGrant there.`,
    }),
  ]
}
