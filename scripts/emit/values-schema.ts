import { compare } from '../lib/problems.ts'
import { credentialKeys } from '../model/names.ts'
import type { BundleModel, EnvironmentModel, ExternalSecretModel, SingleModel, TierModel } from '../model/resolve.ts'

/** A JSON Schema, as parsed from `schema/values.base.schema.json`. */
export interface JsonSchema {
  readonly [keyword: string]: unknown
  readonly properties?: Readonly<Record<string, JsonSchema>>
  readonly definitions?: Readonly<Record<string, JsonSchema>>
}

/**
 * Above this number of variables in one ExternalSecret their names go into one pattern. Helm checks each schema it
 * reads against the metaschema, so that 10,000 properties, each with a description, more than double the time of a
 * `helm template`.
 */
export const describedVariables = 500

/**
 * `charts/tiered-secrets/values.schema.json`: the base schema, narrowed to the tiers and secrets of the catalogue. What
 * it defines once is written out in each place.
 *
 * @param base `schema/values.base.schema.json`, parsed
 * @param models every environment: the schema accepts what any of them has
 */
export function valuesSchema(base: JsonSchema, models: readonly EnvironmentModel[]): JsonSchema {
  const tiers = [...new Set(models.flatMap((model) => model.tiers.map((tier) => tier.name)))].sort(compare)
  const { definitions: _, ...contract } = base
  return {
    $schema: base.$schema,
    $comment:
      'Generated from schema/values.base.schema.json and scripts/catalogue.ts by `npm run gen-values`. Do not edit.',
    ...contract,
    properties: {
      ...base.properties,
      credentialKeys: withConstants(base.properties?.credentialKeys, credentialKeys),
      tiers: {
        ...base.properties?.tiers,
        additionalProperties: false,
        properties: Object.fromEntries(
          tiers.map((name) => [
            name,
            tierSchema(
              base,
              models.flatMap((model) => model.tiers.filter((tier) => tier.name === name)),
            ),
          ]),
        ),
      },
    },
  }
}

/** The text of a generated JSON file. */
export function jsonText(value: unknown): string {
  return `${JSON.stringify(value, null, 2)}\n`
}

// --- internal ---

function tierSchema(base: JsonSchema, tiers: readonly TierModel[]): JsonSchema {
  const tier = base.definitions?.tier
  const [first] = tiers
  const { required, optional, ...properties } = tier?.properties ?? {}
  const namespaces = [...new Set(tiers.map(({ namespace }) => namespace))].sort(compare)
  const schema = withConstants(
    { ...tier, properties },
    {
      remotePath: first?.remotePath,
      secretStore: first?.secretStore,
      credentialsSecret: first?.credentialsSecret,
    },
  )
  return {
    ...schema,
    properties: {
      ...schema.properties,
      namespace: { description: properties.namespace?.description, enum: namespaces },
      ...externalSecretSchema(
        base,
        'required',
        required,
        tiers.map((model) => model.required),
      ),
      ...externalSecretSchema(
        base,
        'optional',
        optional,
        tiers.map((model) => model.optional),
      ),
    },
  }
}

/** The property `required` or `optional` of a tier; none when no environment has such secrets. */
function externalSecretSchema(
  base: JsonSchema,
  name: string,
  property: JsonSchema | undefined,
  environments: readonly (ExternalSecretModel | undefined)[],
): Record<string, JsonSchema> {
  const models = environments.filter((model) => model !== undefined)
  const [first] = models
  if (!first) return {}
  const singles = unique(
    models.flatMap((model) => model.singles),
    (single) => single.spec.variable,
  )
  const data = singles.filter((single) => single.property === undefined)
  const fields = singles.filter((single) => single.property !== undefined)
  const bundles = mergeBundles(models.flatMap((model) => model.bundles))
  const externalSecret = base.definitions?.externalSecret
  const described = externalSecret?.properties ?? {}
  return {
    [name]: {
      ...externalSecret,
      description: property?.description,
      properties: {
        target: { description: described.target?.description, const: first.name },
        ...(data.length > 0 ? { data: dataSchema(base, described.data, data) } : {}),
        ...(fields.length > 0
          ? {
              fields: closed(
                described.fields,
                fields.map((field) => [field.spec.variable, fieldSchema(base, field)]),
              ),
            }
          : {}),
        ...(bundles.length > 0
          ? {
              bundles: closed(
                described.bundles,
                bundles.map((bundle) => [bundle.identity, bundleSchema(base, bundle)]),
              ),
            }
          : {}),
      },
    },
  }
}

function dataSchema(base: JsonSchema, property: JsonSchema | undefined, singles: readonly SingleModel[]): JsonSchema {
  if (singles.length <= describedVariables) {
    return closed(
      property,
      singles.map(({ spec, remoteRef }) => [spec.variable, { description: spec.description, const: remoteRef }]),
    )
  }
  return {
    description: property?.description,
    type: 'object',
    additionalProperties: false,
    patternProperties: {
      [`^(?:${singles.map(({ spec }) => spec.variable).join('|')})$`]: base.definitions?.remoteRef ?? false,
    },
  }
}

function fieldSchema(base: JsonSchema, { spec, remoteRef, property }: SingleModel): JsonSchema {
  const schema = withConstants(base.definitions?.field, { remoteRef, property })
  return { ...schema, description: spec.description }
}

function bundleSchema(base: JsonSchema, { identity, remoteRef, specs }: BundleModel): JsonSchema {
  const schema = withConstants(base.definitions?.bundle, { remoteRef })
  const keys = schema.properties?.keys
  return {
    ...schema,
    description: `Values of the identity ${identity}.`,
    properties: { ...schema.properties, keys: { ...keys, items: { enum: specs.map((spec) => spec.variable) } } },
  }
}

/** An object that has only these properties. */
function closed(property: JsonSchema | undefined, entries: readonly (readonly [string, JsonSchema])[]): JsonSchema {
  return {
    description: property?.description,
    type: 'object',
    additionalProperties: false,
    properties: Object.fromEntries(entries),
  }
}

/** The schema with some properties fixed to one value; their descriptions stay. */
function withConstants(
  schema: JsonSchema | undefined,
  constants: Readonly<Record<string, string | undefined>>,
): JsonSchema {
  const properties = Object.entries(schema?.properties ?? {}).map(([name, property]): [string, JsonSchema] => {
    const constant = constants[name]
    return [name, constant === undefined ? property : { description: property.description, const: constant }]
  })
  return { ...schema, properties: Object.fromEntries(properties) }
}

function unique<T>(items: readonly T[], key: (item: T) => string): T[] {
  return [...new Map(items.map((item) => [key(item), item])).entries()]
    .sort(([a], [b]) => compare(a, b))
    .map(([, item]) => item)
}

/** One bundle an identity, with the variables of every environment. */
function mergeBundles(bundles: readonly BundleModel[]): BundleModel[] {
  return unique(bundles, (bundle) => bundle.identity).map((bundle) => ({
    ...bundle,
    specs: unique(
      bundles.filter(({ identity }) => identity === bundle.identity).flatMap(({ specs }) => specs),
      (spec) => spec.variable,
    ),
  }))
}
