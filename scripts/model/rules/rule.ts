import type { Problem } from '../../lib/problems.ts'
import { clusterKey } from '../clusters.ts'
import { namesOf } from '../names.ts'
import type { Application, EnvironmentSpec, SecretSpec } from '../types.ts'

/** A rule checks the whole application and returns its problems; an empty list when all is well. */
export type Rule = (application: Application) => Problem[]

/** Where an entry of the catalogue is found. */
export function atSecret({ tier, variable }: SecretSpec): string {
  return `catalogue "${variable}" (${tier})`
}

export function atTier(tier: string): string {
  return `catalogue tier "${tier}"`
}

export function atEnvironment(environment: string): string {
  return `environment "${environment}"`
}

/**
 * The tiers whose namespace it is in the cluster of an environment: `api`, or `live/api` of another environment in the
 * same cluster.
 */
export function tiersIn({ catalogue, environments }: Application, environment: string, namespace: string): string[] {
  const specs = Object.values(environments)
  const keyOf = (name: string) => clusterKey(environments[name] as EnvironmentSpec, specs)
  return Object.entries(environments)
    .filter(([name]) => keyOf(name) === keyOf(environment))
    .flatMap(([name, spec]) =>
      Object.keys(catalogue.tiers)
        .filter((tier) => namesOf(catalogue, tier, spec).namespace === namespace)
        .map((tier) => (name === environment ? tier : `${name}/${tier}`)),
    )
}

/** `"a", "b" and "c"`. */
export function quoted(names: readonly string[]): string {
  const words = names.map((name) => `"${name}"`)
  const last = words.pop() ?? ''
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last
}
