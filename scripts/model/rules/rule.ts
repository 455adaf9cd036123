import type { Problem } from '../../lib/problems.ts'
import type { Application, SecretSpec } from '../types.ts'

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

/** `"a", "b" and "c"`. */
export function quoted(names: readonly string[]): string {
  const words = names.map((name) => `"${name}"`)
  const last = words.pop() ?? ''
  return words.length > 0 ? `${words.join(', ')} and ${last}` : last
}
