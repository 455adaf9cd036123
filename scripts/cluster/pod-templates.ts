import type { ClusterReader } from '../kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds, type ObjectMeta } from '../kubernetes/kinds.ts'
import { type ContainerReaders, type SecretReaders, type SecretUse, secretUses } from './secret-uses.ts'

/** A source of pods in a namespace: what network policies see of these pods, and which Secrets they read. */
export interface PodTemplate {
  readonly kind: string
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
  readonly ports: readonly number[]
  readonly hostNetwork: boolean
  readonly secrets: readonly SecretUse[]
}

/** The whole object. It has variables with literal values, which may be secrets: never printed. */
export interface Workload {
  readonly kind: Kind
  readonly object: WorkloadObject
}

/**
 * All sources of pods in a namespace, each once: a workload with an owner counts as part of its owner, unless that is of a kind
 * that is not built into Kubernetes.
 *
 * @throws KubernetesError when the API server refuses to list a kind
 */
export async function readWorkloads(
  client: Pick<ClusterReader, 'list'>,
  namespace: string,
  signal?: AbortSignal,
): Promise<Workload[]> {
  const options = { namespace, ...(signal ? { signal } : {}) }
  const lists = await Promise.all(
    templateKinds.map(async (kind) => {
      const { items } = await client.list<WorkloadObject>(kind, options)
      return items.filter(({ metadata }) => !isOwned(metadata.ownerReferences)).map((object) => ({ kind, object }))
    }),
  )
  return lists.flat()
}

/** @throws as `readWorkloads` */
export async function readPodTemplates(
  client: Pick<ClusterReader, 'list'>,
  namespace: string,
  signal?: AbortSignal,
): Promise<PodTemplate[]> {
  return (await readWorkloads(client, namespace, signal)).map(templateOf)
}

/** The pods' own part of a workload: their labels and their spec. */
export function podsPart({ kind, object: { metadata, spec = {} } }: Workload): PodsPart {
  return spec.jobTemplate?.spec?.template ?? spec.template ?? (kind === kinds.pod ? { metadata, spec } : {})
}

/** What network policies see of a workload's pods, and which Secrets they read. Pure; no variable's value is kept. */
export function templateOf(workload: Workload): PodTemplate {
  const { kind, object } = workload
  const part = podsPart(workload)
  const { hostNetwork = false, containers = [], initContainers = [] } = part.spec ?? {}
  const declared = [...containers, ...initContainers].flatMap(({ ports = [] }) => ports)
  return {
    kind: kind.kind,
    name: object.metadata.name,
    labels: part.metadata?.labels ?? {},
    annotations: object.metadata.annotations ?? {},
    podAnnotations: part.metadata?.annotations ?? {},
    // A Job's own selector is a label the API server generated.
    selector: kind === job || kind === cronJob ? {} : (object.spec?.selector?.matchLabels ?? {}),
    ports: declared.map(({ containerPort }) => containerPort),
    hostNetwork,
    secrets: secretUses(part.spec ?? {}),
  }
}

export interface PodSpec extends SecretReaders {
  readonly hostNetwork?: boolean
  readonly serviceAccountName?: string
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
}

export interface Container extends ContainerReaders {
  readonly name: string
  readonly ports?: readonly { readonly containerPort: number }[]
}

export interface PodsPart {
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>
  readonly spec?: PodSpec
}

export interface WorkloadObject extends KubernetesObject {
  readonly spec?: PodSpec & {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: PodsPart
    readonly jobTemplate?: { readonly spec?: { readonly template?: PodsPart } }
  }
}

// --- internal ---

const { deployment, statefulSet, daemonSet, replicaSet, job, cronJob, pod } = kinds
const templateKinds: readonly Kind[] = [deployment, statefulSet, daemonSet, replicaSet, job, cronJob, pod]

function isOwned(owners: KubernetesObject['metadata']['ownerReferences']): boolean {
  return (owners ?? []).some(({ kind, apiVersion }) =>
    templateKinds.some((known) => known.kind === kind && known.apiVersion === apiVersion),
  )
}
