import type { EnvironmentModel, RemoteSecretModel, TierModel } from './resolve.ts'
import type { SecretSpec } from './types.ts'

/** One variable, and where its value goes. */
export interface FillEntry {
  readonly tier: TierModel
  readonly remote: RemoteSecretModel
  readonly spec: SecretSpec
}

/** Every variable of an environment. */
export function fillEntries({ tiers }: Pick<EnvironmentModel, 'tiers'>): FillEntry[] {
  return tiers.flatMap((tier) =>
    tier.remoteSecrets.flatMap((remote) => remote.specs.map((spec) => ({ tier, remote, spec }))),
  )
}
