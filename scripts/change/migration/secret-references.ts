import { nothingKnown } from '../../cluster/container-variables.ts'
import { keyReads } from '../../cluster/key-reads.ts'
import { namesSecret, type PodOutline } from '../../cluster/pod-outline.ts'
import { readWorkloads, templateOf, type Workload } from '../../cluster/pod-templates.ts'
import { podsOf, readRunningPods } from '../../cluster/running-pods.ts'
import { readSecretUsers } from '../../cluster/secret-users.ts'
import { kinds } from '../../kubernetes/kinds.ts'
import { compare } from '../../lib/problems.ts'
import type { ClusterContext } from './migration-context.ts'

/** Something that reads the old Secret, and so is in its namespace: a Secret can't be read from another one. */
export interface Reference {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** Keys of the old Secret that it names one by one; undefined: it reads the Secret whole. */
  readonly keys: readonly string[] | undefined
  /** Undefined for a pod that still runs the workload's earlier template, and for what is not a workload. */
  readonly workload?: Workload
  /** What it does without the Secret, where it is not a workload. */
  readonly effect?: string
}

/**
 * Everything that reads the old Secret: workloads, running pods, and what serves a certificate or fetches images with it.
 * What makes no pods any more reads nothing: a ReplicaSet of none, a Job that has ended. What reads it through the API, or through a kind of object that is not built into Kubernetes and
 * has no pod template at `spec.template`, is not seen.
 *
 * @throws KubernetesError when the API server refuses to list a kind
 */
export async function readReferences({ client, legacy, signal }: ClusterContext): Promise<Reference[]> {
  const { namespace } = legacy
  const [workloads, pods, users] = await Promise.all([
    readWorkloads(client, namespace, signal),
    readRunningPods(client, namespace, signal),
    readSecretUsers(client, namespace, signal),
  ])
  const readers = workloads
    .map((workload) => ({ workload, template: templateOf(workload) }))
    .filter(({ template }) => !template.isOver && namesSecret(template.outline, legacy.name))
  const theirs = new Set(readers.flatMap(({ template }) => podsOf(template, pods)))
  const left = pods.filter((pod) => namesSecret(pod.outline, legacy.name) && !theirs.has(pod))
  const references: Reference[] = [
    ...readers.map(({ workload, template: { kind, name, outline } }) => {
      return { kind, namespace, name, keys: namedKeys(outline, legacy.name), workload }
    }),
    ...left.map(({ name, outline }) => {
      return { kind: kinds.pod.kind, namespace, name, keys: namedKeys(outline, legacy.name) }
    }),
    ...users
      .filter(({ secrets }) => secrets.includes(legacy.name))
      .map(({ kind, name, effect }) => ({ kind, namespace, name, keys: undefined, effect })),
  ]
  return references.sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name))
}

/** `Deployment/trackdechets/api` */
export function placeOfReference({ kind, namespace, name }: Pick<Reference, 'kind' | 'namespace' | 'name'>): string {
  return `${kind}/${namespace}/${name}`
}

// --- internal ---

/** Undefined where the Secret is read in a way that names no key. */
function namedKeys(outline: PodOutline, secret: string): string[] | undefined {
  const { containers, volumes, pullSecrets } = outline
  const isWhole =
    containers.some(({ envFrom }) =>
      envFrom.some(({ object }) => object.kind === 'Secret' && object.name === secret),
    ) ||
    volumes.some(
      ({ files, drivers }) => drivers.includes(secret) || files.some((one) => one.secret === secret && !one.items),
    ) ||
    pullSecrets.includes(secret)
  if (isWhole) return undefined
  // Those that something takes the place of are named too.
  return [...new Set(keyReads(outline, nothingKnown).flatMap((read) => (read.secret === secret ? read.key : [])))]
}
