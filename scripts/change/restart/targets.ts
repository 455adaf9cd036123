import type { TargetSight } from '../../cluster/target.ts'
import type { ConsumerSight } from '../../inspect/survey/cluster-survey.ts'
import { outdatedPods } from '../../inspect/survey/outdated.ts'
import { type Consumer, consumes } from '../../model/consumers.ts'
import { type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import type { RestartSight } from './look.ts'

/** A target that a workload reads by the catalogue. */
export interface ReadTarget {
  readonly target: ExternalSecretModel
  readonly sight: TargetSight
}

/** The targets a workload reads by the catalogue, of those that exist. */
export function targetsOf({ name }: Pick<Consumer, 'name'>, { targets }: Pick<RestartSight, 'targets'>): ReadTarget[] {
  return [...targets]
    .filter(([target]) => specsOf(target).some((spec) => consumes(name, spec)))
    .map(([target, sight]) => ({ target, sight }))
}

/** Whether pods of a workload run since before one of these targets changed. */
export function isOutdated(
  { name }: Pick<Consumer, 'name'>,
  seen: ConsumerSight,
  targets: readonly ReadTarget[],
): boolean {
  return targets.some(({ target, sight }) => outdatedPods(name, seen, target, sight.changedAt) !== undefined)
}

/** The annotation of a pod template that names what a target held when it was written. */
export function checksumAnnotation({ name }: Pick<ExternalSecretModel, 'name'>): string {
  return `tiered-secrets/checksum-${name}`
}

/** The annotations of a pod template that name what these targets hold. */
export function checksums(targets: readonly ReadTarget[]): Record<string, string> {
  return Object.fromEntries(targets.map(({ target, sight }) => [checksumAnnotation(target), sight.version]))
}
