import { writtenCommandLine } from '../lib/command-line.ts'
import { compare } from '../lib/problems.ts'
import { credentialKeys } from '../model/names.ts'
import type { EnvironmentModel, SingleModel, TierModel } from '../model/resolve.ts'
import { externalSecretsSchema, type Source } from './external-secret-schema.ts'
import { closed, inlined, type JsonSchema, withConstants } from './json-schema.ts'

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
    $comment: `Generated from schema/values.base.schema.json and scripts/catalogue.ts by \`${writtenCommandLine`gen-values`}\`. Do not edit.`,
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

function singlesOf(tier: TierModel): SingleModel[] {
  return tier.externalSecrets.flatMap(({ singles }) => singles)
}

function tierSchema(source: Source, tiers: readonly TierModel[]): JsonSchema {
  const { base } = source
  const tier = base.definitions?.tier
  const [first] = tiers
  const { required: _, optional: __, targets: ___, ...properties } = tier?.properties ?? {}
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
      ...externalSecretsSchema(source, tiers),
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
