import { setTimeout as sleep } from 'node:timers/promises'
import { ProblemError } from '../lib/problems.ts'
import type { KubernetesClient } from './client.ts'
import { isConflict } from './errors.ts'
import { describeObject, type KubernetesObject, kinds, type NamespacedRef } from './kinds.ts'

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
}

/** A lock in the cluster; `await using` releases it. */
export interface Lease extends AsyncDisposable {
  /** Aborted when the lease is lost, with `LEASE_LOST` as the reason, or with the signal that was given. */
  readonly signal: AbortSignal
}

type LeaseClient = Pick<KubernetesClient, 'get' | 'create' | 'mergePatch'>

/**
 * Takes a lease, or waits for one whose holder no longer renews it, and renews it until it is released. One that was
 * released is free at once. Whether a holder renews is seen from changes while we watch, and never from its clock, which
 * may differ from ours. Source: client-go, tools/leaderelection (`observedTime`).
 *
 * @throws ProblemError `LEASE_HELD` when another run renews it
 */
export async function acquireLease(client: LeaseClient, ref: NamespacedRef, options: LeaseOptions): Promise<Lease> {
  const { durationMs = 30_000, renewMs = durationMs / 6, signal } = options
  const taken = await take(client, ref, { ...options, durationMs })
  const lost = new AbortController()
  let { resourceVersion } = taken.metadata
  let renewal: Promise<void> = Promise.resolve()
  let renewedAt = Date.now()
  const change = async (spec: object) => {
    const patch = { metadata: { resourceVersion }, spec }
    const { metadata } = await client.mergePatch<LeaseObject>(kinds.lease, ref, patch)
    resourceVersion = metadata.resourceVersion
  }
  const renew = async () => {
    try {
      await change({ renewTime: microTime() })
      renewedAt = Date.now()
    } catch (error) {
      // A conflict may be with our own renewal, whose response was lost.
      const found = isConflict(error)
        ? await client.get<LeaseObject>(kinds.lease, ref).catch(() => undefined)
        : undefined
      if (found?.spec?.holderIdentity === options.holder) resourceVersion = found.metadata.resourceVersion
      else if (isConflict(error) || Date.now() - renewedAt > durationMs) lost.abort(lostLease(ref))
    }
  }
  const timer = setInterval(() => {
    renewal = renewal.then(renew)
  }, renewMs)
  return {
    signal: signal ? AbortSignal.any([signal, lost.signal]) : lost.signal,
    async [Symbol.asyncDispose]() {
      clearInterval(timer)
      await renewal
      // If it can't be released, it expires by itself.
      await change({ holderIdentity: null, renewTime: null }).catch(() => undefined)
    },
  }
}

// --- internal ---

interface LeaseObject extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly renewTime?: string
    readonly leaseDurationSeconds?: number
  }
}

async function take(
  client: LeaseClient,
  ref: NamespacedRef,
  { holder, durationMs, onWait, signal }: LeaseOptions & { readonly durationMs: number },
): Promise<LeaseObject> {
  let first: LeaseObject | undefined
  let firstAt = 0
  for (;;) {
    const found = await client.get<LeaseObject>(kinds.lease, ref, signal)
    // It is ours when our own request was sent twice.
    if (found?.spec?.holderIdentity === holder) return found
    if (first && found && isRenewed(first, found)) throw heldLease(ref, found)
    const isOver = first !== undefined && performance.now() - firstAt > durationOf(first, durationMs)
    if (!found || isGivenBack(found) || isOver) {
      const claimed = await claim(client, ref, found, { holder, durationMs }, signal)
      if (claimed) return claimed
      continue
    }
    if (!first) {
      const seconds = Math.ceil(durationOf(found, durationMs) / 1000)
      onWait?.(
        `${describe(ref)} is held by ${found.spec?.holderIdentity}: waiting up to ${seconds} s to see if that run is still active`,
      )
      first = found
      firstAt = performance.now()
    }
    await sleep(pollMs, undefined, signal ? { signal } : {})
  }
}

const pollMs = 500

/** Undefined when another run was faster. */
async function claim(
  client: LeaseClient,
  ref: NamespacedRef,
  found: LeaseObject | undefined,
  { holder, durationMs }: { readonly holder: string; readonly durationMs: number },
  signal: AbortSignal | undefined,
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
    throw error
  }
}

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

/** Kubernetes wants exactly six digits of a second here. */
function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

function describe(ref: NamespacedRef): string {
  return describeObject(kinds.lease, ref)
}

function heldLease(ref: NamespacedRef, { spec }: LeaseObject): ProblemError {
  return new ProblemError({
    code: 'LEASE_HELD',
    where: describe(ref),
    message: `is held by ${spec?.holderIdentity}, which renewed it at ${spec?.renewTime}: another run is changing it. Expected no other run at the same time.`,
    fix: 'Wait until that run has ended, then run this again.',
  })
}

function lostLease(ref: NamespacedRef): ProblemError {
  return new ProblemError({
    code: 'LEASE_LOST',
    where: describe(ref),
    message: 'was not renewed in time, and another run may hold it now. Expected to hold it until the end.',
    fix: 'Run the same command again: it continues where this one stopped.',
  })
}
