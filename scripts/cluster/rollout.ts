import { setTimeout as sleep } from 'node:timers/promises'
import type { ClusterReader, KubernetesClient } from '../kubernetes/client.ts'
import { type Condition, type Kind, type KubernetesObject, kinds, type NamespacedRef } from '../kubernetes/kinds.ts'

/** A workload whose pods Kubernetes replaces when its pod template changes. */
export interface RollingRef extends NamespacedRef {
  readonly kind: RollingKind
}

export type RollingKind = keyof typeof rollingKinds

export interface RolloutState {
  /**
   * `done`: every pod has the current template and is available. `held`: it does not continue by itself, because of a setting
   * of the workload. `failed`: the time limit has passed.
   */
  readonly state: 'done' | 'under-way' | 'held' | 'failed'
  /** What is true now, without a final period. */
  readonly message: string
}

export interface RolloutReport extends RolloutState {
  readonly ref: RollingRef
}

export interface RolloutWaits {
  /** Default: 300,000. The state is checked once in any case. */
  readonly timeoutMs?: number
  /** Default: 1,000. */
  readonly pollMs?: number
}

export interface RolloutOptions extends RolloutWaits {
  readonly signal?: AbortSignal
  /** Called with every state that differs from the last one seen of the same workload. */
  readonly onChange?: (report: RolloutReport) => void
}

/** Whether a change of its pod template makes Kubernetes replace the pods of a workload of this kind. */
export function isRolling(kind: string): kind is RollingKind {
  return Object.hasOwn(rollingKinds, kind)
}

/** The kind as the client needs it. */
export function rollingKind(kind: RollingKind): Kind {
  return rollingKinds[kind]
}

/**
 * How far the replacement of the pods has come.
 * Source: kubectl, pkg/polymorphichelpers/rollout_status.go; stricter, because no pod with an old value may be left.
 */
export function rolloutState(kind: RollingKind, object: RollingObject): RolloutState {
  const obstacle = obstacleOf(kind, object)
  if (obstacle !== undefined) return { state: 'held', message: obstacle }
  const { metadata, status = {} } = object
  if ((status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return { state: 'under-way', message: 'the change of its pod template is not processed yet' }
  const late = status.conditions?.find(({ type, reason }) => type === 'Progressing' && reason === deadlineExceeded)
  const { wanted, updated, available, all } = countsOf(kind, object)
  const isDone = updated >= wanted && available >= wanted && all <= updated
  if (isDone) return { state: 'done', message: `${updated} of ${wanted} pods run the current template` }
  const message = `${updated} of ${wanted} pods have the current template, ${available} available, ${all - updated} old`
  return { state: late ? 'failed' : 'under-way', message }
}

/** Undefined when a change of the pod template will replace the pods; otherwise why it won't. */
export function obstacleOf(kind: RollingKind, { spec = {} }: RollingObject): string | undefined {
  if (kind === 'Deployment') return spec.paused ? 'it is paused' : undefined
  if (spec.updateStrategy?.type === 'OnDelete')
    return 'its update strategy is OnDelete: its pods have to be deleted by hand'
  const { partition = 0 } = spec.updateStrategy?.rollingUpdate ?? {}
  return partition > 0 ? `its update strategy does not replace the pods below number ${partition}` : undefined
}

/** Adds annotations to the pod template; if they change, Kubernetes replaces the pods. */
export function annotateTemplate(
  client: Pick<KubernetesClient, 'mergePatch'>,
  { kind, namespace, name }: RollingRef,
  annotations: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<KubernetesObject> {
  const patch = { spec: { template: { metadata: { annotations } } } }
  return client.mergePatch(rollingKind(kind), { namespace, name }, patch, signal)
}

/**
 * Waits until the pods of every given workload are replaced, or can't be, or time is up.
 *
 * @returns the last seen state of each, in the given order
 * @throws KubernetesError, or ProblemError `CLUSTER_UNREACHABLE`
 */
export async function waitForRollouts(
  client: Pick<ClusterReader, 'get'>,
  refs: readonly RollingRef[],
  { timeoutMs = 300_000, pollMs = 1_000, signal, onChange }: RolloutOptions = {},
): Promise<readonly RolloutReport[]> {
  const deadline = Date.now() + timeoutMs
  const seen = new Map<RollingRef, string>()
  for (;;) {
    const reports = await Promise.all(refs.map((ref) => look(client, ref, signal)))
    for (const report of reports) {
      if (seen.get(report.ref) !== report.message) onChange?.(report)
      seen.set(report.ref, report.message)
    }
    if (reports.every(({ state }) => state !== 'under-way') || Date.now() >= deadline) return reports
    await sleep(pollMs, undefined, signal ? { signal } : {})
  }
}

/** The parts of a Deployment, StatefulSet or DaemonSet that matter here. Source: Kubernetes API, apps/v1. */
export interface RollingObject extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number
    readonly paused?: boolean
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } }
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly replicas?: number
    readonly updatedReplicas?: number
    readonly availableReplicas?: number
    readonly desiredNumberScheduled?: number
    readonly currentNumberScheduled?: number
    readonly updatedNumberScheduled?: number
    readonly numberAvailable?: number
    readonly conditions?: readonly Condition[]
  }
}

// --- internal ---

const rollingKinds = {
  Deployment: kinds.deployment,
  StatefulSet: kinds.statefulSet,
  DaemonSet: kinds.daemonSet,
} as const satisfies Record<string, Kind>

const deadlineExceeded = 'ProgressDeadlineExceeded'

function countsOf(kind: RollingKind, { spec = {}, status = {} }: RollingObject) {
  if (kind === 'DaemonSet') {
    const { desiredNumberScheduled: wanted = 0, currentNumberScheduled: all = 0 } = status
    return { wanted, updated: status.updatedNumberScheduled ?? 0, available: status.numberAvailable ?? 0, all }
  }
  const { replicas: all = 0, updatedReplicas: updated = 0, availableReplicas: available = 0 } = status
  return { wanted: spec.replicas ?? 1, updated, available, all }
}

async function look(
  client: Pick<ClusterReader, 'get'>,
  ref: RollingRef,
  signal: AbortSignal | undefined,
): Promise<RolloutReport> {
  const object = await client.get<RollingObject>(rollingKind(ref.kind), ref, signal)
  if (!object) return { ref, state: 'failed', message: 'it no longer exists' }
  return { ref, ...rolloutState(ref.kind, object) }
}
