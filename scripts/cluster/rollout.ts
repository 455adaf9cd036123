import type { ClusterReader, KubernetesClient } from '../kubernetes/client.ts'
import {
  type Condition,
  type Kind,
  type KubernetesObject,
  kindOf,
  kinds,
  type NamespacedRef,
} from '../kubernetes/kinds.ts'
import { pause } from '../lib/pause.ts'

/** A workload whose pods Kubernetes replaces when its pod template changes. */
export interface RollingRef extends NamespacedRef {
  readonly kind: string
  /** The same, as the client needs it. */
  readonly resource: Kind
}

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

/**
 * Whether a change of its pod template replaces the pods of a workload: so do the kinds of Kubernetes that keep running, and
 * every other kind with a pod template at `spec.template`, as Argo's Rollout.
 */
export function isRolling({ kind, apiVersion }: Pick<Kind, 'kind' | 'apiVersion'>): boolean {
  const known = kindOf({ kind, apiVersion })
  return known === undefined || rollingKinds.includes(known)
}

/**
 * How far the replacement of the pods has come.
 * Source: kubectl, pkg/polymorphichelpers/rollout_status.go; stricter, because no pod with an old value may be left.
 */
export function rolloutState(resource: Kind, object: RollingObject): RolloutState {
  const obstacle = obstacleOf(resource, object)
  if (obstacle !== undefined) return { state: 'held', message: obstacle }
  const { metadata, status = {} } = object
  // Argo writes it as text.
  if (Number(status.observedGeneration ?? 0) < (metadata.generation ?? 0))
    return { state: 'under-way', message: 'the change of its pod template is not processed yet' }
  const late = status.conditions?.find(({ type, reason }) => type === 'Progressing' && reason === deadlineExceeded)
  const { wanted, updated, available, all } = countsOf(resource, object)
  const isDone = updated >= wanted && available >= wanted && all <= updated
  if (isDone) return { state: 'done', message: `${updated} of ${wanted} pods run the current template` }
  const [pause] = status.pauseConditions ?? []
  const paused = pause ? `, paused at a step (${pause.reason ?? 'without a reason'})` : ''
  const message = `${updated} of ${wanted} pods have the current template, ${available} available, ${all - updated} old${paused}`
  return { state: late ? 'failed' : 'under-way', message }
}

/** Undefined when a change of the pod template will replace the pods; otherwise why it won't. */
export function obstacleOf(resource: Kind, { spec = {}, status = {} }: RollingObject): string | undefined {
  if (spec.paused) return 'it is paused'
  if (kindOf(resource) === undefined && counted.every((field) => status[field] === undefined))
    return `the status of a ${resource.kind} does not tell how many of its pods are replaced`
  if (spec.updateStrategy?.type === 'OnDelete')
    return 'its update strategy is OnDelete: its pods have to be deleted by hand'
  const { partition = 0 } = spec.updateStrategy?.rollingUpdate ?? {}
  return partition > 0 ? `its update strategy does not replace the pods below number ${partition}` : undefined
}

/** Adds annotations to the pod template; if they change, Kubernetes replaces the pods. */
export function annotateTemplate(
  client: Pick<KubernetesClient, 'mergePatch'>,
  { resource, namespace, name }: RollingRef,
  annotations: Readonly<Record<string, string>>,
  signal?: AbortSignal,
): Promise<KubernetesObject> {
  const patch = { spec: { template: { metadata: { annotations } } } }
  return client.mergePatch(resource, { namespace, name }, patch, signal)
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
  const deadline = performance.now() + timeoutMs
  const seen = new Map<RollingRef, string>()
  for (;;) {
    const reports = await Promise.all(refs.map((ref) => look(client, ref, signal)))
    for (const report of reports) {
      if (seen.get(report.ref) !== report.message) onChange?.(report)
      seen.set(report.ref, report.message)
    }
    if (reports.every(({ state }) => state !== 'under-way') || performance.now() >= deadline) return reports
    await pause(pollMs, signal)
  }
}

/**
 * The parts of a workload that matter here. Sources: Kubernetes API, apps/v1; Argo Rollouts, whose canaries pause, argoproj.io/v1alpha1.
 */
export interface RollingObject extends KubernetesObject {
  readonly spec?: {
    readonly replicas?: number
    readonly paused?: boolean
    readonly updateStrategy?: { readonly type?: string; readonly rollingUpdate?: { readonly partition?: number } }
  }
  readonly status?: {
    readonly observedGeneration?: number | string
    readonly pauseConditions?: readonly { readonly reason?: string }[]
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

const rollingKinds: readonly Kind[] = [kinds.deployment, kinds.statefulSet, kinds.daemonSet, kinds.rollout]

/** One of these is in the status of everything that tells how its rollout goes. */
const counted = ['observedGeneration', 'replicas', 'updatedReplicas', 'desiredNumberScheduled'] as const

const deadlineExceeded = 'ProgressDeadlineExceeded'

function countsOf({ kind }: Kind, { spec = {}, status = {} }: RollingObject) {
  if (kind === kinds.daemonSet.kind || status.desiredNumberScheduled !== undefined) {
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
  const object = await client.get<RollingObject>(ref.resource, ref, signal)
  if (!object) return { ref, state: 'failed', message: 'it no longer exists' }
  return { ref, ...rolloutState(ref.resource, object) }
}
