import { ProblemError } from '../lib/problems.ts'
import type { KubernetesClient } from './client.ts'
import { guardedClient } from './guarded-client.ts'
import type { NamespacedRef } from './kinds.ts'
import { acquireLease, type LeaseOptions } from './lease.ts'

/** What to work with while a lease is held. */
export interface Holding {
  /** Aborts when the lease is lost, or with the signal that was given. */
  readonly signal: AbortSignal
  /** Writes only while nobody else can have the lease. */
  readonly client: KubernetesClient
  /** For other writes: to be awaited before each. @throws ProblemError `LEASE_LOST` */
  mayWrite(): Promise<void>
}

/**
 * Does something under a lease. When the lease is lost, every write is refused and every wait ends.
 *
 * @throws ProblemError `LEASE_HELD`; `LEASE_LOST`, wherever it was noticed
 */
export async function whileHolding<T>(
  client: KubernetesClient,
  ref: NamespacedRef,
  options: LeaseOptions,
  act: (holding: Holding) => Promise<T>,
): Promise<T> {
  await using lease = await acquireLease(client, ref, options)
  const { signal, lost, confirm } = lease
  try {
    return await act({ signal, client: guardedClient(client, confirm), mayWrite: confirm })
  } catch (error) {
    // What ended because of it need not say so: a library's own error, or several at once.
    if (!(error instanceof ProblemError)) lost.throwIfAborted()
    throw error
  }
}
