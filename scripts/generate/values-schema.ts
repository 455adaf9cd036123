import { commandLine } from '../lib/command-line.ts'
import { compare } from '../lib/problems.ts'
import { credentialKeys } from '../model/names.ts'
import type { BundleModel, EnvironmentModel, ExternalSecretModel, SingleModel, TierModel } from '../model/resolve.ts'
import { inlined, type JsonSchema } from './json-schema.ts'
import { namePattern } from './name-pattern.ts'

/**
 * Above this number of variables in all tiers together, the names of each target go into one pattern. Helm checks each
 * schema it reads against the metaschema: 10,000 properties, each with a description, take it a second, one pattern for
 * each of ten tiers 5 ms.
 */
export const describedVariables = 500

/**
 * `charts/tiered-secrets/values.schema.json`: the base schema, narrowed to the tiers and secrets of the catalogue. Shared
 * definitions are written out in each place.
 *
 * @param base `schema/values.base.schema.json`, parsed
 * @param models every environment: the schema accepts what any of them has
 */
export function valuesSchema(base: JsonSchema, models: readonly EnvironmentModel[]): JsonSchema {
  const tiers = [...new Set(models.flatMap((model) => model.tiers.map((tier) => tier.name)))].sort(compare)
  const variables = new Set(models.flatMap((m) => m.tiers.flatMap((tier) => singlesOf(tier).map((s) => s.remoteRef))))
  const source = { base, describeEach: variables.size <= describedVariables }
  const { definitions: _, ...contract } = base
  const schema: JsonSchema = {
    $schema: base.$schema,
    $comment: `Generated from schema/values.base.schema.json and scripts/catalogue.ts by \`${commandLine`gen-values`}\`. Do not edit.`,
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
              source,
              models.flatMap((model) => model.tiers.filter((tier) => tier.name === name)),
            ),
          ]),
        ),
      },
    },
  }
  return inlined(schema, base.definitions ?? {}) as JsonSchema
}

// --- internal ---

interface Source {
  readonly base: JsonSchema
  /** A property with its description for each variable; otherwise one pattern for all variables of a target. */
  readonly describeEach: boolean
}

function singlesOf(tier: TierModel): SingleModel[] {
  return [...(tier.required?.singles ?? []), ...(tier.optional?.singles ?? [])]
}

function tierSchema(source: Source, tiers: readonly TierModel[]): JsonSchema {
  const { base } = source
  const tier = base.definitions?.tier
  const [first] = tiers
  const { required, optional, ...properties } = tier?.properties ?? {}
  const anyOf = (name: 'namespace' | 'projectId') => ({
    description: properties[name]?.description,
    enum: [...new Set(tiers.map((model) => model[name]))].sort(compare),
  })
  const schema = withConstants(
    { ...tier, properties },
    {
      remotePath: first?.remotePath,
      secretStore: first?.secretStore,
      credentialsSecret: first?.credentialsSecret,
      serviceAccount: first?.serviceAccount,
    },
  )
  return {
    ...schema,
    properties: {
      ...schema.properties,
      namespace: anyOf('namespace'),
      projectId: anyOf('projectId'),
      network: networkSchema(properties.network, tiers),
      ...externalSecretSchema(
        source,
        'required',
        required,
        tiers.map((model) => model.required),
      ),
      ...externalSecretSchema(
        source,
        'optional',
        optional,
        tiers.map((model) => model.optional),
      ),
    },
  }
}

/** The names of the policies are those of the catalogue: a connection that it does not list has no name. */
function networkSchema(property: JsonSchema | undefined, tiers: readonly TierModel[]): JsonSchema {
  const { ingress, egress, ...others } = property?.properties ?? {}
  const named = (direction: 'ingress' | 'egress', schema: JsonSchema | undefined) => {
    const names = [...new Set(tiers.flatMap(({ network }) => Object.keys(network[direction])))].sort(compare)
    if (names.length === 0) return {}
    const each = schema?.additionalProperties as JsonSchema
    return {
      [direction]: closed(
        schema,
        names.map((name) => [name, each]),
      ),
    }
  }
  return { ...property, properties: { ...others, ...named('ingress', ingress), ...named('egress', egress) } }
}

/** The property `required` or `optional` of a tier; none when no environment has such secrets. */
function externalSecretSchema(
  source: Source,
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
  const { base } = source
  const externalSecret = base.definitions?.externalSecret
  const described = externalSecret?.properties ?? {}
  return {
    [name]: {
      ...externalSecret,
      description: property?.description,
      properties: {
        target: { description: described.target?.description, const: first.name },
        ...(data.length > 0 ? { data: dataSchema(source, described.data, data) } : {}),
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

function dataSchema(
  { base, describeEach }: Source,
  property: JsonSchema | undefined,
  singles: readonly SingleModel[],
): JsonSchema {
  if (describeEach) {
    return closed(
      property,
      singles.map(({ spec, remoteRef }) => [spec.variable, { description: spec.description, const: remoteRef }]),
    )
  }
  const folder = singles[0]?.remoteRef.replace(/[^/]*$/, '') ?? ''
  return {
    description: property?.description,
    type: 'object',
    additionalProperties: false,
    patternProperties: {
      [namePattern(singles.map(({ spec }) => spec.variable))]: {
        ...base.definitions?.remoteRef,
        pattern: `^${folder.replaceAll('.', '\\.')}[A-Za-z0-9._-]+$`,
        maxLength: folder.length + 255,
      },
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

/** One bundle per identity, with the variables of every environment. */
function mergeBundles(bundles: readonly BundleModel[]): BundleModel[] {
  return unique(bundles, (bundle) => bundle.identity).map((bundle) => ({
    ...bundle,
    specs: unique(
      bundles.filter(({ identity }) => identity === bundle.identity).flatMap(({ specs }) => specs),
      (spec) => spec.variable,
    ),
  }))
}
