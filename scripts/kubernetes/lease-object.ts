import { type ExitCode, exitCodes, ProblemError } from '../lib/problems.ts'
import type { KubernetesClient } from './client.ts'
import { KubernetesError } from './errors.ts'
import { describeObject, type KubernetesObject, kinds, type NamespacedRef } from './kinds.ts'

/** A lock in the cluster; `await using` releases it. */
export interface Lease extends AsyncDisposable {
  /** Aborted when the lease is lost, with `LEASE_LOST` as the reason, or with the signal that was given. */
  readonly signal: AbortSignal
  /** Aborted when the lease is lost, and only then. */
  readonly lost: AbortSignal
  /**
   * Resolves while nobody else can have the lease; to be awaited before each write. Where too much time has gone by since
   * the last renewal, as after the machine slept, it is renewed first.
   *
   * @throws ProblemError `LEASE_LOST`
   */
  confirm(): Promise<void>
}

export type LeaseClient = Pick<KubernetesClient, 'get' | 'create' | 'mergePatch'>

/** A lease that was just taken. */
export interface TakenLease {
  readonly resourceVersion: string | undefined
  /** Since before the request that took it. */
  readonly age: () => number
}

/** Source: Kubernetes API, coordination.k8s.io/v1. */
export interface LeaseObject extends KubernetesObject {
  readonly spec?: {
    readonly holderIdentity?: string
    readonly renewTime?: string
    readonly leaseDurationSeconds?: number
  }
}

/** Now, with exactly six digits of a second, as Kubernetes wants it here. */
export function microTime(): string {
  return new Date().toISOString().replace('Z', '000Z')
}

/** Another run renews it: `LEASE_HELD`. */
export function heldLease(ref: NamespacedRef, { spec }: LeaseObject): ProblemError {
  return new ProblemError({
    code: 'LEASE_HELD',
    where: describeObject(kinds.lease, ref),
    message: `is held by ${spec?.holderIdentity}, which renewed it at ${spec?.renewTime}: another run is changing it. Expected no other run at the same time.`,
    fix: 'Wait until that run has ended, then run this again.',
  })
}

/** Somebody else has it: `LEASE_LOST`. Undefined: it was deleted, or given back in our name. */
export function takenLease(ref: NamespacedRef, holder: string | undefined): ProblemError {
  return holder === undefined
    ? lost(ref, 'was deleted, or given back by somebody else,', exitCodes.problems, '')
    : lost(ref, `was taken over by ${holder}`, exitCodes.problems, 'Wait until that run has ended. ')
}

/**
 * It was not renewed in time, so that somebody else may have it: `LEASE_LOST`.
 *
 * @param failure of the last renewal; undefined: there was none
 */
export function expiredLease(ref: NamespacedRef, ms: number, failure: unknown): ProblemError {
  const fact = `could not be renewed for ${Math.round(ms / 1000)} s (${reasonOf(failure)}), so that another run may have it,`
  return lost(ref, fact, exitCodes.unreachable, 'Check the connection to the cluster. ')
}

// --- internal ---

function lost(ref: NamespacedRef, fact: string, exitCode: ExitCode, first: string): ProblemError {
  return new ProblemError(
    {
      code: 'LEASE_LOST',
      where: describeObject(kinds.lease, ref),
      message: `${fact} while this run needed it; this run has written nothing since. Expected to hold it until the end.`,
      fix: `${first}Run the same command again: it looks at what was done, and continues from there.`,
    },
    exitCode,
  )
}

function reasonOf(failure: unknown): string {
  if (failure instanceof KubernetesError) return `the API server answers ${failure.status} ${failure.reason}`
  const [problem] = failure instanceof ProblemError ? failure.problems : []
  return problem ? problem.message.replace(/\. .*$/s, '') : 'the API server does not answer'
}
