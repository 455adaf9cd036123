import { commandLine } from '../lib/command-line.ts'
import { markdownTable } from '../lib/markdown.ts'
import { isRecord } from '../lib/record.ts'
import type { JsonSchema } from './json-schema.ts'

/** The chart's own README: what it renders, how it is installed, and every value with the description of the schema. */
export function chartReadme(base: JsonSchema, defaults: Readonly<Record<string, unknown>>): string {
  return `<!-- Generated from schema/values.base.schema.json by \`${commandLine`gen-values`}\`. Do not edit. -->

# tiered-secrets

For each tier of an application: a namespace, an External Secrets \`SecretStore\` with a Scaleway credential of its own, and
an \`ExternalSecret\` for the secrets the tier's workloads need, with a second one for optional secrets. The API
is \`external-secrets.io/v1\`, which the External Secrets Operator serves since 0.16.

\`\`\`sh
helm upgrade --install <application>-secrets charts/tiered-secrets \\
  --namespace <application>-secrets --create-namespace --values values/<environment>.yaml
\`\`\`

The values files are generated from a typed catalogue, and the schema of the chart accepts only what is in it. The chart
reads nothing from the cluster: \`helm template\` gives the same manifests everywhere.

In a chart around this one the values of a file stand under \`tiered-secrets:\`, and the condition
\`tiered-secrets.enabled\` of the dependency switches it on and off. \`${commandLine`deploy`}\` installs the chart by itself.

## Values

${markdownTable(['Value', 'Type', 'Default', 'Description'], rows(base, base, defaults, ''))}
`
}

// --- internal ---

function rows(base: JsonSchema, schema: JsonSchema, defaults: unknown, path: string): string[][] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const place = path === '' ? name : `${path}.${name}`
    const target = dereference(base, property)
    const value = isRecord(defaults) ? defaults[name] : undefined
    const own = [
      `\`${place}\``,
      typeName(target),
      value === undefined ? '' : `\`${JSON.stringify(value)}\``,
      describe(property),
    ]
    if (target.properties) return [[...own.slice(0, 2), '', describe(property)], ...rows(base, target, value, place)]
    const entry = entrySchema(base, target)
    return entry?.properties ? [own, ...rows(base, entry, undefined, `${place}.${entryName(name)}`)] : [own]
  })
}

const entryNames: Readonly<Record<string, string>> = { tiers: '<tier>', fields: '<VARIABLE>', bundles: '<identity>' }

function entryName(name: string): string {
  return entryNames[name] ?? '<name>'
}

function entrySchema(base: JsonSchema, schema: JsonSchema): JsonSchema | undefined {
  const { additionalProperties } = schema
  return isRecord(additionalProperties) ? dereference(base, additionalProperties as JsonSchema) : undefined
}

/** Follows the `$ref` of a property, alone or in an `allOf`. */
function dereference(base: JsonSchema, schema: JsonSchema): JsonSchema {
  const { allOf } = schema
  const target = Array.isArray(allOf) ? (allOf[0] as JsonSchema) : schema
  const { $ref } = target
  return typeof $ref === 'string' ? (base.definitions?.[$ref.replace('#/definitions/', '')] ?? schema) : schema
}

function typeName(schema: JsonSchema): string {
  return Array.isArray(schema.enum) ? schema.enum.join(' or ') : String(schema.type ?? '')
}

function describe(schema: JsonSchema): string {
  return String(schema.description ?? '')
}
