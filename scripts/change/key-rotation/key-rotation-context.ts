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
  /** Who changes them, as somebody else at it is told; different for each run. */
  readonly holder: string
  /** Pass over what can't be proved because nothing exists yet in Scaleway. */
  readonly unproved: boolean
  readonly waits: KeyRotationWaits
  /** One line of progress. */
  log(line: string): void
}

/** The same for whoever may make and delete the keys of its IAM application. */
export interface KeyRotationContext extends TierContext {
  readonly account: ScalewayAccount & { readonly organizationId: string }
}

/** The account for one request: it ends as the context's signal does. */
export function managing({ account, signal }: KeyRotationContext): KeyRotationContext['account'] {
  return { ...account, signal }
}

/** How long things may take; the defaults are for the real Scaleway. */
export interface KeyRotationWaits {
  readonly patience: Patience
  readonly refresh: Omit<RefreshOptions, 'signal'>
  /** How far ahead an expiry is set that is meant as "now": Scaleway takes no date of the past. */
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
