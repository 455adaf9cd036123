import { renderChart, upgradeRelease } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import { clearTheWay, type Restored, restoreAll } from '../cluster/restore.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import type { Problem } from '../lib/problems.ts'
import type { OpenRelease } from '../session/release.ts'

/** The result of a deployment. */
export interface Deployment {
  readonly revision: number
  /** Objects that were not as rendered, and that Helm would not have changed. */
  readonly restored: readonly Restored[]
  /** What could not be restored or read. */
  readonly problems: readonly Problem[]
}

/**
 * Upgrades a release with Helm, and restores every object with foreign fields: Helm removes only what an
 * earlier version of the chart had.
 *
 * @throws as `upgradeRelease` and `clearTheWay`
 */
export async function deployRelease(release: OpenRelease, client: KubernetesClient): Promise<Deployment> {
  const { signal } = release
  const manifests = parseManifests(await renderChart(release), release.valuesFile)
  const before = await clearTheWay(client, manifests, signal)
  const revision = await upgradeRelease(release)
  const { restored, problems } = await restoreAll(client, manifests, signal)
  return { revision, restored: [...before, ...restored], problems }
}
