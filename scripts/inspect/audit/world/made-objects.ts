import type { KnownKeys } from '../../../cluster/container-variables.ts'
import type { ObjectName } from '../../../cluster/pod-outline.ts'
import { groupBy } from '../../../lib/group.ts'
import { isRecord } from '../../../lib/record.ts'
import { type TierModel, targetKeys } from '../../../model/resolve.ts'
import { at, type FoundObject, listAt, recordAt, textAt } from '../../inputs/found-object.ts'
import { mayMakeSecrets } from './other-pods.ts'

/** A Secret or ConfigMap, and what makes it. */
export interface Made extends ObjectName {
  /** Undefined: it has keys that nobody can tell from the input. */
  readonly keys: readonly string[] | undefined
  /** Undefined: the catalogue, through the chart. */
  readonly by: FoundObject | undefined
}

/** What an object makes, itself or by an operator that everybody knows. */
export function madeBy(object: FoundObject): Made[] {
  const { kind, name, raw } = object
  const made = (named: string | undefined, keys: readonly string[] | undefined): Made[] =>
    named === undefined ? [] : [{ kind: 'Secret', name: named, keys, by: object }]
  switch (kind) {
    case 'Secret':
      return made(name, keysOf(raw, 'data', 'stringData'))
    case 'ConfigMap':
      return [{ kind: 'ConfigMap', name, keys: keysOf(raw, 'data', 'binaryData'), by: object }]
    case 'SealedSecret':
      return made(
        textAt(raw, 'spec', 'template', 'metadata', 'name') ?? name,
        keysOf(recordAt(raw, 'spec'), 'encryptedData'),
      )
    case 'ExternalSecret':
      return made(textAt(raw, 'spec', 'target', 'name') ?? name, externalKeys(recordAt(raw, 'spec')))
    case 'ClusterExternalSecret':
      return made(textAt(raw, 'spec', 'externalSecretSpec', 'target', 'name') ?? name, undefined)
    case 'Certificate':
      return made(textAt(raw, 'spec', 'secretName'), undefined)
    default:
      return []
  }
}

/** What the catalogue makes in the namespace of a tier. */
export function madeByCatalogue(tier: TierModel): Made[] {
  const targets = tier.externalSecrets.map((target): Made => {
    return { kind: 'Secret', name: target.name, keys: targetKeys(target), by: undefined }
  })
  return [...targets, { kind: 'Secret', name: tier.credentialsSecret, keys: undefined, by: undefined }]
}

/**
 * What is known of the Secrets and ConfigMaps of a namespace. One that only a custom resource mentions may be made by its
 * operator, so that nobody knows.
 */
export function knownFrom(made: readonly Made[], objects: readonly FoundObject[]): KnownKeys {
  const custom = objects.filter(mayMakeSecrets)
  const mentioned = new Set(custom.flatMap(({ name, raw }) => [name, ...textsIn(raw.spec)]))
  // `db-app`, `app.db.credentials.example.org`: operators name what they make after the object.
  const isMentioned = (name: string) =>
    mentioned.has(name) ||
    custom.some((one) => `.${name}.`.includes(`.${one.name}.`) || name.startsWith(`${one.name}-`))
  const byName = groupBy(made, ({ kind, name }) => `${kind}/${name}`)
  return {
    keysOf({ kind, name }) {
      const same = byName.get(`${kind}/${name}`) ?? []
      if (same.some(({ keys }) => keys === undefined)) return undefined
      if (same.length > 0) return [...new Set(same.flatMap(({ keys = [] }) => keys))]
      return isMentioned(name) || isOfKubernetes(name) ? undefined : 'absent'
    },
  }
}

// --- internal ---

function keysOf(raw: unknown, ...fields: readonly string[]): string[] {
  return [...new Set(fields.flatMap((field) => Object.keys(recordAt(raw, field))))]
}

function externalKeys(spec: unknown): string[] | undefined {
  const template = recordAt(spec, 'target', 'template')
  if (at(spec, 'dataFrom') !== undefined || at(template, 'templateFrom') !== undefined) return undefined
  const own = listAt(spec, 'data').flatMap((item) => textAt(item, 'secretKey') ?? [])
  if (!isRecord(template.data)) return own
  return [...Object.keys(template.data), ...(textAt(template, 'mergePolicy') === 'Merge' ? own : [])]
}

/** Every namespace has them. */
function isOfKubernetes(name: string): boolean {
  return name === 'kube-root-ca.crt' || name === 'openshift-service-ca.crt'
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value]
  if (Array.isArray(value)) return value.flatMap(textsIn)
  return isRecord(value) ? Object.values(value).flatMap(textsIn) : []
}
