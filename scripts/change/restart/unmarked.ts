import { isReloaded } from '../../cluster/reloader.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import type { Problem } from '../../lib/problems.ts'
import { consumersOf } from '../../model/consumers.ts'
import { reloaderAnnotations } from '../../model/names.ts'
import { type EnvironmentModel, specsOf } from '../../model/resolve.ts'
import type { RestartSight } from './look.ts'

/**
 * Targets that Reloader passes over although a workload counts on it: `TARGET_UNKNOWN_TO_RELOADER`, one each. A workload
 * that names its target, or asks for every one it reads, needs no mark. Pure.
 */
export function unmarkedTargets(
  { restart, environment }: Pick<EnvironmentModel, 'restart' | 'environment'>,
  sights: readonly RestartSight[],
): Problem[] {
  if (restart !== 'reloader') return []
  return sights.flatMap(({ tier, consumers, targets }) =>
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
