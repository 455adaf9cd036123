import type { EnvironmentModel, RemoteSecretModel, TierModel } from './resolve.ts'
import { originOf, sharedValues } from './shared-values.ts'
import type { SecretSpec } from './types.ts'

/** One variable, and where its value goes. */
export interface FillEntry {
  readonly tier: TierModel
  readonly remote: RemoteSecretModel
  readonly spec: SecretSpec
  /** The entry whose value it shares, `<tier>.<variable>`, which may be itself. Undefined: it has its value alone. */
  readonly shared?: string
}

/** Every variable of an environment. */
export function fillEntries({ tiers }: Pick<EnvironmentModel, 'tiers'>): FillEntry[] {
  const entries = tiers.flatMap((tier) =>
    tier.remoteSecrets.flatMap((remote) => remote.specs.map((spec) => ({ tier, remote, spec }))),
  )
  const origins = new Set(sharedValues(entries.map(({ spec }) => spec)).map(({ origin }) => origin))
  if (origins.size === 0) return entries
  return entries.map((entry) =>
    origins.has(originOf(entry.spec)) ? { ...entry, shared: originOf(entry.spec) } : entry,
  )
}

/** Some entries, and all that share a value with one of them, in the order of `all`. */
export function withSharing(all: readonly FillEntry[], some: readonly FillEntry[]): FillEntry[] {
  const origins = new Set(some.flatMap(({ shared }) => shared ?? []))
  const named = new Set(some)
  return all.filter((entry) => named.has(entry) || (entry.shared !== undefined && origins.has(entry.shared)))
}
