import type { Catalogue, Environments, SecretSpec, TierSpec } from './types.ts'

/** Keeps the name of each environment, so that a mistyped one is a compile error wherever it is used. */
export function defineEnvironments<const E extends Environments>(environments: E): E {
  return environments
}

/**
 * Keeps every literal of the catalogue: an unknown tier, environment, format or consumer is a compile error.
 *
 * @param environments the default export of `environments.ts`; only its names are used
 */
export function defineCatalogue<
  const E extends Environments,
  const T extends Readonly<Record<string, TierSpec>>,
  const S extends readonly SecretSpec<Extract<keyof T, string>, Extract<keyof E, string>, WorkloadName<T>>[],
>(_environments: E, catalogue: Omit<Catalogue, 'tiers' | 'secrets'> & { readonly tiers: T; readonly secrets: S }) {
  return catalogue satisfies Catalogue
}

/** Names of the workloads of all tiers. That a consumer is of the right tier is a rule, with a message that says so. */
type WorkloadName<T extends Readonly<Record<string, TierSpec>>> = {
  [Tier in keyof T]: Extract<keyof T[Tier]['workloads'], string>
}[keyof T]
