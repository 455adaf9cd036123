import { dataVersion } from '../../model/data-version.ts'
import type { Application, EnvironmentSpec, LegacySpec, SecretSpec, TierSpec } from '../../model/types.ts'
import type { TierPart } from './assign-tiers.ts'
import type { Leftover } from './facts.ts'

/** The input of one environment, told apart by tier. */
export interface EnvironmentPart {
  readonly environment: string
  readonly parts: readonly TierPart[]
}

/** An object of a data file, and why it says what no input says: a comment above it. */
export interface Guessed<Value> {
  readonly value: Value
  /** Words without a full stop. */
  readonly guesses: readonly string[]
}

/** The two data files before they are written. */
export interface Draft {
  readonly application: string
  readonly owner: string
  readonly remoteSecretQuota?: number
  /** The one Secret that all tiers share today. */
  readonly legacy?: LegacySpec
  readonly tiers: ReadonlyMap<string, Guessed<TierSpec>>
  readonly secrets: readonly Guessed<SecretSpec>[]
  readonly environments: ReadonlyMap<string, Guessed<EnvironmentSpec>>
  /** About the catalogue as a whole. */
  readonly guesses: readonly string[]
  readonly leftovers: readonly Leftover[]
}

/** The application that the draft is, for the rules. */
export function applicationOf({
  application,
  owner,
  remoteSecretQuota,
  legacy,
  tiers,
  secrets,
  environments,
}: Draft): Application {
  const plain = <Value>(map: ReadonlyMap<string, Guessed<Value>>) =>
    Object.fromEntries([...map].map(([name, { value }]) => [name, value]))
  return {
    catalogue: {
      dataVersion,
      application,
      owner,
      ...(remoteSecretQuota === undefined ? {} : { remoteSecretQuota }),
      ...(legacy === undefined ? {} : { legacy }),
      tiers: plain(tiers),
      secrets: secrets.map(({ value }) => value),
    },
    environments: plain(environments),
  }
}
