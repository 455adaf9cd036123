import { at, type FoundObject, recordAt, textAt } from '../inputs/found-object.ts'
import type { FoundSecret } from './facts.ts'

/** Whether an object is a Secret of an application: not a token, and nothing that Helm keeps for itself. */
export function isSecret({ apiVersion, kind, raw }: FoundObject): boolean {
  const type = textAt(raw, 'type') ?? 'Opaque'
  return apiVersion === 'v1' && kind === 'Secret' && !/^(helm\.sh\/|kubernetes\.io\/service-account-token)/.test(type)
}

/** The names of its keys: no value is read. */
export function readSecret({ name, namespace, labels, raw, where }: FoundObject): FoundSecret {
  const owners = at(raw, 'metadata', 'ownerReferences')
  return {
    namespace: namespace ?? '',
    name,
    type: textAt(raw, 'type'),
    keys: [...new Set(['data', 'stringData'].flatMap((field) => Object.keys(recordAt(raw, field))))],
    isManaged:
      labels['app.kubernetes.io/name'] === 'tiered-secrets' ||
      'reconcile.external-secrets.io/managed' in labels ||
      (Array.isArray(owners) && owners.length > 0),
    where,
  }
}
