import type { ReleaseOptions } from '../chart/helm.ts'
import { generatedPaths } from '../generate/generate.ts'
import { loadKubeconfig } from '../kubernetes/kubeconfig.ts'
import type { CommandIo } from '../lib/command.ts'
import { findTool } from '../local/toolchain/find.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { isLocalApi } from '../scaleway/account.ts'
import { expectedContext, refuseOtherContext } from './access.ts'
import { refuseStaleValues } from './generated-files.ts'

/** A release of an environment that may be installed: with values that are not stale, in its own cluster. */
export type OpenRelease = ReleaseOptions & { readonly kubeContext: string }

/** @throws ProblemError `STALE`, `KUBE_CONTEXT_DIFFERS`, or when there is no Helm */
export async function openRelease(model: EnvironmentModel, io: CommandIo): Promise<OpenRelease> {
  const { productFolder, userFolder, env, signal } = io
  await refuseStaleValues(io, model.environment)
  refuseOtherContext(model, (await loadKubeconfig(env)).currentContext, env)
  const helm = await findTool('helm', io)
  const set = isLocalApi(env) ? { 'scaleway.apiUrl': env.SCW_API_URL ?? '' } : {}
  const valuesFile = generatedPaths.values(model.environment)
  const kubeContext = expectedContext(model, env)
  return { helm: helm.path, productFolder, userFolder, signal, release: model.release, valuesFile, kubeContext, set }
}
