import { isReloaded } from '../../cluster/reloader.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { consumersOf } from '../../model/consumers.ts'
import { reloaderAnnotations } from '../../model/names.ts'
import { type EnvironmentModel, specsOf } from '../../model/resolve.ts'
import type { RestartState } from './look.ts'

/**
 * Targets that Reloader ignores although a workload relies on it: `TARGET_UNKNOWN_TO_RELOADER`, one each. A workload
 * that names its target, or asks for every target it reads, needs no annotation on it. Pure.
 */
export function unmarkedTargets(
  { restart, environment }: Pick<EnvironmentModel, 'restart' | 'environment'>,
  views: readonly RestartState[],
): Problem[] {
  if (restart !== 'reloader') return []
  return views.flatMap(({ tier, consumers, targets }) =>
    [...targets].flatMap(([target, { isMarked }]): Problem[] => {
      const relying = consumersOf(tier, specsOf(target)).filter(({ name }) => {
        const template = consumers.get(name)?.template
        const reads = template?.secrets.some(({ secret }) => secret === target.name) === true
        return reads && !isReloaded(template, target.name, isMarked)
      })
      if (isMarked || relying.length === 0) return []
      return [
        {
          code: 'TARGET_UNKNOWN_TO_RELOADER',
          where: describeObject(kinds.secret, { namespace: tier.namespace, name: target.name }),
          message: `has no annotation ${reloaderAnnotations.match}: "true", so that Reloader restarts nothing when it changes. Expected the chart deployed with restart 'reloader'.`,
          fix: `\`${commandLine`deploy --environment ${environment}`}\``,
        },
      ]
    }),
  )
}
