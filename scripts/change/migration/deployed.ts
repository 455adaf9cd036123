import { isPending, type ReleaseState, readRelease } from '../../cluster/helm-release.ts'
import { readStore } from '../../cluster/stores.ts'
import { isOfTarget, type WaitReport } from '../../cluster/wait-for-sync.ts'
import type { Facts } from './gather-facts.ts'
import type { MigrationContext } from './migration-context.ts'

/** Whether the cluster has what the catalogue implies, whoever deployed it. */
export async function isDeployed(context: MigrationContext, facts: Facts): Promise<boolean> {
  const { client, model, signal } = context
  const reports = await facts.reports()
  if (reports.some(lacks)) return false
  const stores = await Promise.all(model.tiers.map((tier) => readStore(client, model, tier, signal)))
  if (stores.some(({ state, differences }) => state === 'absent' || differences.length > 0)) return false
  const release = await readRelease(client, model.release, signal)
  return release === undefined || isWhole(release)
}

// --- internal ---

/** A target that differs is the operator's business. */
function lacks(report: WaitReport): boolean {
  return report.obstacle !== undefined && !isOfTarget(report)
}

/** Helm writes the release record last: a release never marked as deployed may be incomplete. */
function isWhole(release: ReleaseState): boolean {
  return !isPending(release) && release.status !== 'failed'
}
