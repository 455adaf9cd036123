import { ensureReleaseNamespace } from '../../cluster/namespaces.ts'
import { type Holding, whileHolding } from '../../kubernetes/while-holding.ts'
import type { ClusterContext } from './migration-context.ts'
import { journalRef } from './migration-state.ts'

/**
 * Does something while no other run may change the same migration.
 *
 * @throws ProblemError `LEASE_HELD`, `LEASE_LOST`
 */
export async function aloneInMigration<T>(
  { client, model, holder, waits, log, signal }: ClusterContext,
  act: (holding: Holding) => Promise<T>,
): Promise<T> {
  await ensureReleaseNamespace(client, model, signal)
  return whileHolding(client, journalRef(model), { holder, durationMs: waits.leaseMs, onWait: log, signal }, act)
}
