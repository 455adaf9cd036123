import { pause } from '../lib/pause.ts'
import { firstOf, timeLimit } from '../lib/signals.ts'
import { type Clocks, machineClocks, stopwatch } from '../lib/stopwatch.ts'
import { isConflict } from './errors.ts'
import { describeObject, kinds, type NamespacedRef } from './kinds.ts'
import {
  heldLease,
  type Lease,
  type LeaseClient,
  type LeaseObject,
  microTime,
  type TakenLease,
} from './lease-object.ts'
import { keepLease } from './lease-renewal.ts'

export interface LeaseOptions {
  /** Identifies this run to others that want the lease; different for each run. */
  readonly holder: string
  /** After which a lease that isn't renewed may be taken over, by the clock of whoever waits for it. Default: 30,000. */
  readonly durationMs?: number
  /** Default: a sixth of the duration. */
  readonly renewMs?: number
  /** Called once, before waiting for a holder that may be gone. */
  readonly onWait?: (message: string) => void
  readonly signal?: AbortSignal
  /** Default: those of this machine */
  readonly clocks?: Clocks
}

/**
 * Takes a lease, or waits for one whose holder no longer renews it, and renews it until it is released. One that was
 * released is free at once. Whether a holder renews is seen from changes while we watch, and never from its clock, which
 * may differ from ours. Source: client-go, tools/leaderelection (`observedTime`).
 *
 * @throws ProblemError `LEASE_HELD` when another run renews it
 */
export async function acquireLease(client: LeaseClient, ref: NamespacedRef, options: LeaseOptions): Promise<Lease> {
  const { holder, signal, durationMs = 30_000, renewMs = durationMs / 6, clocks = machineClocks } = options
  const taken = await take(client, ref, { ...options, durationMs, clocks })
  const kept = keepLease(client, ref, taken, { holder, durationMs, renewMs, clocks, signal })
  const { lost, confirm } = kept
  const either = firstOf(signal, lost)
  return {
    signal: either.signal,
    lost,
    confirm,
    async [Symbol.asyncDispose]() {
      either[Symbol.dispose]()
      await kept[Symbol.asyncDispose]()
    },
  }
}

// --- internal ---

type Taking = LeaseOptions & { readonly durationMs: number; readonly clocks: Clocks }

async function take(client: LeaseClient, ref: NamespacedRef, options: Taking): Promise<TakenLease> {
  const { holder, durationMs, onWait, signal, clocks } = options
  let first: LeaseObject | undefined
  let waited = stopwatch(clocks)
  let age = stopwatch(clocks)
  for (;;) {
    const found = await client.get<LeaseObject>(kinds.lease, ref, signal)
    // It is ours when our own request was sent twice.
    if (found?.spec?.holderIdentity === holder) return { resourceVersion: found.metadata.resourceVersion, age }
    if (first && found && isRenewed(first, found)) throw heldLease(ref, found)
    const isOver = first !== undefined && waited() > durationOf(first, durationMs)
    if (!found || isGivenBack(found) || isOver) {
      age = stopwatch(clocks)
      const claimed = await claim(client, ref, found, options)
      if (claimed) return { resourceVersion: claimed.metadata.resourceVersion, age }
      continue
    }
    if (!first) {
      const seconds = Math.ceil(durationOf(found, durationMs) / 1000)
      onWait?.(
        `${describeObject(kinds.lease, ref)} is held by ${found.spec?.holderIdentity}: waiting up to ${seconds} s to see if that run is still active`,
      )
      first = found
      // While we sleep we see no renewal.
      waited = stopwatch({ ...clocks, always: clocks.awake })
    }
    await pause(pollMs, signal)
  }
}

const pollMs = 500

/** Undefined when another run was faster. */
async function claim(
  client: LeaseClient,
  ref: NamespacedRef,
  found: LeaseObject | undefined,
  { holder, durationMs, signal }: Taking,
): Promise<LeaseObject | undefined> {
  const now = microTime()
  const spec = {
    holderIdentity: holder,
    leaseDurationSeconds: Math.ceil(durationMs / 1000),
    acquireTime: now,
    renewTime: now,
  }
  try {
    if (!found) return await client.create<LeaseObject>(kinds.lease, { metadata: ref, spec }, signal)
    const metadata = { resourceVersion: found.metadata.resourceVersion }
    return await client.mergePatch<LeaseObject>(kinds.lease, ref, { metadata, spec }, signal)
  } catch (error) {
    if (isConflict(error)) return undefined
    await giveBack(client, ref, holder)
    throw error
  }
}

/** After a claim without an answer: nobody should have to wait for a run that has not begun. */
async function giveBack(client: LeaseClient, ref: NamespacedRef, holder: string): Promise<void> {
  using limit = timeLimit(giveBackMs)
  const { signal } = limit
  const found = await client.get<LeaseObject>(kinds.lease, ref, signal).catch(() => undefined)
  if (found?.spec?.holderIdentity !== holder) return
  const metadata = { resourceVersion: found.metadata.resourceVersion }
  const patch = { metadata, spec: { holderIdentity: null, renewTime: null } }
  await client.mergePatch(kinds.lease, ref, patch, signal).catch(() => undefined)
}

const giveBackMs = 3_000

function isGivenBack({ spec }: LeaseObject): boolean {
  return !spec?.holderIdentity || !spec.renewTime
}

/** By its holder, or by another run that has taken it over. */
function isRenewed({ spec: before }: LeaseObject, { spec: now }: LeaseObject): boolean {
  if (!now?.holderIdentity) return false
  return before?.holderIdentity !== now.holderIdentity || before.renewTime !== now.renewTime
}

/** The holder's duration, if the lease has one. */
function durationOf({ spec }: LeaseObject, ownMs: number): number {
  return spec?.leaseDurationSeconds === undefined ? ownMs : spec.leaseDurationSeconds * 1000
}
