import { isRecord } from '../../lib/record.ts'
import { type FoundObject, recordAt, textAt } from '../inputs/found-object.ts'
import type { FoundStore } from './facts.ts'

export function isStore({ apiVersion, kind }: FoundObject): boolean {
  return apiVersion.startsWith('external-secrets.io/') && /^(Cluster)?SecretStore$/.test(kind)
}

/** A store of any version: `spec.provider` has one field, which is named after the provider. */
export function readStore({ kind, name, namespace, raw, where }: FoundObject): FoundStore {
  const [provider = 'unknown'] = Object.keys(recordAt(raw, 'spec', 'provider'))
  return {
    namespace: kind === 'ClusterSecretStore' ? undefined : (namespace ?? ''),
    name,
    provider,
    region: textAt(raw, 'spec', 'provider', provider, 'region'),
    projectId: textAt(raw, 'spec', 'provider', provider, 'projectId'),
    credentials: secretNames(recordAt(raw, 'spec', 'provider')),
    where,
  }
}

// --- internal ---

/** Of every `…secretRef` and `…SecretRef`, however deep it is. */
function secretNames(value: unknown): string[] {
  if (Array.isArray(value)) return value.flatMap(secretNames)
  if (!isRecord(value)) return []
  return Object.entries(value).flatMap(([field, inner]) => {
    const name = /secretref$/i.test(field) ? textAt(inner, 'name') : undefined
    return name === undefined ? secretNames(inner) : [name]
  })
}
