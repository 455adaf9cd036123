import type { KnownKeys } from '../../cluster/container-variables.ts'
import { type KeyRead, keyReads } from '../../cluster/key-reads.ts'
import type { RunningPod } from '../../cluster/running-pods.ts'
import { type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { ConsumerState } from './readers.ts'

/** Pods with a container that started before a target last changed, and what these have read of it. */
export interface OutdatedPods {
  readonly pods: readonly RunningPod[]
  /** Names of the containers, each once. */
  readonly containers: readonly string[]
  readonly specs: readonly SecretSpec[]
}

/**
 * The pods of a workload that have read an older value. Variables and files of a `subPath` are read once, when their container
 * starts, an init container's too; the kubelet brings the other files of a volume up to date. Pure.
 *
 * @param counts whether an entry matters to this workload
 * @param changedAt of the target; undefined when unknown
 * @returns undefined when there is none
 */
export function outdatedPods(
  { pods, known }: Pick<ConsumerState, 'pods' | 'known'>,
  target: ExternalSecretModel,
  changedAt: Date | undefined,
  counts: (spec: SecretSpec) => boolean,
): OutdatedPods | undefined {
  if (!changedAt) return undefined
  const old = pods.map((pod) => ({ pod, reads: oldReads(pod, target.name, changedAt, known) }))
  const keys = new Set(old.flatMap(({ reads }) => reads.map(({ key }) => key)))
  const specs = specsOf(target).filter((spec) => keys.has(keyOf(spec)) && counts(spec))
  if (specs.length === 0) return undefined
  const names = new Set(specs.map(keyOf))
  const matters = ({ key }: KeyRead) => names.has(key)
  const behind = old.filter(({ reads }) => reads.some(matters))
  const containers = behind.flatMap(({ reads }) => reads.filter(matters).map(({ container }) => container))
  return { pods: behind.map(({ pod }) => pod), containers: [...new Set(containers)], specs }
}

// --- internal ---

function oldReads({ outline, starts }: RunningPod, target: string, changedAt: Date, known: KnownKeys): KeyRead[] {
  const isOld = (container: string) => (starts.get(container) ?? changedAt) < changedAt
  const containers = outline.containers.filter(({ name }) => isOld(name))
  return keyReads({ ...outline, containers }, known).filter(({ secret, isFixedAtStart, shadowedBy }) => {
    return isFixedAtStart && secret === target && shadowedBy === undefined
  })
}
