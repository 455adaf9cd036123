import { nearest } from '../../../lib/nearest.ts'
import { type Backend, backendsOfIngress, isIngress } from '../../inputs/backends.ts'
import { at, type FoundObject, listAt, recordAt, textAt, textsAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import type { FoundNamespace, World } from '../world/world.ts'
import { backendService } from './backend-service.ts'

/** Ingresses whose backends are not there, and Services without pods. */
export function routing({ namespaces, isLive }: World): Finding[] {
  return namespaces.flatMap((namespace) =>
    namespace.objects.flatMap((object) => {
      if (object.kind === 'Service' && object.apiVersion === 'v1') return service(namespace, object)
      return isIngress(object) ? ingress(namespace, object, isLive) : []
    }),
  )
}

// --- internal ---

function service(namespace: FoundNamespace, object: FoundObject): Finding[] {
  const selector = textsAt(object.raw, 'spec', 'selector')
  const labels = Object.entries(selector)
  if (labels.length === 0 || textAt(object.raw, 'spec', 'type') === 'ExternalName') return []
  const selected = namespace.pods.filter(({ template }) =>
    labels.every(([key, value]) => template.labels[key] === value),
  )
  if (selected.length === 0) {
    if (namespace.mayHaveOtherPods) return []
    return [
      about(object, 'SERVICE_WITHOUT_PODS', {
        key: 'spec.selector',
        fact: `it selects ${labels.map(([key, value]) => `${key}=${value}`).join(', ')}, and no pod template of its namespace carries that`,
        expected: 'labels that pods carry: no pod answers as it is',
        fix: 'Correct spec.selector, or the labels of the pods.',
      }),
    ]
  }
  const named = selected.flatMap(({ spec }) =>
    ['containers', 'initContainers']
      .flatMap((field) => listAt(spec, field))
      .flatMap((container) => listAt(container, 'ports').flatMap((port) => textAt(port, 'name') ?? [])),
  )
  return listAt(object.raw, 'spec', 'ports').flatMap((port, index) => {
    const target = at(port, 'targetPort')
    if (typeof target !== 'string' || /^\d+$/.test(target) || named.includes(target)) return []
    const near = nearest(target, named)
    return about(object, 'SERVICE_PORT_UNKNOWN', {
      key: `spec.ports[${index}].targetPort`,
      fact: `spec.ports[${index}].targetPort is ${target}, and no container of its pods has a port of this name`,
      expected: near ? `a port that they have, such as ${near}` : 'a port that they have',
      fix: 'Name the port in the pod template, or use its number.',
    })
  })
}

function ingress(namespace: FoundNamespace, object: FoundObject, isLive: boolean): Finding[] {
  return backendsOfIngress(object).flatMap((backend) => [
    ...fields(object, backend),
    ...backendService(object, backend, namespace, isLive),
  ])
}

const backendFields: Readonly<Record<string, readonly string[]>> = {
  '': ['service', 'resource'],
  '.service': ['name', 'port'],
  '.service.port': ['name', 'number'],
}

/** Source: Kubernetes API, networking/v1 IngressBackend. */
function fields(object: FoundObject, { path, value: backend }: Backend): Finding[] {
  return Object.entries(backendFields).flatMap(([below, allowed]) => {
    const value = recordAt(backend, ...below.split('.').filter((part) => part !== ''))
    return Object.keys(value).flatMap((name) => {
      if (allowed.includes(name)) return []
      const key = `${path}${below}.${name}`
      return about(object, 'BACKEND_FIELD_UNKNOWN', {
        key,
        fact: `${key} does not exist${name === 'namespace' ? ': a backend is always in the namespace of its Ingress' : ''}`,
        expected: `${allowed.join(' and ')}`,
        fix:
          name === 'namespace'
            ? 'Move the Ingress into the namespace of the Service, and take the field out.'
            : `Write service: { name, port: { number } } there.`,
      })
    })
  })
}
