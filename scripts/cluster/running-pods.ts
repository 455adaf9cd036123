import type { ClusterReader } from '../kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import { type PodOutline, podOutline, type SourcesSpec } from './pod-outline.ts'
import type { PodTemplate } from './pod-templates.ts'

/** A pod that runs or is about to. */
export interface RunningPod {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Name of the Job that made it. */
  readonly job?: string
  /** What made it. */
  readonly owner?: { readonly kind: string; readonly name: string }
  readonly outline: PodOutline
  /**
   * When each container started last, by its name: what it read then is as old. Init containers that are done have their time
   * too: what they made of it may live on. Without those that have yet to start.
   */
  readonly starts: ReadonlyMap<string, Date>
}

/**
 * The pods of a namespace that are neither finished nor being deleted.
 *
 * @throws KubernetesError when the API server refuses to list them
 */
export async function readRunningPods(
  client: Pick<ClusterReader, 'list'>,
  namespace: string,
  signal?: AbortSignal,
): Promise<RunningPod[]> {
  const { items } = await client.list<PodObject>(kinds.pod, { namespace, ...(signal ? { signal } : {}) })
  return items
    .filter(({ metadata, status }) => metadata.deletionTimestamp === undefined && !isOver(status?.phase))
    .map(runningPod)
}

/**
 * The pods a workload made: one that nothing made is nobody's, whatever its labels. A CronJob's next run reads the current
 * values, so its pods do not count.
 */
export function podsOf(template: PodTemplate, pods: readonly RunningPod[]): RunningPod[] {
  const { kind, name, selector, made } = template
  if (kind === kinds.cronJob.kind) return []
  if (kind === kinds.job.kind) return pods.filter(({ job }) => job === name)
  if (kind === kinds.pod.kind) return pods.filter((pod) => pod.name === name)
  const wanted = Object.entries(selector)
  if (wanted.length === 0) {
    const isMade = (of: string, named: string) => made.some((one) => one.kind === of && one.name === named)
    return pods.filter(
      (pod) => isMade(kinds.pod.kind, pod.name) || (pod.owner && isMade(pod.owner.kind, pod.owner.name)),
    )
  }
  return pods.filter(({ owner, labels }) => owner && wanted.every(([key, value]) => labels[key] === value))
}

/** The pods of a Job, or of the runs of a CronJob: nothing replaces them, they end. */
export function runsOf({ kind, name, runs }: PodTemplate, pods: readonly RunningPod[]): RunningPod[] {
  const jobs = kind === kinds.job.kind ? [name] : runs
  return pods.filter(({ job }) => job !== undefined && jobs.includes(job))
}

// --- internal ---

interface PodObject extends KubernetesObject {
  readonly spec?: SourcesSpec
  readonly status?: {
    readonly phase?: string
    readonly initContainerStatuses?: readonly ContainerStatus[]
    readonly containerStatuses?: readonly ContainerStatus[]
    readonly ephemeralContainerStatuses?: readonly ContainerStatus[]
  }
}

interface ContainerStatus {
  readonly name?: string
  readonly state?: {
    readonly running?: { readonly startedAt?: string }
    readonly terminated?: { readonly startedAt?: string }
  }
}

function isOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

function runningPod({ metadata, spec = {}, status = {} }: PodObject): RunningPod {
  const { initContainerStatuses = [], containerStatuses = [], ephemeralContainerStatuses = [] } = status
  const starts = new Map([
    // Another container that has ended will start again, or reads nothing any more.
    ...initContainerStatuses.flatMap(({ name, state }) => startOf(name, state?.running ?? state?.terminated)),
    ...[...containerStatuses, ...ephemeralContainerStatuses].flatMap(({ name, state }) =>
      startOf(name, state?.running),
    ),
  ])
  const { ownerReferences: owners = [] } = metadata
  const owner = owners.find(({ controller }) => controller === true) ?? owners[0]
  const job = owners.find(({ kind }) => kind === kinds.job.kind)?.name
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    outline: podOutline(spec),
    starts,
    ...(job === undefined ? {} : { job }),
    ...(owner ? { owner: { kind: owner.kind, name: owner.name } } : {}),
  }
}

function startOf(name: string | undefined, state: { readonly startedAt?: string } | undefined): [string, Date][] {
  const time = Date.parse(state?.startedAt ?? '')
  return name === undefined || Number.isNaN(time) ? [] : [[name, new Date(time)]]
}
