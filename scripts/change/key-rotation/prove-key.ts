import {
  externalSecretsUsing,
  type RefreshReport,
  refreshExternalSecrets,
  revalidateStore,
} from '../../cluster/refresh.ts'
import type { NamespacedRef } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import type { TierContext } from './key-rotation-context.ts'

/**
 * Makes the operator read everything of the tier again, with the key that is in the credentials Secret now.
 *
 * @returns what did not sync, `NOT_SYNCED`. A remote secret that doesn't exist says nothing about the key, and neither
 *   does an ExternalSecret that isn't the chart's: these are only logged.
 */
export async function syncProblems(context: TierContext): Promise<Problem[]> {
  const { client, tier, signal, waits, log } = context
  const refs = await externalSecretsUsing(client, tier, signal)
  if (refs.length === 0) log(`no ExternalSecret of ${tier.namespace} uses this key yet`)
  if (refs.length > 0 && !(await revalidateStore(client, tier, { ...waits.refresh, signal })))
    log(`SecretStore ${tier.namespace}/${tier.secretStore} is not ready: the operator refuses its settings or the key`)
  const reports = await refreshExternalSecrets(client, refs, { ...waits.refresh, signal })
  const failed = reports.filter(({ state }) => state === 'failed')
  for (const report of reports) {
    const isCounted = !failed.includes(report) || isCharts(context, report.ref)
    if (report.state !== 'refreshed')
      log(`${whereOf(report)}: ${report.message}${isCounted ? '' : ' (not of the chart)'}`)
  }
  const refreshed = reports.filter(({ state }) => state === 'refreshed')
  if (refreshed.length > 0) log(`${refreshed.length} of ${refs.length} ExternalSecrets synced again`)
  return failed
    .filter(({ ref }) => isCharts(context, ref))
    .map((report) => ({
      code: 'NOT_SYNCED',
      where: whereOf(report),
      message: `${report.message.replace(/\.$/, '')}. Expected it to sync again, with the key that is now in ${tier.credentialsSecret}.`,
      fix: 'Look at its events and at the log of the operator, then run the same command again.',
    }))
}

// --- internal ---

function isCharts({ tier }: TierContext, { name }: NamespacedRef): boolean {
  return tier.externalSecrets.some((externalSecret) => externalSecret.name === name)
}

function whereOf({ ref }: RefreshReport): string {
  return `ExternalSecret/${ref.namespace}/${ref.name}`
}
