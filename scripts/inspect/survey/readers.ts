import type { KnownKeys } from '../../cluster/container-variables.ts'
import { deliveredKeys, keyReads } from '../../cluster/key-reads.ts'
import { readKnownKeys } from '../../cluster/known-keys.ts'
import { namesSecret, type PodOutline } from '../../cluster/pod-outline.ts'
import { type PodTemplate, readPodTemplates } from '../../cluster/pod-templates.ts'
import { podsOf, type RunningPod, readRunningPods, runsOf } from '../../cluster/running-pods.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { compare } from '../../lib/problems.ts'
import { consumes } from '../../model/consumers.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'

/** Everything in the namespace of a tier that reads its targets, or should. */
export interface TierReaders {
  /** The workloads of the catalogue, by name. */
  readonly consumers: ReadonlyMap<string, ConsumerState>
  /** What else reads a target, whatever the catalogue says. */
  readonly unlisted: readonly UnlistedReader[]
}

/** A workload of the catalogue as it is in the cluster. */
export interface ConsumerState {
  /** Undefined: it doesn't exist, or is of another kind. */
  readonly template?: PodTemplate
  /** Without those of a CronJob. */
  readonly pods: readonly RunningPod[]
  /** Pods of a Job, or of the runs of a CronJob: nothing replaces them. */
  readonly runs?: readonly RunningPod[]
  readonly known: KnownKeys
}

/** A workload that the catalogue does not name. */
export type UnlistedReader = ConsumerState & { readonly template: PodTemplate }

/** A workload that may get values of its tier. */
export interface TierReader {
  readonly tier: TierModel
  readonly kind: string
  readonly name: string
  /** Whether the catalogue names it: it then reads what the catalogue says, and anything does what its pods get. */
  readonly isCatalogued: boolean
  readonly seen: ConsumerState
  reads(spec: SecretSpec): boolean
}

/** The workloads of the catalogue, then what else reads a target, each with the entries that it reads. Pure. */
export function tierReaders(tier: TierModel, { consumers, unlisted }: TierReaders): TierReader[] {
  return [
    ...Object.entries(tier.workloads).flatMap(([name, { kind }]): TierReader[] => {
      const seen = consumers.get(name)
      if (!seen) return []
      const gets = specsRead(tier, seen)
      const reads = (spec: SecretSpec) => consumes(tier, name, spec) || gets.includes(spec)
      return [{ tier, kind, name, isCatalogued: true, seen, reads }]
    }),
    ...unlisted.map((seen): TierReader => {
      const { kind, name } = seen.template
      const gets = specsRead(tier, seen)
      return { tier, kind, name, isCatalogued: false, seen, reads: (spec) => gets.includes(spec) }
    }),
  ]
}

/**
 * Every workload of a tier, everything else that reads a target, and the pods they made.
 *
 * @throws KubernetesError when the API server refuses to list a kind
 */
export async function readReaders(client: ClusterReader, tier: TierModel, signal?: AbortSignal): Promise<TierReaders> {
  const { namespace, workloads } = tier
  const [templates, pods] = await Promise.all([
    readPodTemplates(client, namespace, signal),
    readRunningPods(client, namespace, signal),
  ])
  const targets = tier.externalSecrets.map(({ name }) => name)
  const names = (outline: PodOutline) => targets.some((target) => namesSecret(outline, target))
  const places = templates.map((template) => {
    const own = { pods: podsOf(template, pods), runs: runsOf(template, pods) }
    const reads = names(template.outline) || [...own.pods, ...own.runs].some(({ outline }) => names(outline))
    return { template, ...own, isListed: workloads[template.name]?.kind === template.kind, reads }
  })
  const outlines = places.filter(({ reads }) => reads).map(({ template }) => template.outline)
  const known = await readKnownKeys(
    client,
    tier,
    [...outlines, ...pods.map(({ outline }) => outline).filter(names)],
    signal,
  )
  const consumers = Object.keys(workloads).map((name): [string, ConsumerState] => {
    const place = places.find(({ template, isListed }) => isListed && template.name === name)
    return [name, place ? { template: place.template, pods: place.pods, runs: place.runs, known } : { pods: [], known }]
  })
  const isIdle = ({ template, pods, runs }: (typeof places)[number]) => {
    return template.isOver && pods.length === 0 && runs.length === 0
  }
  const unlisted = places
    .filter((place) => !place.isListed && place.reads && !isIdle(place))
    .map(({ template, pods, runs }) => ({ template, pods, runs, known }))
    .sort((a, b) => compare(a.template.kind, b.template.kind) || compare(a.template.name, b.template.name))
  return { consumers: new Map(consumers), unlisted }
}

/** The entries of a tier whose keys the pods of a workload get, from its template or from pods that run. Pure. */
export function specsRead(tier: TierModel, { template, pods, runs = [], known }: ConsumerState): SecretSpec[] {
  const outlines = [...(template ? [template.outline] : []), ...[...pods, ...runs].map(({ outline }) => outline)]
  const reads = outlines.flatMap((outline) => keyReads(outline, known))
  return tier.externalSecrets.flatMap((target) => {
    const delivered = deliveredKeys(reads, target.name)
    return specsOf(target).filter((spec) => delivered.has(keyOf(spec)))
  })
}
