import { isDeepStrictEqual } from 'node:util'
import { compare, type Problem, sortProblems } from '../lib/problems.ts'
import { credentialKeys } from '../model/names.ts'
import { type EnvironmentModel, type ExternalSecretModel, externalSecrets, type TierModel } from '../model/resolve.ts'
import { type Manifest, placeOf } from './manifests.ts'

/** A policy rule compares manifests with what the model says they have to be; never with the values they came from. */
type PolicyRule = (manifests: readonly Manifest[], model: EnvironmentModel) => Problem[]

/** Every problem of the rendered manifests of one environment, sorted. An empty list means they are what was meant. */
export function checkManifests(manifests: readonly Manifest[], model: EnvironmentModel): Problem[] {
  return sortProblems(policyRules.flatMap((rule) => rule(manifests, model)))
}

/** Nothing but the three kinds, in the namespaces of the tiers. */
export const onlyExpectedObjects: PolicyRule = (manifests, model) => {
  const expected = model.tiers.flatMap((tier) => [
    `v1 Namespace//${tier.namespace}`,
    `external-secrets.io/v1 SecretStore/${tier.namespace}/${tier.secretStore}`,
    ...externalSecrets(tier).map(({ name }) => `external-secrets.io/v1 ExternalSecret/${tier.namespace}/${name}`),
  ])
  const found = manifests.map(
    ({ apiVersion, kind, metadata }) => `${apiVersion} ${kind}/${metadata.namespace ?? ''}/${metadata.name}`,
  )
  const missing = expected.filter((object) => !found.includes(object) && !object.startsWith('v1 Namespace'))
  const unexpected = found.filter((object, index) => !expected.includes(object) || found.indexOf(object) !== index)
  return [
    ...missing.map((object) => problem('OBJECT_MISSING', object, 'is not rendered. Expected it, once.')),
    ...unexpected.map((object) =>
      problem('OBJECT_UNEXPECTED', object, 'is rendered, or rendered twice. Expected only what the catalogue implies.'),
    ),
  ]
}

/** A store of another project, region, credential or server would deliver foreign values or give the key away. */
export const storesAreTheirTiers: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'SecretStore').flatMap(({ manifest, tier }) => {
    const secretRef = (key: string) => ({ secretRef: { name: tier.credentialsSecret, key } })
    const expected = {
      provider: {
        scaleway: {
          region: model.region,
          projectId: tier.projectId,
          accessKey: secretRef(credentialKeys.accessKey),
          secretKey: secretRef(credentialKeys.secretKey),
        },
      },
    }
    return differences(manifest.spec, expected, 'spec').map((place) =>
      problem(
        'STORE_DIFFERS',
        placeOf(manifest),
        `${place} is not what the catalogue implies. Expected the tier's own project, region and credential, by secretRef, and no apiUrl.`,
      ),
    )
  })

/** Every remote ref, key and default of an ExternalSecret, written out. */
export const externalSecretsAreTheirTiers: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'ExternalSecret').flatMap(({ manifest, tier }) => {
    const externalSecret = externalSecrets(tier).find(({ name }) => name === manifest.metadata.name)
    if (!externalSecret) return []
    const { data, dataFrom, ...settings } = (manifest.spec ?? {}) as Record<string, unknown>
    const actual = { ...settings, refs: referencesOf(data, dataFrom) }
    const expected = {
      refreshPolicy: 'Periodic',
      refreshInterval: model.refreshInterval,
      secretStoreRef: { kind: 'SecretStore', name: tier.secretStore },
      refs: [
        ...externalSecret.singles.map(({ spec, remoteRef, property }) =>
          JSON.stringify([spec.variable, remoteRef, property ?? null, ...defaults]),
        ),
        ...externalSecret.bundles.map(({ identity, remoteRef }) =>
          JSON.stringify([rewriteOf(identity), remoteRef, null, ...defaults]),
        ),
      ].sort(compare),
      target: {
        name: externalSecret.name,
        creationPolicy: 'Owner',
        deletionPolicy: externalSecret === tier.required ? 'Retain' : 'Merge',
        template: targetTemplate(model, tier, externalSecret),
      },
    }
    return differences(actual, expected, 'spec').map((place) =>
      problem(
        'EXTERNAL_SECRET_DIFFERS',
        placeOf(manifest),
        `${place} is not what the catalogue implies. Expected the catalogued remote refs and keys of this tier, with every default written out.`,
      ),
    )
  })

/** A label that changes with each version of the chart makes the operator read every remote secret again. */
export const noLabelNamesTheChartVersion: PolicyRule = (manifests) =>
  manifests
    .filter(({ metadata }) => metadata.labels?.['helm.sh/chart'] !== undefined)
    .map((manifest) =>
      problem('LABEL_NAMES_VERSION', placeOf(manifest), 'has the label helm.sh/chart. Expected no label that changes.'),
    )

/** A namespace takes everything in it along. */
export const namespacesAreKept: PolicyRule = (manifests) =>
  manifests
    .filter(({ kind, metadata }) => kind === 'Namespace' && metadata.annotations?.[keepAnnotation] !== 'keep')
    .map((manifest) =>
      problem('NAMESPACE_NOT_KEPT', placeOf(manifest), `has no annotation ${keepAnnotation}. Expected "keep".`),
    )

export const policyRules: readonly PolicyRule[] = [
  onlyExpectedObjects,
  storesAreTheirTiers,
  externalSecretsAreTheirTiers,
  noLabelNamesTheChartVersion,
  namespacesAreKept,
]

// --- internal ---

const keepAnnotation = 'helm.sh/resource-policy'

/** Every default the operator's CRD has ever filled in by itself. */
const defaults = ['Default', 'None', 'None'] as const

interface RemoteRef {
  readonly key?: string
  readonly property?: string
  readonly conversionStrategy?: string
  readonly decodingStrategy?: string
  readonly metadataPolicy?: string
}

/** The remote refs of an ExternalSecret, each as text; anything that is no plain reference stays visible as itself. */
function referencesOf(data: unknown, dataFrom: unknown): string[] {
  const singles = asList(data).map(({ secretKey, remoteRef, ...rest }) =>
    reference(secretKey, remoteRef as RemoteRef, rest),
  )
  const bundles = asList(dataFrom).map(({ extract, rewrite, ...rest }) =>
    reference(rewrite, extract as RemoteRef, rest),
  )
  return [...singles, ...bundles].sort(compare)
}

function reference(destination: unknown, ref: RemoteRef | undefined, rest: Readonly<Record<string, unknown>>): string {
  const { key, property, conversionStrategy, decodingStrategy, metadataPolicy, ...more } = ref ?? {}
  const extra = Object.keys({ ...rest, ...more })
  return JSON.stringify([
    destination,
    key,
    property ?? null,
    conversionStrategy,
    decodingStrategy,
    metadataPolicy,
    ...extra,
  ])
}

/** No two identities have one prefix, so that no bundle can fill the key of another. */
function prefixOf(identity: string): string {
  return `b_${identity.replaceAll('_', '_u').replaceAll('-', '_d').replaceAll('.', '_p')}__`
}

function rewriteOf(identity: string): unknown {
  return [{ regexp: { source: '^', target: prefixOf(identity) } }]
}

/** Labels of its own for the target, and with bundles one line a catalogued key: what else a bundle holds stays out. */
function targetTemplate(model: EnvironmentModel, tier: TierModel, externalSecret: ExternalSecretModel): unknown {
  const labels = {
    'app.kubernetes.io/part-of': model.application,
    'app.kubernetes.io/component': tier.name,
    'tiered-secrets/environment': model.environment,
  }
  const template = { engineVersion: 'v2', mergePolicy: 'Replace', metadata: { labels } }
  if (externalSecret.bundles.length === 0) return template
  const sources = [
    ...externalSecret.singles.map(({ spec: { variable } }) => ({ key: variable, variable })),
    ...externalSecret.bundles.flatMap(({ identity, specs }) =>
      specs.map(({ variable }) => ({ key: prefixOf(identity) + variable, variable })),
    ),
  ].sort((a, b) => compare(a.key, b.key))
  if (externalSecret === tier.required) {
    return { ...template, data: Object.fromEntries(sources.map(({ key, variable }) => [variable, `{{ .${key} }}`])) }
  }
  const lines = sources.map(
    ({ key, variable }) => `{{- if eq $key "${key}" }}\n"${variable}": {{ $value | toJson }}\n{{- end }}\n`,
  )
  const literal = `{{- range $key, $value := . }}\n${lines.join('')}{{- end }}\n`
  return { ...template, templateFrom: [{ target: 'Data', literal }] }
}

function asList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}

/** Places at which two values differ, one level below the top. */
function differences(actual: unknown, expected: Readonly<Record<string, unknown>>, path: string): string[] {
  const record = (actual ?? {}) as Record<string, unknown>
  return [...new Set([...Object.keys(record), ...Object.keys(expected)])]
    .filter((name) => !isDeepStrictEqual(record[name], expected[name]))
    .map((name) => `${path}.${name}`)
}

function tierObjects(
  manifests: readonly Manifest[],
  model: EnvironmentModel,
  kind: string,
): { readonly manifest: Manifest; readonly tier: TierModel }[] {
  return manifests
    .filter((manifest) => manifest.kind === kind)
    .flatMap((manifest) => {
      const tier = model.tiers.find(({ namespace }) => namespace === manifest.metadata.namespace)
      return tier ? [{ manifest, tier }] : []
    })
}

function problem(code: string, where: string, message: string): Problem {
  const fix = 'Correct the templates of the chart, or run `npm run gen-values` if the values were edited by hand.'
  return { code, where, message, fix }
}
