import type { RefreshOptions } from '../../cluster/refresh.ts'
import type { RolloutWaits } from '../../cluster/rollout.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import type { NamespacedRef } from '../../kubernetes/kinds.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { RotationUnit } from '../../model/rotation-unit.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'

/** What is rotated, and where. */
export interface RotationContext {
  readonly model: EnvironmentModel
  readonly unit: RotationUnit
  readonly client: KubernetesClient
  /** With an account that may add, disable and delete versions. */
  readonly account: ScalewayAccount
  readonly signal: AbortSignal
  /** Identifies this run to other runs; different for each run. */
  readonly holder: string
  readonly waits: Waits
  /** One line of progress. */
  log(line: string): void
}

/** How long things may take; the defaults are for real clusters. */
export interface Waits {
  readonly refresh: Omit<RefreshOptions, 'signal'>
  readonly rollout: RolloutWaits
  /** How long a probe may take. */
  readonly probeMs: number
  readonly leaseMs: number
  /** For this time the same command again means the same rotation, which is finished, and not a new one. */
  readonly sameRunMs: number
}

export const defaultWaits: Waits = {
  refresh: {},
  rollout: {},
  probeMs: 300_000,
  leaseMs: 30_000,
  sameRunMs: 3_600_000,
}

/** The journal and the lease of a unit: in the namespace of the Helm release, which deployers may write anyway. */
export function lockOf({ model, unit }: Pick<RotationContext, 'model' | 'unit'>): NamespacedRef {
  return { namespace: model.release.namespace, name: unit.lock }
}

/** For the functions that change versions: requests are aborted with the context's signal. */
export function versionsOf({ account, model, signal }: RotationContext) {
  return { account: { ...account, signal }, region: model.region }
}
