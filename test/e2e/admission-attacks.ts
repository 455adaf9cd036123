import { type Kind, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { withValue } from '../helpers/values.ts'
import { externalSecretOf, storeOf } from './admission-world.ts'

/** A tier, another one, and what both have in common. */
export interface Scene {
  readonly own: TierModel
  readonly other: TierModel
  readonly region: string
  readonly apiUrl: string
}

/** Values for one place of a spec: refused, and let in. Nothing else differs between the two. */
export interface Attack {
  readonly rule: string
  readonly title: string
  readonly kind: Kind
  readonly place: string
  readonly attack: (scene: Scene) => unknown
  readonly twin: (scene: Scene) => unknown
  /** Name of the object, where the rule is about it. */
  readonly name?: (scene: Scene) => string
}

/** The spec of an attack, or of its harmless twin. */
export function specOf({ kind, place, ...values }: Attack, which: 'attack' | 'twin', scene: Scene): unknown {
  const { own, region, apiUrl } = scene
  const base = kind === kinds.secretStore ? storeOf(own, region, apiUrl) : externalSecretOf(own)
  return withValue(base, place, values[which](scene))
}

const scaleway = 'provider.scaleway'
const uuid = '9b7f2d64-0c1e-4a85-8f3d-6e5a1b2c4d70'
const keyPlace = 'data.0.remoteRef.key'
const own = (scene: Scene) => scene.own
const path = ({ remotePath }: TierModel, name = 'a') => `path:${remotePath}/${name}`

export const storeAttacks: readonly Attack[] = [
  attackOn('STORE_PROVIDER', 'values made up in the store itself', 'provider', {
    attack: () => ({ fake: { data: [{ key: 'a', value: 'b' }] } }),
    twin: ({ own, region, apiUrl }) => storeOf(own, region, apiUrl).provider,
  }),
  attackOn('STORE_PROVIDER', 'a provider that reads the Secrets of other namespaces', 'provider', {
    attack: ({ other }) => ({ kubernetes: { remoteNamespace: other.namespace } }),
    twin: ({ own, region, apiUrl }) => storeOf(own, region, apiUrl).provider,
  }),
  attackOn('STORE_PROJECT', 'another project', `${scaleway}.projectId`, {
    attack: () => uuid,
    twin: ({ own }) => own.projectId,
  }),
  attackOn('STORE_REGION', 'another region', `${scaleway}.region`, {
    attack: () => 'nl-ams',
    twin: ({ region }) => region,
  }),
  attackOn('STORE_API_URL', 'a server that collects API keys', `${scaleway}.apiUrl`, {
    attack: () => 'https://collector.example/eu',
    twin: () => undefined,
  }),
  attackOn('STORE_API_URL', 'a server whose address begins like the allowed one', `${scaleway}.apiUrl`, {
    attack: ({ apiUrl }) => `${apiUrl}.collector.example`,
    twin: ({ apiUrl }) => (apiUrl === '' ? undefined : apiUrl),
  }),
  attackOn('STORE_KEY_INLINE', 'a secret key in the store', `${scaleway}.secretKey`, {
    attack: () => ({ value: uuid }),
    twin: ({ own }) => ({ secretRef: { name: own.credentialsSecret, key: 'secret-key' } }),
  }),
  attackOn('STORE_KEY_INLINE', 'an access key beside its secretRef', `${scaleway}.accessKey.value`, {
    attack: () => 'SCWXXXXXXXXXXXXXXXXX',
    twin: () => undefined,
  }),
  attackOn('STORE_CREDENTIAL', 'the credential of the other tier', `${scaleway}.secretKey.secretRef.name`, {
    attack: ({ other }) => other.credentialsSecret,
    twin: ({ own }) => own.credentialsSecret,
  }),
  attackOn(
    'STORE_CREDENTIAL',
    "a credential in the other tier's namespace",
    `${scaleway}.accessKey.secretRef.namespace`,
    {
      attack: ({ other }) => other.namespace,
      twin: ({ own }) => own.namespace,
    },
  ),
  attackOn('STORE_CREDENTIAL_KEY', 'the two halves swapped', `${scaleway}.accessKey.secretRef.key`, {
    attack: () => 'secret-key',
    twin: () => 'access-key',
  }),
]

const refusedKeys: Readonly<Record<string, (scene: Scene) => string>> = {
  'a secret of the other tier': ({ other }) => path(other),
  'a secret by id, which can be of any project': () => `id:${uuid}`,
  'a secret by name, which can be in any folder': () => 'name:a',
  'a secret of a folder below': ({ own }) => path(own, 'b/a'),
  'a folder without a name': ({ own }) => path(own, ''),
  'the folder itself': ({ own }) => `path:${own.remotePath}`,
  'a folder whose name begins like its own': ({ own }) => `path:${own.remotePath}-2/a`,
  'no form at all': () => 'a',
}

export const externalSecretAttacks: readonly Attack[] = [
  attackOn('EXTERNAL_SECRET_STORE_KIND', 'a store of the cluster', 'secretStoreRef.kind', {
    attack: () => 'ClusterSecretStore',
    twin: () => 'SecretStore',
  }),
  attackOn('EXTERNAL_SECRET_STORE_KIND', 'a store of the cluster, for one entry', 'data.0.sourceRef', {
    attack: ({ own }) => ({ storeRef: { kind: 'ClusterSecretStore', name: own.secretStore } }),
    twin: ({ own }) => ({ storeRef: { kind: 'SecretStore', name: own.secretStore } }),
  }),
  attackOn('EXTERNAL_SECRET_STORE', 'a store of its own', 'secretStoreRef.name', {
    attack: () => 'mine',
    twin: ({ own }) => own.secretStore,
  }),
  attackOn('EXTERNAL_SECRET_STORE', 'no store', 'secretStoreRef', {
    attack: () => undefined,
    twin: ({ own }) => ({ name: own.secretStore }),
  }),
  attackOn('EXTERNAL_SECRET_STORE', 'a store of its own, for one entry', 'data.0.sourceRef', {
    attack: () => ({ storeRef: { name: 'mine' } }),
    twin: ({ own }) => ({ storeRef: { name: own.secretStore } }),
  }),
  attackOn('EXTERNAL_SECRET_STORE', 'a store of its own, for one bundle', 'dataFrom.0.sourceRef', {
    attack: () => ({ storeRef: { name: 'mine' } }),
    twin: ({ own }) => ({ storeRef: { name: own.secretStore } }),
  }),
  attackOn('EXTERNAL_SECRET_GENERATOR', 'values of a generator', 'dataFrom.0', {
    attack: () => ({ sourceRef: { generatorRef: { kind: 'Webhook', name: 'a' } } }),
    twin: ({ own }) => ({ extract: { key: path(own) } }),
  }),
  attackOn('EXTERNAL_SECRET_GENERATOR', 'one value of a generator', 'data.0.sourceRef', {
    attack: () => ({ generatorRef: { kind: 'Password', name: 'a' } }),
    twin: () => undefined,
  }),
  attackOn('EXTERNAL_SECRET_FIND', 'whatever is found', 'dataFrom.0', {
    attack: () => ({ find: { name: { regexp: '.*' } } }),
    twin: ({ own }) => ({ extract: { key: path(own) } }),
  }),
  ...Object.entries(refusedKeys).flatMap(([title, attack]) => [
    attackOn('EXTERNAL_SECRET_KEY', title, keyPlace, { attack, twin: ({ own }) => path(own) }),
    attackOn('EXTERNAL_SECRET_KEY', `${title}, as a bundle`, 'dataFrom.0.extract.key', {
      attack,
      twin: ({ own }) => path(own),
    }),
  ]),
  attackOn('EXTERNAL_SECRET_TARGET', 'a foreign Secret as target', 'target.name', {
    attack: ({ own }) => own.credentialsSecret,
    twin: ({ own }) => own.required?.name,
  }),
  {
    ...attackOn('EXTERNAL_SECRET_TARGET', 'no target, and so the one of its own name', 'target.name', {
      attack: () => undefined,
      twin: ({ own }) => own.required?.name,
    }),
    name: ({ own }) => own.credentialsSecret,
  },
  attackOn('EXTERNAL_SECRET_TYPE', 'a token of a ServiceAccount', 'target.template', {
    attack: () => ({ type: 'kubernetes.io/service-account-token', mergePolicy: 'Replace' }),
    twin: () => ({ type: 'Opaque', mergePolicy: 'Replace' }),
  }),
  attackOn('EXTERNAL_SECRET_TEMPLATE', 'a template that reads a Secret', 'target.template.templateFrom', {
    attack: (scene) => [{ secret: { name: own(scene).credentialsSecret, items: [{ key: 'secret-key' }] } }],
    twin: () => [{ literal: 'A: "{{ .A }}"' }, { configMap: { name: 'a', items: [{ key: 'a' }] } }],
  }),
]

export const attacks: readonly Attack[] = [...storeAttacks, ...externalSecretAttacks]

/** JSON merge patch from one value to another. */
export function mergePatchBetween(from: unknown, to: unknown): unknown {
  if (!isRecord(from) || !isRecord(to)) return to
  const removed = Object.keys(from).filter((key) => to[key] === undefined)
  const changed = Object.keys(to).filter((key) => to[key] !== undefined)
  return Object.fromEntries([
    ...removed.map((key) => [key, null]),
    ...changed.map((key) => [key, mergePatchBetween(from[key], to[key])]),
  ])
}

// --- internal ---

function attackOn(rule: string, title: string, place: string, values: Pick<Attack, 'attack' | 'twin'>): Attack {
  const kind = rule.startsWith('STORE_') ? kinds.secretStore : kinds.externalSecret
  return { rule, title, kind, place, ...values }
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
