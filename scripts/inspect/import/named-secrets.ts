import { at, type FoundObject, listAt, textAt } from '../inputs/found-object.ts'
import type { SecretName } from './facts.ts'
import { isWorkload, podsOf } from './read-workloads.ts'

/**
 * Secrets that something besides a container reads: the kubelet fetches images with them, an ingress controller or a gateway
 * shows their certificates.
 */
export function namedSecrets(object: FoundObject): SecretName[] {
  const { namespace = '', name, where } = object
  const own = isWorkload(object) ? { workload: name } : {}
  return namesIn(object).map(({ secret, by, isForImages }) => ({ namespace, secret, by, ...own, isForImages, where }))
}

// --- internal ---

function namesIn(object: FoundObject): Pick<SecretName, 'secret' | 'by' | 'isForImages'>[] {
  const { kind, name, raw } = object
  const called = (list: Record<string, unknown>[], field: string, by: string, isForImages = false) =>
    list.flatMap((one) => {
      const secret = textAt(one, field)
      return secret === undefined ? [] : [{ secret, by, isForImages }]
    })
  const pulling = (list: Record<string, unknown>[], of: string) =>
    called(list, 'name', `the imagePullSecrets of ${of}`, true)
  if (isWorkload(object)) return pulling(listAt(podsOf(raw), 'spec', 'imagePullSecrets'), name)
  if (kind === 'ServiceAccount') return pulling(listAt(raw, 'imagePullSecrets'), `${kind} ${name}`)
  if (kind === 'Ingress') return called(listAt(raw, 'spec', 'tls'), 'secretName', `the tls of ${kind} ${name}`)
  if (kind !== 'Gateway') return []
  const certificates = listAt(raw, 'spec', 'listeners').flatMap((listener) =>
    listAt(listener, 'tls', 'certificateRefs'),
  )
  const own = certificates.filter((one) => [undefined, object.namespace].includes(at(one, 'namespace') as string))
  return called(own, 'name', `the tls of ${kind} ${name}`)
}
