import { nearest } from '../../../lib/nearest.ts'
import type { Backend } from '../../inputs/backends.ts'
import { at, type FoundObject, listAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundNamespace } from '../world/world.ts'

/** A backend whose Service, or the port of it, is not there. */
export function backendService(
  object: FoundObject,
  { path, service: name, port }: Backend,
  namespace: FoundNamespace,
  isLive: boolean,
): Finding[] {
  if (name === undefined) return []
  const services = namespace.objects.filter(({ kind, apiVersion }) => kind === 'Service' && apiVersion === 'v1')
  const found = services.find((one) => one.name === name)
  const place = namespace.name === object.namespace ? 'its namespace' : `the namespace ${namespace.name}`
  if (!found) {
    const near = nearest(
      name,
      services.map((one) => one.name),
    )
    return [
      about(object, 'BACKEND_UNMADE', {
        key: path,
        ...(isLive ? { severity: 'error' as const } : {}),
        fact: `${path} names the Service ${name}, which nothing that was read makes in ${place}`,
        expected: near ? `a Service of ${place}, such as ${near}` : `a Service of ${place}`,
        fix: 'Correct the name, or add the Service to the manifests.',
      }),
    ]
  }
  const ports = listAt(found.raw, 'spec', 'ports')
  const isThere = ports.some((one) => (typeof port === 'string' ? textAt(one, 'name') : at(one, 'port')) === port)
  if (isThere || (port === undefined && object.kind === 'Ingress')) return []
  const told = ports
    .map((one) => [textAt(one, 'name'), at(one, 'port')].filter((part) => part !== undefined).join(' '))
    .join(', ')
  const named = port === undefined ? 'names no port' : `names the port ${port}`
  return [
    about(object, 'BACKEND_PORT_UNKNOWN', {
      key: path,
      fact: `${path} ${named} of Service ${name}, which has ${told || 'none'}`,
      expected: 'a port of the Service: not that of its pods',
      fix: object.kind === 'Ingress' ? 'Correct port.number or port.name.' : 'Correct port.',
    }),
  ]
}
