import type { ClusterReader } from '../kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import type { PodTemplate } from './pod-templates.ts'
import { type SecretReaders, type SecretUse, secretUses } from './secret-uses.ts'

/** A pod that runs or is about to. */
export interface RunningPod {
  readonly name: string
  readonly labels: Readonly<Record<string, string>>
  /** Name of the Job that made it. */
  readonly job?: string
  /** Secrets its containers read. */
  readonly secrets: readonly SecretUse[]
  /** When its longest-running container started: the Secrets it has read are as old. Undefined: none runs yet. */
  readonly startedAt?: Date
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

/** The pods a workload made. A CronJob's next run reads the current values, so its pods do not count. */
export function podsOf({ kind, name, selector }: PodTemplate, pods: readonly RunningPod[]): RunningPod[] {
  if (kind === kinds.cronJob.kind) return []
  if (kind === kinds.job.kind) return pods.filter(({ job }) => job === name)
  if (kind === kinds.pod.kind) return pods.filter((pod) => pod.name === name)
  const wanted = Object.entries(selector)
  return wanted.length === 0 ? [] : pods.filter(({ labels }) => wanted.every(([key, value]) => labels[key] === value))
}

// --- internal ---

interface PodObject extends KubernetesObject {
  readonly spec?: SecretReaders
  readonly status?: {
    readonly phase?: string
    readonly containerStatuses?: readonly { readonly state?: { readonly running?: { readonly startedAt?: string } } }[]
  }
}

function isOver(phase: string | undefined): boolean {
  return phase === 'Succeeded' || phase === 'Failed'
}

function runningPod({ metadata, spec = {}, status }: PodObject): RunningPod {
  const starts = (status?.containerStatuses ?? [])
    .map(({ state }) => Date.parse(state?.running?.startedAt ?? ''))
    .filter((time) => !Number.isNaN(time))
  const job = metadata.ownerReferences?.find(({ kind }) => kind === kinds.job.kind)?.name
  return {
    name: metadata.name,
    labels: metadata.labels ?? {},
    secrets: secretUses(spec),
    ...(job === undefined ? {} : { job }),
    ...(starts.length > 0 ? { startedAt: new Date(Math.min(...starts)) } : {}),
  }
}
