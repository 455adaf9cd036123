import type { RefreshOptions } from '../../cluster/refresh.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'
import type { Patience } from '../../scaleway/probe-key.ts'

/** The tier whose credentials are changed, and the cluster they are in. */
export interface TierContext {
  readonly model: EnvironmentModel
  readonly tier: TierModel
  readonly client: KubernetesClient
  readonly signal: AbortSignal
  /** Identifies this run to other runs; different for each run. */
  readonly holder: string
  /** Skip what can't be proved because nothing exists yet in Scaleway. */
  readonly unproved: boolean
  readonly waits: KeyRotationWaits
  /** One line of progress. */
  log(line: string): void
}

/** The same with an account that may create and delete the keys of its IAM application. */
export interface KeyRotationContext extends TierContext {
  readonly account: ScalewayAccount & { readonly organizationId: string }
}

/** The account for one request: it is aborted with the context's signal. */
export function managing({ account, signal }: KeyRotationContext): KeyRotationContext['account'] {
  return { ...account, signal }
}

/** How long things may take; the defaults are for the real Scaleway. */
export interface KeyRotationWaits {
  readonly patience: Patience
  readonly refresh: Omit<RefreshOptions, 'signal'>
  /** How far ahead an expiry is set that means "now": Scaleway accepts no date in the past. */
  readonly expireAheadMs: number
  /** How long a key may outlive its expiry. */
  readonly outliveMs: number
  readonly leaseMs: number
}

export const defaultKeyRotationWaits: KeyRotationWaits = {
  patience: {},
  refresh: {},
  expireAheadMs: 3_000,
  outliveMs: 60_000,
  leaseMs: 30_000,
}
