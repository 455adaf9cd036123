import type { GeneratedFile } from './plan.ts'
import { jsonText } from './values-schema.ts'

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

interface OpenApiSchema {
  readonly [keyword: string]: unknown
}

/**
 * Schemas of some kinds of the operator, cut from its CRDs, in the layout kubeconform looks them up in. Objects are
 * closed, as the API server's strict field validation closes them; descriptions and other providers are left out.
 *
 * @param kinds e.g. `['ExternalSecret']`; the version is always v1
 */
export function crdSchemas(crds: readonly unknown[], kinds: readonly string[]): GeneratedFile[] {
  return (crds as readonly CustomResourceDefinition[])
    .filter((crd) => crd.kind === 'CustomResourceDefinition' && kinds.includes(crd.spec.names.kind))
    .flatMap(({ spec }) => {
      const version = spec.versions.find(({ name }) => name === 'v1')
      const path = `schema/${spec.group}/${spec.names.kind.toLowerCase()}_v1.json`
      const schema = version && closeObjects(onlyScaleway(version.schema.openAPIV3Schema), true)
      return schema ? [{ path, content: jsonText(schema) }] : []
    })
}

/** The same for a built-in kind, from the OpenAPI document of Kubernetes. */
export function builtInSchema(
  openApi: { readonly definitions: Readonly<Record<string, OpenApiSchema>> },
  name: string,
): GeneratedFile {
  const inline = (schema: unknown): unknown => {
    if (Array.isArray(schema)) return schema.map(inline)
    if (typeof schema !== 'object' || schema === null) return schema
    const { $ref } = schema as { $ref?: string }
    if ($ref !== undefined) return inline(openApi.definitions[$ref.replace('#/definitions/', '')])
    return Object.fromEntries(Object.entries(schema).map(([key, value]) => [key, inline(value)]))
  }
  const kind = name.split('.').at(-1)?.toLowerCase() ?? ''
  const schema = closeObjects(inline(openApi.definitions[name]) as OpenApiSchema, true)
  return { path: `schema/v1/${kind}_v1.json`, content: jsonText(schema) }
}

// --- internal ---

/** A SecretStore without the forty providers this project never renders. */
function onlyScaleway(schema: OpenApiSchema): OpenApiSchema {
  const copy = structuredClone(schema)
  const at = (value: unknown, name: string) =>
    isObject(value) && isObject(value.properties) ? value.properties[name] : undefined
  const provider = at(at(copy, 'spec'), 'provider')
  if (isObject(provider)) Object.assign(provider, { properties: { scaleway: at(provider, 'scaleway') } })
  return copy
}

/** Kubernetes fills metadata in; its fields are checked by the API server, not by the schema of a kind. */
function closeObjects(schema: OpenApiSchema, isRoot = false): OpenApiSchema {
  const entries = Object.entries(schema)
    .filter(([key]) => !(key === 'description' || key === 'default' || key.startsWith('x-kubernetes-')))
    .map(([key, value]): [string, unknown] => {
      if (key === 'properties' && isObject(value)) {
        return [
          key,
          Object.fromEntries(
            Object.entries(value).map(([name, child]) => [name, closeObjects(child as OpenApiSchema)]),
          ),
        ]
      }
      if (key === 'items' || key === 'additionalProperties') return [key, isObject(value) ? closeObjects(value) : value]
      return [key, value]
    })
  const closed = schema.properties !== undefined && schema['x-kubernetes-preserve-unknown-fields'] !== true
  return {
    ...(isRoot ? { $schema: 'http://json-schema.org/draft-07/schema#' } : {}),
    ...Object.fromEntries(entries),
    ...(closed && schema.additionalProperties === undefined ? { additionalProperties: false } : {}),
  }
}

function isObject(value: unknown): value is OpenApiSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
