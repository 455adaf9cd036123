import type { TargetState } from '../../cluster/target.ts'
import type { ConsumerState } from '../../inspect/survey/cluster-survey.ts'
import { outdatedPods } from '../../inspect/survey/outdated.ts'
import { type Consumer, consumes } from '../../model/consumers.ts'
import { type ExternalSecretModel, specsOf } from '../../model/resolve.ts'
import type { RestartState } from './look.ts'

/** A target that a workload reads according to the catalogue. */
export interface ReadTarget {
  readonly target: ExternalSecretModel
  readonly view: TargetState
}

/** The existing targets that a workload reads according to the catalogue. */
export function targetsOf({ name }: Pick<Consumer, 'name'>, { targets }: Pick<RestartState, 'targets'>): ReadTarget[] {
  return [...targets]
    .filter(([target]) => specsOf(target).some((spec) => consumes(name, spec)))
    .map(([target, view]) => ({ target, view }))
}

/** Whether pods of a workload started before one of these targets changed. */
export function isOutdated(
  { name }: Pick<Consumer, 'name'>,
  seen: ConsumerState,
  targets: readonly ReadTarget[],
): boolean {
  return targets.some(({ target, view }) => outdatedPods(name, seen, target, view.changedAt) !== undefined)
}

/** The annotation of a pod template with the checksum of a target. */
export function checksumAnnotation({ name }: Pick<ExternalSecretModel, 'name'>): string {
  return `tiered-secrets/checksum-${name}`
}

/** The annotations of a pod template with the checksums of these targets. */
export function checksums(targets: readonly ReadTarget[]): Record<string, string> {
  return Object.fromEntries(targets.map(({ target, view }) => [checksumAnnotation(target), view.version]))
}
