import { compare } from '../lib/problems.ts'
import {
  type BundleModel,
  type ExternalSecretModel,
  type SingleModel,
  specsOf,
  type TierModel,
} from '../model/resolve.ts'
import { keyOf } from '../model/specs.ts'
import { closed, type JsonSchema, withConstants } from './json-schema.ts'
import { namePattern } from './name-pattern.ts'

export interface Source {
  readonly base: JsonSchema
  /** A property with its description for each variable; otherwise one pattern for all variables of a target. */
  readonly describeEach: boolean
}

/** The properties of a tier for its ExternalSecrets: none for what no environment has. */
export function externalSecretsSchema(source: Source, tiers: readonly TierModel[]): Record<string, JsonSchema> {
  const { base } = source
  const models = tiers.flatMap((tier) => tier.externalSecrets)
  const names = [...new Set(models.flatMap(({ target }) => target ?? []))].sort(compare)
  const own = targetSchemas(
    source,
    base.definitions?.tier,
    models.filter(({ target }) => target === undefined),
  )
  if (names.length === 0) return own
  const targets = names.map((name): [string, JsonSchema] => [
    name,
    targetSchema(
      source,
      models.filter(({ target }) => target === name),
    ),
  ])
  return { ...own, targets: closed(base.definitions?.tier?.properties?.targets, targets) }
}

// --- internal ---

function targetSchema(source: Source, models: readonly ExternalSecretModel[]): JsonSchema {
  const target = source.base.definitions?.target
  const type = models.find(({ optional }) => !optional)?.type ?? 'Opaque'
  const { description } = target?.properties?.type ?? {}
  return {
    ...target,
    ...(type === 'Opaque' ? {} : { required: ['type'] }),
    properties: {
      ...(type === 'Opaque' ? {} : { type: { description, const: type } }),
      ...targetSchemas(source, target, models),
    },
  }
}

/** The properties `required` and `optional` of a target. */
function targetSchemas(
  source: Source,
  schema: JsonSchema | undefined,
  models: readonly ExternalSecretModel[],
): Record<string, JsonSchema> {
  const { required, optional } = schema?.properties ?? {}
  return {
    ...externalSecretSchema(
      source,
      'required',
      required,
      models.filter((model) => !model.optional),
    ),
    ...externalSecretSchema(
      source,
      'optional',
      optional,
      models.filter((model) => model.optional),
    ),
  }
}

function externalSecretSchema(
  source: Source,
  name: string,
  property: JsonSchema | undefined,
  models: readonly ExternalSecretModel[],
): Record<string, JsonSchema> {
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
  const keys = unique(models.flatMap(specsOf), ({ variable }) => variable)
    .filter((spec) => keyOf(spec) !== spec.variable)
    .map((spec): [string, JsonSchema] => [spec.variable, { description: spec.description, const: keyOf(spec) }])
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
        ...(keys.length > 0 ? { keys: closed(described.keys, keys) } : {}),
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
