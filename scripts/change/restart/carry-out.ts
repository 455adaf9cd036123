import { isRolling } from '../../cluster/rollout.ts'
import type { Problem } from '../../lib/problems.ts'
import type { RestartMode } from '../../model/types.ts'
import { awaitReloader, awaitRollouts, type RestartContext } from './await.ts'
import { type RestartRow, rollingWorkloads } from './restart-plan.ts'

export interface RestartOptions {
  readonly mode: RestartMode | undefined
  /** False: ends as soon as everything is changed. */
  readonly wait: boolean
}

/**
 * Carries out a plan, and waits until every restarted workload runs new pods.
 *
 * @returns what has not restarted in time
 * @throws KubernetesError, or ProblemError `CLUSTER_UNREACHABLE`
 */
export async function carryOutRestart(
  context: RestartContext,
  rows: readonly RestartRow[],
  { mode, wait }: RestartOptions,
): Promise<Problem[]> {
  const { client, signal, log } = context
  for (const { action, kind, resource, namespace, name, patch } of rows) {
    if (!patch || !resource || !isRolling(resource)) continue
    await client.mergePatch(resource, { namespace, name }, patch, signal)
    log(`${kind}/${namespace}/${name}: ${action === 'annotate' ? 'annotated for Reloader' : 'its pods are replaced'}`)
  }
  if (!wait) return []
  const waiting = rollingWorkloads(rows.filter(({ action }) => action === 'wait'))
  const late = mode === 'reloader' ? await awaitReloader(context, waiting) : []
  return late.length > 0 ? late : awaitRollouts(context, rollingWorkloads(rows))
}
