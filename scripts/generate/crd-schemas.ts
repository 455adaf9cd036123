import { isRecord } from '../lib/record.ts'
import { jsonText } from './json-schema.ts'
import type { GeneratedFile } from './stale-files.ts'

/** The parts of a CustomResourceDefinition that are read here. */
interface CustomResourceDefinition {
  readonly kind: string
  readonly spec: {
    readonly group: string
    readonly names: { readonly kind: string }
    readonly versions: readonly {
      readonly name: string
      readonly schema: { readonly openAPIV3Schema: OpenApiSchema }
    }[]
  }
}

/** The kind whose schema is cut. */
export interface CutKind {
  /** `v1`, `external-secrets.io/v1` */
  readonly apiVersion: string
  readonly kind: string
  /** Fields that only a controller writes, which are left out. Default: none */
  readonly notOurs?: readonly string[]
}

interface OpenApiSchema {
  readonly [keyword: string]: unknown
}

/**
 * Schemas of some kinds, cut from their CRDs, in the layout kubeconform looks them up in. Objects are
 * closed, as the API server's strict field validation closes them; descriptions and other providers are left out.
 *
 * @param kinds others among the definitions are passed over
 */
export function crdSchemas(crds: readonly unknown[], kinds: readonly CutKind[]): GeneratedFile[] {
  return (crds as readonly CustomResourceDefinition[])
    .filter((crd) => crd.kind === 'CustomResourceDefinition')
    .flatMap(({ spec }) => {
      const wanted = kinds.find(({ kind }) => kind === spec.names.kind)
      const [, version] = wanted?.apiVersion.split('/') ?? []
      const served = spec.versions.find(({ name }) => name === version)
      const path = `schema/${spec.group}/${spec.names.kind.toLowerCase()}_${version}.json`
      const schema = served && closeObjects(withoutUnused(served.schema.openAPIV3Schema, wanted?.notOurs), true)
      return schema ? [{ path, content: jsonText(schema) }] : []
    })
}

/** The same for a built-in kind, from the OpenAPI document of Kubernetes. */
export function builtInSchema(
  openApi: { readonly definitions: Readonly<Record<string, OpenApiSchema>> },
  { apiVersion, kind: kindName }: CutKind,
): GeneratedFile {
  const [group = '', version] = apiVersion.includes('/') ? apiVersion.split('/') : ['', apiVersion]
  const name = `io.k8s.api.${group.split('.')[0] || 'core'}.${version}.${kindName}`
  const inline = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(inline)
    if (typeof schema !== 'object' || schema === null) return schema
    const { $ref } = schema as { $ref?: string }
    if ($ref !== undefined) return inline(openApi.definitions[$ref.replace('#/definitions/', '')])
    // Declared as a string there, for programs that don't know a type with both.
    if ((schema as OpenApiSchema).format === 'int-or-string') return { type: ['integer', 'string'] }
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inline(value)]))
  }
  const schema = closeObjects(inline(openApi.definitions[name]) as OpenApiSchema, true)
  return { path: `schema/${group || version}/${kindName.toLowerCase()}_${version}.json`, content: jsonText(schema) }
}

/** The values schema of the operator's own chart, closed: that chart accepts a mistyped key silently. */
export function operatorChartSchema(schema: OpenApiSchema): GeneratedFile {
  const { $schema: _, ...keywords } = schema
  return {
    path: 'schema/external-secrets.io/operator-chart-values.json',
    content: jsonText(closeObjects(keywords, true)),
  }
}

// --- internal ---

/**
 * A SecretStore without the forty providers, and an ApplicationSet without the generators, that this project never writes:
 * of two megabytes a tenth stays.
 */
function withoutUnused(schema: OpenApiSchema, notOurs: readonly string[] = []): OpenApiSchema {
  const copy = structuredClone(schema)
  if (isRecord(copy.properties)) for (const field of notOurs) delete copy.properties[field]
  const at = (value: unknown, name: string) =>
    isRecord(value) && isRecord(value.properties) ? value.properties[name] : undefined
  const spec = at(copy, 'spec')
  const generators = at(spec, 'generators')
  for (const [choice, used] of [
    [at(spec, 'provider'), 'scaleway'],
    [isRecord(generators) ? generators.items : undefined, 'list'],
  ] as const) {
    const kept = at(choice, used)
    if (isRecord(choice) && isRecord(kept)) Object.assign(choice, { properties: { [used]: kept } })
  }
  return copy
}

/** Kubernetes fills metadata in; its fields are checked by the API server, not by the schema of a kind. */
function closeObjects(schema: OpenApiSchema, isRoot = false): OpenApiSchema {
  const entries = Object.entries(schema)
    .filter(([key]) => !(key === 'description' || key === 'default' || key.startsWith('x-kubernetes-')))
    .map(([key, value]): [string, unknown] => {
      if (key === 'properties' && isRecord(value)) {
        return [
          key,
          Object.fromEntries(
            Object.entries(value).map(([name, child]) => [name, closeObjects(child as OpenApiSchema)]),
          ),
        ]
      }
      if (key === 'items' || key === 'additionalProperties') return [key, isRecord(value) ? closeObjects(value) : value]
      return [key, value]
    })
  const closed = schema.properties !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true
  return {
    ...(isRoot ? { $schema: 'http://json-schema.org/draft-07/schema#' } : {}),
    ...Object.fromEntries(entries),
    ...(closed && schema.additionalProperties === undefined ? { additionalProperties: false } : {}),
  }
}
