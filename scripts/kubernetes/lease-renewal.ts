import { pause, unlessAborted } from '../lib/pause.ts'
import { timeLimit } from '../lib/signals.ts'
import { type Clocks, stopwatch } from '../lib/stopwatch.ts'
import { isConflict, isNotFound } from './errors.ts'
import { kinds, type NamespacedRef } from './kinds.ts'
import {
  expiredLease,
  type Lease,
  type LeaseClient,
  type LeaseObject,
  microTime,
  type TakenLease,
  takenLease,
} from './lease-object.ts'

export interface KeepOptions {
  readonly holder: string
  readonly durationMs: number
  readonly renewMs: number
  readonly clocks: Clocks
  /** Ends waiting for a renewal; what is certain without one is still allowed then, to clean up. */
  readonly signal?: AbortSignal | undefined
}

/**
 * Renews a lease, one renewal at a time, each with a deadline of its own. When none has succeeded for two thirds of the
 * duration, it counts as lost: what it protects is stopped before anybody else may take it. Disposing it gives it back.
 * Source: client-go, tools/leaderelection (`RenewDeadline` below `LeaseDuration`).
 *
 * Every renewal is for the version of the object that we wrote last, so that one that succeeds also proves, however late it
 * is, that nobody has had the lease in between. That is why a machine that has slept, or a process that was stopped, continues
 * when nobody else has come.
 */
export function keepLease(
  client: LeaseClient,
  ref: NamespacedRef,
  taken: TakenLease,
  { holder, durationMs, renewMs, clocks, signal: interrupted }: KeepOptions,
): Omit<Lease, 'signal'> {
  const safeMs = (durationMs * 2) / 3
  const limitMs = durationMs / 6
  const lost = new AbortController()
  const over = new AbortController()
  let { resourceVersion, age } = taken
  let hasFailed = false
  let failure: unknown
  let next: NodeJS.Timeout | undefined
  let deadline: NodeJS.Timeout | undefined
  let current: Promise<void> | undefined

  const lose = (problem: Error) => {
    clearTimeout(next)
    clearTimeout(deadline)
    lost.abort(problem)
  }
  const write = async (spec: object, signal: AbortSignal): Promise<void> => {
    const patch = { metadata: { resourceVersion }, spec }
    try {
      const { metadata } = await client.mergePatch<LeaseObject>(kinds.lease, ref, patch, signal)
      resourceVersion = metadata.resourceVersion
    } catch (error) {
      if (isNotFound(error)) lose(takenLease(ref, undefined))
      if (!isConflict(error)) throw error
      // It may be with a renewal of ours, whose response was lost.
      const found = await client.get<LeaseObject>(kinds.lease, ref, signal)
      const isOurs = found?.spec?.holderIdentity === holder
      if (!isOurs) lose(takenLease(ref, found?.spec?.holderIdentity))
      const isSame = found?.metadata.resourceVersion === resourceVersion
      if (!isOurs || isSame) throw error
      resourceVersion = found.metadata.resourceVersion
      await write(spec, signal)
    }
  }
  const renewOnce = async () => {
    const since = stopwatch(clocks)
    using limit = timeLimit(limitMs, over.signal)
    try {
      await write({ renewTime: microTime() }, limit.signal)
      age = since
      hasFailed = false
      watchDeadline()
    } catch (error) {
      hasFailed = true
      failure = limit.signal.aborted ? undefined : error
    }
  }
  /** Whoever wants one while one is under way gets that. */
  const renew = () => {
    clearTimeout(next)
    current ??= renewOnce().finally(() => {
      current = undefined
      if (!lost.signal.aborted && !over.signal.aborted) next = setTimeout(renew, hasFailed ? renewMs / 4 : renewMs)
    })
    return current
  }
  const isSafe = () => age() < safeMs
  const watchDeadline = () => {
    clearTimeout(deadline)
    if (lost.signal.aborted || over.signal.aborted) return
    const since = stopwatch({ ...clocks, always: clocks.awake })
    const due = Math.max(safeMs - age(), 0)
    deadline = setTimeout(() => {
      // Nothing ran when it was due: the machine slept, or the process was stopped. Nothing was written either.
      if (since() - due > stoppedMs) watchAgain()
      else lose(expiredLease(ref, age(), failure))
    }, due)
  }
  const watchAgain = () => {
    deadline = setTimeout(() => lose(expiredLease(ref, age(), failure)), limitMs)
    void renew()
  }
  watchDeadline()
  next = setTimeout(renew, renewMs)
  return {
    lost: lost.signal,
    async confirm() {
      for (;;) {
        lost.signal.throwIfAborted()
        if (over.signal.aborted) throw new Error('something is written after its lease was given back')
        if (isSafe()) return
        await unlessAborted(renew(), interrupted)
        if (!isSafe()) await pause(Math.min(confirmMs, limitMs), lost.signal)
      }
    },
    async [Symbol.asyncDispose]() {
      clearTimeout(next)
      clearTimeout(deadline)
      over.abort()
      await current
      if (lost.signal.aborted) return
      using limit = timeLimit(limitMs)
      // If it can't be released, it expires by itself.
      await write({ holderIdentity: null, renewTime: null }, limit.signal).catch(() => undefined)
    },
  }
}

// --- internal ---

/** A timer that fires so much too late did not run in time. */
const stoppedMs = 1_000
const confirmMs = 500
