import { nearest } from '../../../lib/nearest.ts'
import type { TierModel } from '../../../model/resolve.ts'
import { type FoundObject, listAt, recordAt, textAt } from '../../inputs/found-object.ts'
import { about, type Finding } from '../finding.ts'
import { type FoundNamespace, namespaceNamed, type World } from '../world/world.ts'

/** References of ExternalSecrets: their grammar, the folders they read, the stores they name, the keys they write. */
export function remoteRefs(world: World): Finding[] {
  return world.objects
    .filter(({ apiVersion, kind }) => apiVersion.startsWith('external-secrets.io/') && kind === 'ExternalSecret')
    .flatMap((object) => {
      const namespace = namespaceNamed(world, object.namespace)
      return [...storeOf(world, namespace, object), ...refs(world, namespace, object), ...twice(object)]
    })
}

// --- internal ---

function storeOf(
  { model, objects, isLive }: World,
  namespace: FoundNamespace | undefined,
  object: FoundObject,
): Finding[] {
  const name = textAt(object.raw, 'spec', 'secretStoreRef', 'name')
  const kind = textAt(object.raw, 'spec', 'secretStoreRef', 'kind') ?? 'SecretStore'
  if (name === undefined) return []
  const found = objects.filter(
    (one) => one.kind === kind && (kind === 'ClusterSecretStore' || one.namespace === object.namespace),
  )
  const tiers = namespace?.tier ? [namespace.tier] : object.namespace === undefined ? model.tiers : []
  const own = kind === 'SecretStore' ? tiers.map(({ secretStore }) => secretStore) : []
  const names = [...found.map((one) => one.name), ...own]
  if (names.includes(name)) return []
  const near = nearest(name, names)
  return [
    about(object, 'STORE_UNMADE', {
      key: `${kind}/${name}`,
      ...(isLive ? { severity: 'error' as const } : {}),
      fact: `it reads through the ${kind} ${name}, which ${isLive ? 'does not exist' : 'nothing that was read makes'} where it is`,
      expected: near ? `a ${kind} that exists, such as ${near}` : `a ${kind} that exists`,
      fix: 'Correct spec.secretStoreRef, or add the store to the manifests.',
    }),
  ]
}

interface Ref {
  readonly path: string
  readonly key: string
}

function refs(world: World, namespace: FoundNamespace | undefined, object: FoundObject): Finding[] {
  if (!isOfScaleway(world, namespace, object)) return []
  const data = listAt(object.raw, 'spec', 'data').map((item, index) =>
    ref(`spec.data[${index}].remoteRef.key`, item, 'remoteRef'),
  )
  const whole = listAt(object.raw, 'spec', 'dataFrom').map((item, index) =>
    ref(`spec.dataFrom[${index}].extract.key`, item, 'extract'),
  )
  return [...data, ...whole].flatMap((one) => (one ? judge(world, namespace?.tier, object, one) : []))
}

function ref(path: string, item: unknown, field: string): Ref | undefined {
  const key = textAt(item, field, 'key')
  return key === undefined ? undefined : { path, key }
}

function judge({ model }: World, tier: TierModel | undefined, object: FoundObject, { path, key }: Ref): Finding[] {
  const fault = faultOf(key)
  if (fault !== undefined) {
    const fix = `Write the reference as path:/<folder>/<name>${tier ? `, here path:${tier.remotePath}/<name>` : ''}.`
    return [
      about(object, 'REF_NEVER_MATCHES', {
        key: path,
        fact: `${path} ${fault}`,
        expected: 'a reference that can match',
        fix,
      }),
    ]
  }
  if (key.startsWith('name:')) {
    return [
      about(object, 'REF_WITHOUT_FOLDER', {
        key: path,
        fact: `${path} is a name without a folder, and the first secret of this name in the project is read, whatever its folder`,
        expected: 'path: and the folder of the tier',
        fix: `Write path:${tier?.remotePath ?? '/<folder>'}/${key.slice('name:'.length)}.`,
      }),
    ]
  }
  const folder = key.startsWith('path:') ? key.slice('path:'.length, key.lastIndexOf('/')) : undefined
  const owner = model.tiers.find((other) => folder !== undefined && isIn(folder, other.remotePath))
  if (!tier || !owner || owner.name === tier.name || (folder !== undefined && isIn(folder, tier.remotePath))) return []
  return [
    about(object, 'REF_OF_OTHER_TIER', {
      key: path,
      fact: `${path} is in the folder ${folder} of tier ${owner.name}, and the ExternalSecret is in the namespace of tier ${tier.name}`,
      expected: `a reference in ${tier.remotePath}`,
      fix: `Give the value an entry of its own in tier ${tier.name} of scripts/catalogue.ts, and take this reference out.`,
    }),
  ]
}

function isIn(folder: string, parent: string): boolean {
  return folder === parent || folder.startsWith(`${parent}/`)
}

/** Source: External Secrets Operator, providers/v1/scaleway/client.go. */
function faultOf(key: string): string | undefined {
  const [, form, rest = ''] = /^([a-z]+):(.*)$/s.exec(key) ?? []
  if (!key.includes(':')) return 'has none of the beginnings path:, name: and id:'
  if (form !== 'path' && form !== 'name' && form !== 'id') return 'begins with a word other than path:, name: and id:'
  if (form === 'id') {
    return /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i.test(rest) ? undefined : 'is an id that is not a UUID'
  }
  if (rest === '') return 'names nothing after its beginning'
  if (form === 'name') return rest.includes('/') ? 'is a name with a slash, which no Scaleway secret has' : undefined
  if (!rest.startsWith('/')) return 'is a path that does not begin with a slash'
  if (rest.endsWith('/')) return 'is a path that ends with a slash, and so has no name'
  return rest.includes('//') ? 'is a path with two slashes in a row' : undefined
}

/** Whether what it reads through is a store of Scaleway: references of others have other forms. */
function isOfScaleway({ objects }: World, namespace: FoundNamespace | undefined, object: FoundObject): boolean {
  const name = textAt(object.raw, 'spec', 'secretStoreRef', 'name')
  const store = objects.find(
    (one) =>
      /^(Cluster)?SecretStore$/.test(one.kind) &&
      one.name === name &&
      (one.kind === 'ClusterSecretStore' || one.namespace === object.namespace),
  )
  if (store) return Object.keys(recordAt(store.raw, 'spec', 'provider')).includes('scaleway')
  return name !== undefined && namespace?.tier?.secretStore === name
}

function twice(object: FoundObject): Finding[] {
  const keys = listAt(object.raw, 'spec', 'data').flatMap((item) => textAt(item, 'secretKey') ?? [])
  const again = [...new Set(keys.filter((key, index) => keys.indexOf(key) !== index))]
  return again.map((key) =>
    about(object, 'SECRET_KEY_TWICE', {
      key,
      fact: `spec.data writes the key ${key} more than once`,
      expected: 'each key once: it is refused, or the last one counts',
      fix: 'Keep the one that is meant.',
    }),
  )
}
