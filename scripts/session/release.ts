import type { ReleaseOptions } from '../chart/helm.ts'
import { generatedPaths } from '../generate/generate.ts'
import type { CommandIo } from '../lib/command.ts'
import { findTool } from '../local/toolchain/find.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { isLocalApi } from '../scaleway/account.ts'
import type { OpenCluster } from './access.ts'
import { refuseStaleValues } from './generated-files.ts'
import { refuseDelivered } from './refuse-delivered.ts'

/** A release of an environment that may be installed: with values that are not stale, in its own cluster. */
export type OpenRelease = ReleaseOptions & { readonly kubeContext: string }

/** The same for a command that deploys. @throws ProblemError `DELIVERED_BY_ENGINE`, or as `openRelease` */
export async function openOwnRelease(...given: Parameters<typeof openRelease>): Promise<OpenRelease> {
  refuseDelivered(given[0])
  return openRelease(...given)
}

/**
 * @param cluster the one it is for: Helm works with the same kubeconfig and context, and reads there itself whom to
 *   impersonate and which proxy to use, as it reads the same variables for proxies
 * @throws ProblemError `STALE`, or when there is no Helm
 */
export async function openRelease(
  model: EnvironmentModel,
  io: CommandIo,
  cluster: Pick<OpenCluster, 'context' | 'kubeconfig'>,
): Promise<OpenRelease> {
  const { userFolder, env, signal } = io
  await refuseStaleValues(io, model.environment)
  const helm = await findTool('helm', io)
  const set = isLocalApi(env) ? { 'scaleway.apiUrl': env.SCW_API_URL ?? '' } : {}
  const place = { userFolder, valuesFile: generatedPaths.values(model.environment) }
  const { context: kubeContext, kubeconfig: KUBECONFIG } = cluster
  return { helm: helm.path, ...place, signal, release: model.release, kubeContext, set, env: { KUBECONFIG } }
}
