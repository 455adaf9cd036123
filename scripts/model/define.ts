import type { Catalogue, EnvironmentSpec, Environments, SecretSpec, TierSpec } from './types.ts'

/** Keeps the name of each environment, so that a mistyped one is a compile error wherever it is used. */
export function defineEnvironments<const E extends Environments>(
  environments: E & { readonly [Name in keyof E]: NoOtherFields<E[Name], EnvironmentSpec> },
): E {
  return environments
}

/**
 * An unknown tier, target, environment, format or field is a compile error. The entries themselves are not a
 * type parameter: the compiler would need minutes and gigabytes for 10,000 literal types.
 *
 * @param environments the default export of `environments.ts`; only its names are used
 */
export function defineCatalogue<const E extends Environments, const T extends Readonly<Record<string, TierSpec>>>(
  _environments: E,
  catalogue: Omit<Catalogue, 'tiers' | 'secrets'> & {
    readonly tiers: T & { readonly [Name in keyof T]: NoOtherFields<T[Name], TierSpec> }
    readonly secrets: readonly SecretSpec<
      NoInfer<Extract<keyof T, string>>,
      Extract<keyof E, string>,
      NoInfer<TargetName<T>>
    >[]
  },
): Omit<Catalogue, 'tiers'> & { readonly tiers: T } {
  return catalogue
}

/** Names of the targets of all tiers. That a target is of the right tier is a rule, with a message that says so. */
type TargetName<T extends Readonly<Record<string, TierSpec>>> = {
  [Tier in keyof T]: T[Tier] extends { readonly targets: infer Targets } ? Extract<keyof Targets, string> : never
}[keyof T]

/** The compiler lets a type parameter have more fields than its constraint; a mistyped optional one would be accepted. */
type NoOtherFields<Value, Spec> = { readonly [Field in Exclude<keyof Value, FieldOf<Spec>>]: never }

type FieldOf<Spec> = Spec extends unknown ? keyof Spec : never
