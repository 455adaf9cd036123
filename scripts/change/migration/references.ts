import { readWorkloads, templateOf, type Workload } from '../../cluster/pod-templates.ts'
import { podsOf, readRunningPods } from '../../cluster/running-pods.ts'
import type { SecretUse } from '../../cluster/secret-uses.ts'
import { kinds } from '../../kubernetes/kinds.ts'
import { compare } from '../../lib/problems.ts'
import type { ClusterContext } from './migration-context.ts'

/** Something that reads the old Secret, and so is in its namespace: a Secret can't be read from another one. */
export interface Reference {
  readonly kind: string
  readonly namespace: string
  readonly name: string
  /** How it reads the old Secret. */
  readonly uses: readonly SecretUse[]
  /** Undefined for a pod that still runs the workload's earlier template. */
  readonly workload?: Workload
}

/**
 * Everything that reads the old Secret: workloads, and running pods. What reads it through the API, or through a kind of
 * object that is not built into Kubernetes, is not seen.
 *
 * @throws KubernetesError when the API server refuses to list a kind
 */
export async function readReferences({ client, legacy, signal }: ClusterContext): Promise<Reference[]> {
  const { namespace } = legacy
  const [workloads, pods] = await Promise.all([
    readWorkloads(client, namespace, signal),
    readRunningPods(client, namespace, signal),
  ])
  const ofOld = (uses: readonly SecretUse[]) => uses.filter(({ secret }) => secret === legacy.name)
  const readers = workloads
    .map((workload) => ({ workload, template: templateOf(workload) }))
    .filter(({ template }) => ofOld(template.secrets).length > 0)
  const theirs = new Set(readers.flatMap(({ template }) => podsOf(template, pods)))
  const left = pods.filter((pod) => ofOld(pod.secrets).length > 0 && !theirs.has(pod))
  const references: Reference[] = [
    ...readers.map(({ workload, template: { kind, name, secrets } }) => {
      return { kind, namespace, name, uses: ofOld(secrets), workload }
    }),
    ...left.map(({ name, secrets }) => ({ kind: kinds.pod.kind, namespace, name, uses: ofOld(secrets) })),
  ]
  return references.sort((a, b) => compare(a.kind, b.kind) || compare(a.name, b.name))
}

/** `Deployment/trackdechets/api` */
export function placeOfReference({ kind, namespace, name }: Omit<Reference, 'uses' | 'workload'>): string {
  return `${kind}/${namespace}/${name}`
}
