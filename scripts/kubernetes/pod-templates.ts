import type { KubernetesClient } from './client.ts'
import { type Kind, type KubernetesObject, kinds, type ObjectMeta } from './kinds.ts'
import { type ContainerReaders, type SecretReaders, type SecretUse, secretUses } from './secret-uses.ts'

/** What makes pods in a namespace: what network policies see of these pods, and which Secrets they read. */
export interface PodTemplate {
  readonly kind: string
  readonly name: string
  /** Of the pods. */
  readonly labels: Readonly<Record<string, string>>
  /** Of the workload itself, where Reloader looks first. */
  readonly annotations: Readonly<Record<string, string>>
  /** Of the pods. */
  readonly podAnnotations: Readonly<Record<string, string>>
  /** By which the workload finds its own pods: they stay as they are. Empty for a Job or a bare pod. */
  readonly selector: Readonly<Record<string, string>>
  /** The container ports that are declared; a container may listen on others. */
  readonly ports: readonly number[]
  readonly hostNetwork: boolean
  readonly secrets: readonly SecretUse[]
}

/**
 * The pod templates of a namespace, each once: what another workload owns is left to its owner, unless that is of a
 * kind Kubernetes doesn't bring itself.
 *
 * @throws KubernetesError when the API server refuses to list a kind
 */
export async function readPodTemplates(
  client: KubernetesClient,
  namespace: string,
  signal?: AbortSignal,
): Promise<PodTemplate[]> {
  const options = { namespace, ...(signal ? { signal } : {}) }
  const lists = await Promise.all(
    templateKinds.map(async (kind) => {
      const { items } = await client.list<Workload>(kind, options)
      return items.filter(({ metadata }) => !isOwned(metadata.ownerReferences)).map((item) => templateOf(kind, item))
    }),
  )
  return lists.flat()
}

// --- internal ---

const { deployment, statefulSet, daemonSet, replicaSet, job, cronJob, pod } = kinds
const templateKinds: readonly Kind[] = [deployment, statefulSet, daemonSet, replicaSet, job, cronJob, pod]

interface PodSpec extends SecretReaders {
  readonly hostNetwork?: boolean
  readonly containers?: readonly Container[]
  readonly initContainers?: readonly Container[]
}

interface Container extends ContainerReaders {
  readonly ports?: readonly { readonly containerPort: number }[]
}

interface Template {
  readonly metadata?: Pick<ObjectMeta, 'labels' | 'annotations'>
  readonly spec?: PodSpec
}

interface Workload extends KubernetesObject {
  readonly spec?: PodSpec & {
    readonly selector?: { readonly matchLabels?: Readonly<Record<string, string>> }
    readonly template?: Template
    readonly jobTemplate?: { readonly spec?: { readonly template?: Template } }
  }
}

function isOwned(owners: KubernetesObject['metadata']['ownerReferences']): boolean {
  return (owners ?? []).some(({ kind, apiVersion }) =>
    templateKinds.some((known) => known.kind === kind && known.apiVersion === apiVersion),
  )
}

function templateOf(kind: Kind, { metadata, spec = {} }: Workload): PodTemplate {
  const template = spec.jobTemplate?.spec?.template ?? spec.template ?? (kind === pod ? { metadata, spec } : {})
  const { hostNetwork = false, containers = [], initContainers = [] } = template.spec ?? {}
  const declared = [...containers, ...initContainers].flatMap(({ ports = [] }) => ports)
  return {
    kind: kind.kind,
    name: metadata.name,
    labels: template.metadata?.labels ?? {},
    annotations: metadata.annotations ?? {},
    podAnnotations: template.metadata?.annotations ?? {},
    // A Job's own selector is a label the API server made up.
    selector: kind === job || kind === cronJob ? {} : (spec.selector?.matchLabels ?? {}),
    ports: declared.map(({ containerPort }) => containerPort),
    hostNetwork,
    secrets: secretUses(template.spec ?? {}),
  }
}
