import { type FieldChange, fieldChanges } from '../kubernetes/difference.ts'
import type { KubernetesObject } from '../kubernetes/kinds.ts'
import { compare } from '../lib/problems.ts'
import { credentialKeys, reloaderAnnotations } from '../model/names.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf, type TierModel } from '../model/resolve.ts'
import { keyOf } from '../model/specs.ts'
import type { SecretSpec } from '../model/types.ts'

type Model = Pick<
  EnvironmentModel,
  'application' | 'environment' | 'region' | 'refreshInterval' | 'restart' | 'operator'
>
type Spec = Readonly<Record<string, unknown>>

/** The whole spec of an ExternalSecret of a tier, as the catalogue implies it. Made without the chart, which is compared with it. */
export function externalSecretSpec(model: Model, tier: TierModel, expected: ExternalSecretModel): Spec {
  const { name, type, optional: isOptional, singles, bundles } = expected
  const data = singles.map(({ spec, remoteRef, property }) => ({
    secretKey: spec.variable,
    remoteRef: { key: remoteRef, ...(property === undefined ? {} : { property }), ...strategies },
  }))
  const dataFrom = bundles.map(({ identity, remoteRef }) => ({
    extract: { key: remoteRef, ...strategies },
    rewrite: [{ regexp: { source: '^', target: bundlePrefix(identity) } }],
  }))
  return {
    refreshPolicy: 'Periodic',
    refreshInterval: model.refreshInterval,
    secretStoreRef: { kind: 'SecretStore', name: tier.secretStore },
    target: {
      name,
      creationPolicy: 'Owner',
      deletionPolicy: isOptional ? 'Merge' : 'Retain',
      template: {
        ...(type === 'Opaque' ? {} : { type }),
        engineVersion: 'v2',
        mergePolicy: 'Replace',
        metadata: targetMetadata(model, tier),
        ...(!needsTemplate(expected) ? {} : isOptional ? optionalData(expected) : requiredData(expected)),
      },
    },
    ...(data.length > 0 ? { data } : {}),
    ...(dataFrom.length > 0 ? { dataFrom } : {}),
  }
}

/** The same for the SecretStore of a tier; without `apiUrl`, which no catalogue has. */
export function secretStoreSpec({ region, operator }: Pick<Model, 'region' | 'operator'>, tier: TierModel): Spec {
  const half = (key: string) => ({ secretRef: { name: tier.credentialsSecret, key } })
  const keys = { accessKey: half(credentialKeys.accessKey), secretKey: half(credentialKeys.secretKey) }
  const { controllerClass } = operator
  return {
    ...(controllerClass === undefined ? {} : { controller: controllerClass }),
    provider: { scaleway: { region, projectId: tier.projectId, ...keys } },
  }
}

/** In which fields of its spec an object differs from what is expected. Defaults set by the operator don't count. */
export function specChanges(object: KubernetesObject & { readonly spec?: Spec }, expected: Spec): FieldChange[] {
  const changes = fieldChanges({ spec: object.spec }, { spec: expected }, object.metadata.managedFields)
  return changes.filter(({ path, before, after }) => after !== undefined || sameAsNone[lastOf(path)] !== before)
}

/** The entries of the catalogue that changed fields of an ExternalSecret are about; all when they are about the whole. */
export function specsConcerned(expected: ExternalSecretModel, fields: readonly FieldChange[]): SecretSpec[] {
  const specs = specsOf(expected)
  const keys = new Set(fields.flatMap((field) => keysOf(field, expected)))
  const concerned = specs.filter((spec) => keys.has(keyOf(spec)))
  return concerned.length > 0 ? concerned : specs
}

/** The keys of the target that a changed field is about, also those of entries that are gone; none for other fields. */
export function keysOf({ path, before, after }: FieldChange, expected: ExternalSecretModel | undefined): string[] {
  const specs = expected ? specsOf(expected) : []
  const variable = /^spec\.data\[([^\]]+)\]/.exec(path)?.[1]
  if (variable !== undefined) return [keyOf(specs.find((spec) => spec.variable === variable) ?? { variable })]
  const key = /^spec\.target\.template\.data\.(.+)$/.exec(path)?.[1]
  if (key !== undefined) return [key]
  if (path.startsWith('spec.target.template.templateFrom')) {
    const [old, next] = [keysInTemplate(before), keysInTemplate(after)]
    return [...old.filter((one) => !next.includes(one)), ...next.filter((one) => !old.includes(one))]
  }
  const ref = /^spec\.dataFrom\[([^\]]+)\]/.exec(path)?.[1]
  return (expected?.bundles ?? []).filter(({ remoteRef }) => remoteRef === ref).flatMap((one) => one.specs.map(keyOf))
}

// --- internal ---

const strategies = { conversionStrategy: 'Default', decodingStrategy: 'None', metadataPolicy: 'None' }

/**
 * What means the same as nothing: that a target may change, and what a definition of the operator sets by itself and the
 * chart can't write out, because other versions lack it.
 * Source: External Secrets Operator 2.3 to 2.8, config/crd/bases/external-secrets.io_externalsecrets.yaml.
 */
const sameAsNone: Readonly<Record<string, unknown>> = {
  immutable: false,
  nullBytePolicy: 'Ignore',
  valuesDecodingStrategy: 'None',
}

/** What the template of an optional target writes, whether the field is its text or holds it. */
function keysInTemplate(field: unknown): string[] {
  const text = JSON.stringify(field ?? '')
  return [...text.matchAll(/\\"([^"\\]+)\\": \{\{ \$value/g)].map(([, key = '']) => key)
}

function lastOf(path: string): string {
  return path.slice(path.lastIndexOf('.') + 1)
}

function targetMetadata({ application, environment, restart }: Model, { name }: TierModel): Spec {
  return {
    labels: {
      'app.kubernetes.io/part-of': application,
      'app.kubernetes.io/component': name,
      'tiered-secrets/environment': environment,
    },
    ...(restart === 'reloader' ? { annotations: { [reloaderAnnotations.match]: 'true' } } : {}),
  }
}

/** Keeps a bundle from filling the key of another; begins with a letter, and no two identities have the same. */
function bundlePrefix(identity: string): string {
  return `b_${identity.replaceAll('_', '_u').replaceAll('-', '_d').replaceAll('.', '_p')}__`
}

/** Without one, the target has what is read, under the same names. */
function needsTemplate(expected: ExternalSecretModel): boolean {
  return expected.bundles.length > 0 || specsOf(expected).some((spec) => keyOf(spec) !== spec.variable)
}

/** Each key of a target, by the name under which the operator's template finds its value; sorted by that. */
function sourcesOf({ singles, bundles }: ExternalSecretModel): [source: string, key: string][] {
  const own = singles.map(({ spec }): [string, string] => [spec.variable, keyOf(spec)])
  const bundled = bundles.flatMap(({ identity, specs }) =>
    specs.map((spec): [string, string] => [`${bundlePrefix(identity)}${spec.variable}`, keyOf(spec)]),
  )
  return [...own, ...bundled].sort(([a], [b]) => compare(a, b))
}

/** A key that is missing is an error, which holds the target back. */
function requiredData(expected: ExternalSecretModel): Spec {
  return { data: Object.fromEntries(sourcesOf(expected).map(([source, key]) => [key, `{{ .${source} }}`])) }
}

/** What is missing is left out. */
function optionalData(expected: ExternalSecretModel): Spec {
  const entries = sourcesOf(expected).flatMap(([source, key]) => [
    `{{- if eq $key "${source}" }}`,
    `"${key}": {{ $value | toJson }}`,
    '{{- end }}',
  ])
  const literal = ['{{- range $key, $value := . }}', ...entries, '{{- end }}', ''].join('\n')
  return { templateFrom: [{ target: 'Data', literal }] }
}
