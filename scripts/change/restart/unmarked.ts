import { namesSecret } from '../../cluster/pod-outline.ts'
import { isReloaded } from '../../cluster/reloader.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import { type Delivered, deployStep } from '../../model/delivery/deploy-step.ts'
import { reloaderAnnotations } from '../../model/names.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { RestartState } from './look.ts'
import { readersOf } from './reading-workloads.ts'

/**
 * Targets that Reloader ignores although a workload relies on it: `TARGET_UNKNOWN_TO_RELOADER`, one each. A workload
 * that names its target, or asks for every target it reads, needs no annotation on it. Pure.
 */
export function unmarkedTargets(
  model: Delivered & Pick<EnvironmentModel, 'restart'>,
  views: readonly RestartState[],
): Problem[] {
  if (model.restart !== 'reloader') return []
  return views.flatMap((state) =>
    [...state.targets].flatMap(([target, { isMarked }]): Problem[] => {
      const relying = readersOf(state).filter(({ seen: { template } }) => {
        const reads = template !== undefined && namesSecret(template.outline, target.name)
        return reads && !isReloaded(template, target.name, isMarked)
      })
      if (isMarked || relying.length === 0) return []
      return [
        {
          code: 'TARGET_UNKNOWN_TO_RELOADER',
          where: describeObject(kinds.secret, { namespace: state.tier.namespace, name: target.name }),
          message: `has no annotation ${reloaderAnnotations.match}: "true", so that Reloader restarts nothing when it changes. Expected the chart deployed with restart 'reloader'.`,
          fix: deployStep(model),
        },
      ]
    }),
  )
}
