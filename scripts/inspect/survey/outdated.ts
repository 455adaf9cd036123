import type { RunningPod } from '../../cluster/running-pods.ts'
import { delivers } from '../../cluster/secret-uses.ts'
import { consumes } from '../../model/consumers.ts'
import { type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { ConsumerState } from './cluster-survey.ts'

/** Pods that started before a target last changed, and what they have read of it. */
export interface OutdatedPods {
  readonly pods: readonly RunningPod[]
  readonly specs: readonly SecretSpec[]
}

/**
 * The pods of a workload that have read an older value. Variables are read once, when a container starts; the kubelet brings
 * the files of a volume up to date. Pure.
 *
 * @param changedAt of the target; undefined when unknown
 * @returns undefined when there is none
 */
export function outdatedPods(
  workload: string,
  { template, pods }: ConsumerState,
  target: ExternalSecretModel,
  changedAt: Date | undefined,
): OutdatedPods | undefined {
  if (!changedAt) return undefined
  const uses = (template?.secrets ?? []).filter(({ by }) => by === 'variables')
  const specs = specsOf(target).filter(
    (spec) => consumes(workload, spec) && uses.some((use) => delivers(use, target.name, spec.variable)),
  )
  const old = pods.filter(({ startedAt }) => startedAt !== undefined && startedAt < changedAt)
  return specs.length > 0 && old.length > 0 ? { pods: old, specs } : undefined
}
