import { type FieldChange, fieldChanges } from '../kubernetes/difference.ts'
import type { KubernetesObject } from '../kubernetes/kinds.ts'
import { compare } from '../lib/problems.ts'
import { credentialKeys, reloaderAnnotations } from '../model/names.ts'
import { type EnvironmentModel, type ExternalSecretModel, specsOf, type TierModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'

type Model = Pick<
  EnvironmentModel,
  'application' | 'environment' | 'region' | 'refreshInterval' | 'restart' | 'operator'
>
type Spec = Readonly<Record<string, unknown>>

/** The whole spec of an ExternalSecret of a tier, as the catalogue implies it. Made without the chart, which is compared with it. */
export function externalSecretSpec(model: Model, tier: TierModel, expected: ExternalSecretModel): Spec {
  const { name, singles, bundles } = expected
  const isOptional = expected === tier.optional
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
        engineVersion: 'v2',
        mergePolicy: 'Replace',
        metadata: targetMetadata(model, tier),
        ...(bundles.length === 0 ? {} : isOptional ? optionalData(expected) : requiredData(expected)),
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
  const concerned = specs.filter((spec) =>
    fields.some(({ path }) => variablesOf(path, expected).includes(spec.variable)),
  )
  return concerned.length > 0 ? concerned : specs
}

/** A field of `spec.data` is one key; a bundle stands for all that are read from it. */
export function variablesOf(path: string, { bundles }: Pick<ExternalSecretModel, 'bundles'>): string[] {
  const key = /^spec\.data\[([^\]]+)\]/.exec(path)?.[1] ?? /^spec\.target\.template\.data\.(.+)$/.exec(path)?.[1]
  if (key !== undefined) return [key]
  const ref = /^spec\.dataFrom\[([^\]]+)\]/.exec(path)?.[1]
  return bundles
    .filter(({ remoteRef }) => remoteRef === ref)
    .flatMap(({ specs }) => specs.map(({ variable }) => variable))
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

/** Each variable of a target, by the name under which the operator's template finds its value; sorted by that. */
function sourcesOf({ singles, bundles }: ExternalSecretModel): [source: string, variable: string][] {
  const own = singles.map(({ spec: { variable } }): [string, string] => [variable, variable])
  const bundled = bundles.flatMap(({ identity, specs }) =>
    specs.map(({ variable }): [string, string] => [`${bundlePrefix(identity)}${variable}`, variable]),
  )
  return [...own, ...bundled].sort(([a], [b]) => compare(a, b))
}

/** A key that is missing is an error, which holds the target back. */
function requiredData(expected: ExternalSecretModel): Spec {
  return { data: Object.fromEntries(sourcesOf(expected).map(([source, variable]) => [variable, `{{ .${source} }}`])) }
}

/** What is missing is left out. */
function optionalData(expected: ExternalSecretModel): Spec {
  const entries = sourcesOf(expected).flatMap(([source, variable]) => [
    `{{- if eq $key "${source}" }}`,
    `"${variable}": {{ $value | toJson }}`,
    '{{- end }}',
  ])
  const literal = ['{{- range $key, $value := . }}', ...entries, '{{- end }}', ''].join('\n')
  return { templateFrom: [{ target: 'Data', literal }] }
}
