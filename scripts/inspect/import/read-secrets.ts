import { at, type FoundObject, listAt, recordAt, textAt } from '../inputs/found-object.ts'
import type { FoundSecret } from './facts.ts'

/** Whether an object is a Secret of an application: not a token, and nothing that Helm keeps for itself. */
export function isSecret({ apiVersion, kind, raw }: FoundObject): boolean {
  const type = textAt(raw, 'type') ?? 'Opaque'
  return apiVersion === 'v1' && kind === 'Secret' && !/^(helm\.sh\/|kubernetes\.io\/service-account-token)/.test(type)
}

export function isSealedSecret({ apiVersion, kind }: FoundObject): boolean {
  return kind === 'SealedSecret' && apiVersion.startsWith('bitnami.com/')
}

/** The Secret that is made of a sealed one: the names of its keys are not sealed. */
export function readSealedSecret({ name, namespace, raw, where }: FoundObject): FoundSecret {
  const template = at(raw, 'spec', 'template')
  return {
    namespace: textAt(template, 'metadata', 'namespace') ?? namespace ?? '',
    name: textAt(template, 'metadata', 'name') ?? name,
    type: textAt(template, 'type'),
    keys: Object.keys({ ...recordAt(raw, 'spec', 'encryptedData'), ...recordAt(template, 'data') }),
    isManaged: false,
    where,
  }
}

/** The names of its keys: no value is read. */
export function readSecret({ name, namespace, labels, raw, where }: FoundObject): FoundSecret {
  // What is sealed, somebody wrote.
  const owners = listAt(raw, 'metadata', 'ownerReferences').filter((owner) => owner.kind !== 'SealedSecret')
  return {
    namespace: namespace ?? '',
    name,
    type: textAt(raw, 'type'),
    keys: [...new Set(['data', 'stringData'].flatMap((field) => Object.keys(recordAt(raw, field))))],
    isManaged:
      labels['app.kubernetes.io/name'] === 'tiered-secrets' ||
      'reconcile.external-secrets.io/managed' in labels ||
      owners.length > 0,
    where,
  }
}
