/** A JSON Schema, as parsed from `schema/values.base.schema.json`. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly definitions?: Readonly<Record<string, JsonSchema>>
}

/** The text of a generated JSON file. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

/**
 * A schema without references: what each names stands in its place, and a description beside `allOf` of one reference
 * stays. Definitions must not be recursive.
 */
export function inlined(value: unknown, definitions: Readonly<Record<string, JsonSchema>>): unknown {
  if (Array.isArray(value)) return value.map((item) => inlined(item, definitions))
  if (typeof value !== 'object' || value === null) return value
  const { $ref, allOf, ...rest } = value as JsonSchema
  const [only, ...others] = Array.isArray(allOf) ? (allOf as JsonSchema[]) : []
  const reference = $ref ?? (others.length === 0 ? only?.$ref : undefined)
  if (typeof reference === 'string') {
    const definition = definitions[reference.replace('#/definitions/', '')]
    return inlined({ ...definition, ...rest }, definitions)
  }
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, inlined(item, definitions)]))
}

/** An object that has only these properties. */
export function closed(
  property: JsonSchema | undefined,
  entries: readonly (readonly [string, JsonSchema])[],
): JsonSchema {
  return {
    description: property?.description,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(entries),
  }
}

/** The schema with some properties fixed to one value; their descriptions stay. */
export function withConstants(
  schema: JsonSchema | undefined,
  constants: Readonly<Record<string, string | undefined>>,
): JsonSchema {
  const properties = Object.entries(schema?.properties ?? {}).map(([name, property]): [string, JsonSchema] => {
    const constant = constants[name]
    return [name, constant === undefined ? property : { description: property.description, const: constant }]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}
