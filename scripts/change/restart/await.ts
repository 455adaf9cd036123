import { type RollingRef, type RolloutReport, type RolloutWaits, waitForRollouts } from '../../cluster/rollout.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import { kubectl } from '../../lib/command-line.ts'
import { pause } from '../../lib/pause.ts'
import type { Problem } from '../../lib/problems.ts'
import { lookAtReaders } from './look.ts'
import { isOutdated, readersOf } from './reading-workloads.ts'
import type { RollingWorkload } from './restart-plan.ts'

export interface RestartContext {
  readonly client: KubernetesClient
  readonly signal: AbortSignal
  readonly waits: RolloutWaits
  /** One line of progress. */
  log(line: string): void
}

/**
 * Waits until the pods of these workloads are replaced.
 *
 * @returns `CONSUMERS_NOT_READY`, one for each that has not finished
 */
export async function awaitRollouts(
  { client, signal, waits, log }: RestartContext,
  workloads: readonly RollingRef[],
): Promise<Problem[]> {
  const onChange = ({ ref, message }: RolloutReport) => log(`${placeOf(ref)}: ${message}`)
  const reports = await waitForRollouts(client, workloads, { ...waits, signal, onChange })
  return reports
    .filter(({ state }) => state !== 'done')
    .map(({ ref, message }) => ({
      code: 'CONSUMERS_NOT_READY',
      where: placeOf(ref),
      message: `${message}. Expected every pod to be replaced by one that is ready.`,
      fix: `See why: \`${kubectl`describe ${ref.kind.toLowerCase()} ${ref.name} --namespace ${ref.namespace}`}\`, then run the same command again.`,
    }))
}

/**
 * Waits until every pod of these workloads has started after the last change of its targets: how Reloader restarts them is its own
 * affair.
 *
 * @returns `RELOADER_BEHIND`, one for each that still has such pods when time is up
 */
export async function awaitReloader(
  { client, signal, waits, log }: RestartContext,
  workloads: readonly RollingWorkload[],
): Promise<Problem[]> {
  const { timeoutMs = 300_000, pollMs = 1_000 } = waits
  const deadline = performance.now() + timeoutMs
  let told = 0
  for (let left = workloads; ; ) {
    const views = await lookAtReaders(client, [...new Set(left.map(({ tier }) => tier))], signal)
    const old = views.flatMap(readersOf).filter((reader) => isOutdated(reader, reader.targets))
    left = left.filter((one) =>
      old.some(({ tier, kind, name }) => tier === one.tier && kind === one.kind && name === one.name),
    )
    if (left.length === 0) return []
    if (told !== left.length) log(`Reloader has not yet restarted ${left.map(placeOf).join(', ')}`)
    told = left.length
    if (performance.now() >= deadline) return left.map(behind)
    await pause(pollMs, signal)
  }
}

// --- internal ---

function behind(workload: RollingWorkload): Problem {
  return {
    code: 'RELOADER_BEHIND',
    where: placeOf(workload),
    message: 'its pods started before its target changed. Expected Reloader to have restarted it.',
    fix: 'See that Reloader runs and watches this namespace, or restart it by hand; then run the same command again.',
  }
}

function placeOf({ kind, namespace, name }: RollingRef): string {
  return `${kind}/${namespace}/${name}`
}
