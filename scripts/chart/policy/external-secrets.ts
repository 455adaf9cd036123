import { compare } from '../../lib/problems.ts'
import { reloaderAnnotations } from '../../model/names.ts'
import type { EnvironmentModel, ExternalSecretModel, TierModel } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import { placeOf } from '../manifests.ts'
import { differences, type PolicyRule, problem, tierObjects } from './policy-rule.ts'

/** Every remote ref, key and default of an ExternalSecret, written out. */
export const externalSecretsAreTheirTiers: PolicyRule = (manifests, model) =>
  tierObjects(manifests, model, 'ExternalSecret').flatMap(({ manifest, tier }) => {
    const externalSecret = tier.externalSecrets.find(({ name }) => name === manifest.metadata.name)
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
        deletionPolicy: !externalSecret.optional ? 'Retain' : 'Merge',
        template: targetTemplate(model, tier, externalSecret),
      },
    }
    return differences(actual, expected, 'spec').map((place) =>
      problem(
        'EXTERNAL_SECRET_DIFFERS',
        placeOf(manifest),
        `${place} differs from the catalogue. Expected the catalogued remote refs and keys of this tier, with every default written out.`,
      ),
    )
  })

// --- internal ---

/** Every default the operator's CRD has ever filled in by itself. */
const defaults = ['Default', 'None', 'None'] as const

interface RemoteRef {
  readonly key?: string
  readonly property?: string
  readonly conversionStrategy?: string
  readonly decodingStrategy?: string
  readonly metadataPolicy?: string
}

/** The remote refs of an ExternalSecret, each as text; anything that is not a plain reference is kept as it is. */
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

/**
 * The type of the target unless it is Opaque, separate labels for it, the annotation of Reloader only where the environment
 * has it, and with bundles or keys of other names one line per catalogued key: other keys of a bundle are left out.
 */
function targetTemplate(model: EnvironmentModel, tier: TierModel, externalSecret: ExternalSecretModel): unknown {
  const labels = {
    'app.kubernetes.io/part-of': model.application,
    'app.kubernetes.io/component': tier.name,
    'tiered-secrets/environment': model.environment,
  }
  const annotations = { [reloaderAnnotations.match]: 'true' }
  const metadata = { labels, ...(model.restart === 'reloader' ? { annotations } : {}) }
  const { type } = externalSecret
  const template = { ...(type === 'Opaque' ? {} : { type }), engineVersion: 'v2', mergePolicy: 'Replace', metadata }
  const sources = [
    ...externalSecret.singles.map(({ spec }) => ({ source: spec.variable, spec })),
    ...externalSecret.bundles.flatMap(({ identity, specs }) =>
      specs.map((spec) => ({ source: prefixOf(identity) + spec.variable, spec })),
    ),
  ]
    .map(({ source, spec }) => ({ source, key: keyOf(spec) }))
    .sort((a, b) => compare(a.source, b.source))
  if (sources.every(({ source, key }) => source === key)) return template
  if (!externalSecret.optional) {
    return { ...template, data: Object.fromEntries(sources.map(({ source, key }) => [key, `{{ .${source} }}`])) }
  }
  const lines = sources.map(
    ({ source, key }) => `{{- if eq $key "${source}" }}\n"${key}": {{ $value | toJson }}\n{{- end }}\n`,
  )
  const literal = `{{- range $key, $value := . }}\n${lines.join('')}{{- end }}\n`
  return { ...template, templateFrom: [{ target: 'Data', literal }] }
}

function asList(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? (value as Record<string, unknown>[]) : []
}
