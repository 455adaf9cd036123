import { type PodSpec, type PodTemplate, templateOf, type WorkloadObject } from '../../../cluster/pod-templates.ts'
import { type Kind, kinds } from '../../../kubernetes/kinds.ts'
import { isRecord } from '../../../lib/record.ts'
import { at, type FoundObject, recordAt, textsAt } from '../../inputs/found-object.ts'
import { tidyPods } from './tidy-pods.ts'

/** An object that makes pods, and what its pods are like. */
export interface FoundPods {
  readonly object: FoundObject
  readonly template: PodTemplate
  /** Has the values of variables: never printed. */
  readonly spec: PodSpec & { readonly enableServiceLinks?: boolean }
}

/** @returns undefined for an object that makes no pods that it describes itself */
export function foundPods(object: FoundObject): FoundPods | undefined {
  const path = pathOfPods(object)
  const part = recordAt(object.raw, ...path)
  if (!isRecord(part.spec)) return undefined
  const spec = tidyPods<FoundPods['spec']>(part.spec)
  if (spec.containers === undefined) return undefined
  const template = { metadata: { labels: textsAt(part, 'metadata', 'labels') }, spec }
  const metadata = { name: object.name, annotations: textsAt(object.raw, 'metadata', 'annotations') }
  const selector = { matchLabels: textsAt(object.raw, 'spec', 'selector', 'matchLabels') }
  const shaped: WorkloadObject =
    object.kind === 'Pod'
      ? { metadata: { ...metadata, labels: template.metadata.labels }, spec }
      : { metadata, spec: { selector, template } }
  return { object, template: templateOf({ kind: kindOf(object), object: shaped }), spec }
}

// --- internal ---

const known: readonly Kind[] = [
  ...[kinds.deployment, kinds.statefulSet, kinds.daemonSet, kinds.replicaSet],
  ...[kinds.job, kinds.cronJob, kinds.pod, kinds.rollout],
]

function pathOfPods({ kind, raw }: FoundObject): string[] {
  if (kind === 'Pod') return []
  return at(raw, 'spec', 'jobTemplate') === undefined
    ? ['spec', 'template']
    : ['spec', 'jobTemplate', 'spec', 'template']
}

function kindOf({ apiVersion, kind }: FoundObject): Kind {
  return known.find((one) => one.kind === kind) ?? { apiVersion, kind, plural: '', namespaced: true }
}
