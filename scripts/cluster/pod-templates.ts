import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden, isNotFound } from '../kubernetes/errors.ts'
import {
  type Condition,
  describeObject,
  type Kind,
  type KubernetesObject,
  kinds,
  type ObjectMeta,
} from '../kubernetes/kinds.ts'
import type { PortModel } from '../model/network/ports.ts'
import { foreignOwners } from './foreign-owners.ts'
import { type ContainerSources, type PodOutline, podOutline, type SourcesSpec } from './pod-outline.ts'

/** A source of pods in a namespace: what network policies see of these pods, and which Secrets they read. */
export interface PodTemplate {
  readonly kind: string
  /** The same, as the client needs it. */
  readonly resource: Kind
  readonly name: string
  /** Of the pods. */
  readonly labels: Readonly<Record<string, string>>
  /** Of the workload itself, which Reloader checks first. */
  readonly annotations: Readonly<Record<string, string>>
  /** Of the pods. */
  readonly podAnnotations: Readonly<Record<string, string>>
  /** Labels by which the workload finds its own pods; they never change. Empty for a Job or a bare pod. */
  readonly selector: Readonly<Record<string, string>>
  /** The container ports that are declared; a container may listen on others. */
  readonly ports: readonly PortModel[]
  readonly hostNetwork: boolean
  /** It makes no pods: a ReplicaSet of none, a Job or a pod that has ended. */
  readonly isOver: boolean
  /** Names of the Jobs that a CronJob made. */
  readonly runs: readonly string[]
  /** What a workload made through which it was found: pods, or ReplicaSets. */
  readonly made: readonly { readonly kind: string; readonly name: string }[]
  readonly outline: PodOutline
}

/** Kinds that every cluster has. Argo's Rollout is looked for too. */
export const templateKinds: readonly Kind[] = [
  ...[kinds.deployment, kinds.statefulSet, kinds.daemonSet, kinds.replicaSet],
  ...[kinds.job, kinds.cronJob, kinds.pod],
]

/** The whole object. It has variables with literal values, which may be secrets: never printed. */
export interface Workload {
  readonly kind: Kind
  readonly object: WorkloadObject
  /** Names of the Jobs that a CronJob made. */
  readonly runs?: readonly string[]
  readonly made?: PodTemplate['made']
}

/**
 * All sources of pods in a namespace, each once: a workload with an owner counts as part of its owner, unless that is of a kind
 * that is not built into Kubernetes and has no pod template at `spec.template`.
 *
 * @throws KubernetesError when the API server refuses to list a kind
 */
export async function readWorkloads(
  client: WorkloadReader,
  namespace: string,
  signal?: AbortSignal,
): Promise<Workload[]> {
  const options = { namespace, ...(signal ? { signal } : {}) }
  const [rollouts, ...lists] = await Promise.all([
    listRollouts(client, options),
    ...templateKinds.map(async (kind) => {
      const { items } = await client.list<WorkloadObject>(kind, options)
      return items.map((object): Workload => ({ kind, object }))
    }),
  ])
  const all = lists.flat()
  const jobs = all.filter(({ kind }) => kind === job)
  const free = all.filter(({ object }) => !isOwned(object.metadata.ownerReferences))
  const made = free.filter(({ kind }) => kind === replicaSet || kind === pod)
  const owners = await foreignOwners<WorkloadObject>(
    client,
    namespace,
    made.map(({ object }) => object),
    signal,
  )
  const own = free.filter((workload) => owners[made.indexOf(workload)] === undefined)
  const foreign = new Map(rollouts.map((one) => [placeOf(one), one]))
  for (const [index, owner] of owners.entries()) {
    const one = made[index]
    if (!owner || !one) continue
    const before = foreign.get(placeOf(owner))?.made ?? []
    foreign.set(placeOf(owner), { ...owner, made: [...before, { kind: one.kind.kind, name: nameOf(one) }] })
  }
  return [...own.map((one) => (one.kind === cronJob ? { ...one, runs: runsOf(one, jobs) } : one)), ...foreign.values()]
}

/** @throws as `readWorkloads` */
export async function readPodTemplates(
  client: WorkloadReader,
  namespace: string,
  signal?: AbortSignal,
): Promise<PodTemplate[]> {
  return (await readWorkloads(client, namespace, signal)).map(templateOf)
}

export type WorkloadReader = Pick<ClusterReader, 'list' | 'get' | 'kindNamed'>

/** The pods' own part of a workload: their labels and their spec. */
export function podsPart({ kind, object: { metadata, spec = {} } }: Workload): PodsPart {
  return spec.jobTemplate?.spec?.template ?? spec.template ?? (kind === kinds.pod ? { metadata, spec } : {})
}

/** What network policies see of a workload's pods, and which Secrets they read. Pure; no variable's value is kept. */
export function templateOf(workload: Workload): PodTemplate {
  const { kind, object, runs = [], made = [] } = workload
  const part = podsPart(workload)
  const { hostNetwork = false, containers = [], initContainers = [] } = part.spec ?? {}
  const declared = [...containers, ...initContainers].flatMap(({ ports = [] }) => ports)
  return {
    kind: kind.kind,
    resource: kind,
    name: object.metadata.name,
    labels: part.metadata?.labels ?? {},
    annotations: object.metadata.annotations ?? {},
    podAnnotations: part.metadata?.annotations ?? {},
    // A Job's own selector is a label the API server generated.
    selector: kind === job || kind === cronJob ? {} : (object.spec?.selector?.matchLabels ?? {}),
    ports: declared.map(({ containerPort, protocol = 'TCP' }) => ({ protocol, port: containerPort })),
    hostNetwork,
    isOver: isOver(workload),
    runs,
    made,
    outline: podOutline(part.spec ?? {}),
  }
}

export interface PodSpec extends SourcesSpec {
  readonly hostNetwork?: boolean
  readonly serviceAccountName?: string
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly (Container & { readonly restartPolicy?: string })[]
}

export interface Container extends ContainerSources {
  readonly name: string
  readonly ports?: readonly { readonly containerPort: number; readonly protocol?: PortModel['protocol'] }[]
}

export interface PodsPart {
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>
  readonly spec?: PodSpec
}

export interface WorkloadObject extends KubernetesObject {
  readonly spec?: PodSpec & {
    readonly replicas?: number
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: PodsPart
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodsPart } }
  }
  readonly status?: { readonly phase?: string; readonly conditions?: readonly Condition[] }
}

/** Whether it makes no pods: a ReplicaSet of none, a Job or a pod that has ended. */
export function isOver({ kind, object: { spec, status } }: Workload): boolean {
  if (kind === replicaSet) return spec?.replicas === 0
  if (kind === pod) return status?.phase === 'Succeeded' || status?.phase === 'Failed'
  return kind === job && isEnded(status?.conditions)
}

// --- internal ---

const { replicaSet, job, cronJob, pod } = kinds

/** Those that run are found by their ReplicaSets too. Who may not list the kind, or has none of it, sees these alone. */
async function listRollouts(
  client: Pick<ClusterReader, 'list'>,
  options: { readonly namespace: string; readonly signal?: AbortSignal },
): Promise<Workload[]> {
  try {
    const { items } = await client.list<WorkloadObject>(kinds.rollout, options)
    return items.map((object) => ({ kind: kinds.rollout, object }))
  } catch (error) {
    if (isNotFound(error) || isForbidden(error)) return []
    throw error
  }
}

function isOwned(owners: KubernetesObject['metadata']['ownerReferences']): boolean {
  return (owners ?? []).some(({ kind, apiVersion }) =>
    templateKinds.some((known) => known.kind === kind && known.apiVersion === apiVersion),
  )
}

function placeOf({ kind, object }: Pick<Workload, 'kind' | 'object'>): string {
  return `${kind.apiVersion} ${describeObject(kind, object.metadata)}`
}

function nameOf({ object }: Workload): string {
  return object.metadata.name
}

function runsOf(made: Workload, jobs: readonly Workload[]): string[] {
  const isRun = ({ object }: Workload) =>
    (object.metadata.ownerReferences ?? []).some(({ kind, name }) => kind === cronJob.kind && name === nameOf(made))
  return jobs.filter(isRun).map(nameOf)
}

function isEnded(conditions: readonly Condition[] = []): boolean {
  return conditions.some(({ type, status }) => (type === 'Complete' || type === 'Failed') && status === 'True')
}
