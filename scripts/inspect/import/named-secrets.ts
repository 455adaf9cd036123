import { at, type FoundObject, listAt, textAt } from '../inputs/found-object.ts'
import type { SecretName } from './facts.ts'
import { isWorkload, podsOf } from './read-workloads.ts'

/**
 * Secrets that something besides a container reads: the kubelet fetches images with them, an ingress controller or a gateway
 * shows their certificates.
 */
export function namedSecrets(object: FoundObject): SecretName[] {
  return namesIn(object).map(({ secret, by }) => ({
    namespace: object.namespace ?? '',
    secret,
    by,
    where: object.where,
  }))
}

// --- internal ---

function namesIn(object: FoundObject): Pick<SecretName, 'secret' | 'by'>[] {
  const { kind, name, raw } = object
  const called = (list: Record<string, unknown>[], field: string, by: string) =>
    list.flatMap((one) => {
      const secret = textAt(one, field)
      return secret === undefined ? [] : [{ secret, by }]
    })
  if (isWorkload(object)) return called(listAt(podsOf(raw), 'spec', 'imagePullSecrets'), 'name', pulling(name))
  if (kind === 'ServiceAccount') return called(listAt(raw, 'imagePullSecrets'), 'name', pulling(`${kind} ${name}`))
  if (kind === 'Ingress') return called(listAt(raw, 'spec', 'tls'), 'secretName', `the tls of ${kind} ${name}`)
  if (kind !== 'Gateway') return []
  const certificates = listAt(raw, 'spec', 'listeners').flatMap((listener) =>
    listAt(listener, 'tls', 'certificateRefs'),
  )
  const own = certificates.filter((one) => [undefined, object.namespace].includes(at(one, 'namespace') as string))
  return called(own, 'name', `the tls of ${kind} ${name}`)
}

const pulling = (of: string) => `the imagePullSecrets of ${of}`
