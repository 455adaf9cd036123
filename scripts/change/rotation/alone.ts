import { ensureReleaseNamespace } from '../../cluster/namespaces.ts'
import { type Journal, openJournal } from '../../kubernetes/journal.ts'
import { acquireLease } from '../../kubernetes/lease.ts'
import { lockOf, type RotationContext } from './rotation-context.ts'
import { parseState, type RotationState } from './rotation-state.ts'

/** A rotation under a lease, so that no other run changes it. */
export interface Held {
  /** Ends with the lease. */
  readonly context: RotationContext
  readonly journal: Journal<RotationState>
}

/**
 * Does something while no other run may change the same unit.
 *
 * @throws ProblemError `LEASE_HELD`, `LEASE_LOST`, `JOURNAL_UNREADABLE`
 */
export async function alone<T>(context: RotationContext, act: (held: Held) => Promise<T>): Promise<T> {
  const { client, model, holder, signal, waits, log } = context
  const ref = lockOf(context)
  await ensureReleaseNamespace(client, model, signal)
  await using lease = await acquireLease(client, ref, { holder, durationMs: waits.leaseMs, onWait: log, signal })
  const journal = await openJournal(client, ref, { parse: parseState, holder, signal: lease.signal })
  return await act({ context: { ...context, signal: lease.signal }, journal })
}
