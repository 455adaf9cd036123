import { ensureReleaseNamespace } from '../../cluster/namespaces.ts'
import { type Journal, openJournal } from '../../kubernetes/journal.ts'
import { whileHolding } from '../../kubernetes/while-holding.ts'
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
  const { model, holder, waits, log } = context
  const ref = lockOf(context)
  await ensureReleaseNamespace(context.client, model, context.signal)
  const options = { holder, durationMs: waits.leaseMs, onWait: log, signal: context.signal }
  return whileHolding(context.client, ref, options, async ({ client, signal, mayWrite }) => {
    const journal = await openJournal(client, ref, { parse: parseState, holder, signal })
    return act({ context: { ...context, client, signal, account: { ...context.account, mayWrite } }, journal })
  })
}
