import { type ReleaseOptions, renderChart, upgradeRelease } from '../chart/helm.ts'
import { parseManifests } from '../chart/manifests.ts'
import { clearTheWay, type Restored, restoreAll } from '../cluster/restore.ts'
import { generatedPaths } from '../generate/generate.ts'
import type { KubernetesClient } from '../kubernetes/client.ts'
import { loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import type { CommandIo } from '../lib/command.ts'
import type { Problem } from '../lib/problems.ts'
import { findTool } from '../local/toolchain/find.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { isLocalApi } from '../scaleway/account.ts'
import { expectedContext, refuseOtherContext } from './access.ts'
import { refuseStaleValues } from './generated-files.ts'

/** A release of an environment that may be installed: with values that are not stale, in its own cluster. */
export type OpenRelease = ReleaseOptions & { readonly kubeContext: string }

/** What a deployment came to. */
export interface Deployment {
  readonly revision: number
  /** Objects that were not as rendered, and which Helm would have left so. */
  readonly restored: readonly Restored[]
  /** What could not be put back, or not be looked at. */
  readonly problems: readonly Problem[]
}

/**
 * Upgrades a release with Helm, and puts back every object in which somebody else's fields are: Helm removes only what an
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

/** @throws ProblemError `STALE`, `KUBE_CONTEXT_DIFFERS`, or when there is no Helm */
export async function openRelease(model: EnvironmentModel, io: CommandIo): Promise<OpenRelease> {
  const { root, env, signal } = io
  await refuseStaleValues(root, model.environment)
  refuseOtherContext(model, (await loadKubeconfig(env)).currentContext, env)
  const helm = await findTool('helm', io)
  const set = isLocalApi(env) ? { 'scaleway.apiUrl': env.SCW_API_URL ?? '' } : {}
  const valuesFile = generatedPaths.values(model.environment)
  const kubeContext = expectedContext(model, env)
  return { helm: helm.path, root, signal, release: model.release, valuesFile, kubeContext, set }
}
