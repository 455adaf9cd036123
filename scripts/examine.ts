import { refuseStaleValues } from './application.ts'
import { type DiagnoseOptions, type Diagnosis, diagnose } from './doctor/diagnose.ts'
import type { Render } from './doctor/observe/admission.ts'
import { generatedPaths } from './emit/generate.ts'
import { renderChart } from './helm/helm.ts'
import { parseManifests } from './helm/manifests.ts'
import type { CommandIo } from './lib/command.ts'
import { ProblemError } from './lib/problems.ts'
import type { EnvironmentModel } from './model/resolve.ts'
import { apiUrlOf, isLocalApi, loadAccount, type OperatorAccount, organizationOf } from './scaleway/account.ts'
import { findPresent } from './toolchain/find.ts'

/**
 * Finds why secrets of an environment do not arrive, with whatever account and tools are at hand.
 *
 * @param client of the environment's cluster, or why there is none
 * @throws ProblemError for an account that is there and can't be used, such as a malformed key
 */
export async function examine(
  model: EnvironmentModel,
  client: DiagnoseOptions['client'],
  io: Pick<CommandIo, 'root' | 'env' | 'signal'> & Partial<Pick<DiagnoseOptions, 'onStep'>>,
): Promise<Diagnosis> {
  const { env, signal, onStep } = io
  const account = await accountIfAny(io)
  return diagnose({
    model,
    client,
    apiUrl: account?.apiUrl ?? (await apiUrlOf(env)),
    isLocal: isLocalApi(env),
    secretKey: account?.secretKey,
    organizationId: account && organizationOf(account, model),
    render: renderer(model, io),
    signal,
    ...(onStep ? { onStep } : {}),
  })
}

// --- internal ---

async function accountIfAny({ env }: Pick<CommandIo, 'env'>): Promise<OperatorAccount | undefined> {
  try {
    return await loadAccount(env)
  } catch (error) {
    const isNone = error instanceof ProblemError && error.problems.every(({ code }) => code === 'SCALEWAY_KEY_MISSING')
    if (isNone) return undefined
    throw error
  }
}

/** Without Helm at hand, or with values that are stale, what the chart would apply is not known. */
function renderer(model: EnvironmentModel, { root, env, signal }: Pick<CommandIo, 'root' | 'env' | 'signal'>): Render {
  return async () => {
    const what = 'not known: whether the API server would take what the chart renders'
    try {
      await refuseStaleValues(root, model.environment)
      const helm = await findPresent('helm', { root, env })
      if (!helm) return { unseen: `${what}; Helm is not at hand (\`npm run setup\`)` }
      const valuesFile = generatedPaths.values(model.environment)
      const set = isLocalApi(env) ? { 'scaleway.apiUrl': env.SCW_API_URL ?? '' } : {}
      const text = await renderChart({ helm: helm.path, root, signal, release: model.release, valuesFile, set })
      return { value: parseManifests(text, valuesFile) }
    } catch (error) {
      if (error instanceof ProblemError) return { unseen: `${what}; ${error.message.replace(/\.$/, '')}` }
      throw error
    }
  }
}
