import { renderChart } from '../../chart/helm.ts'
import { parseManifests } from '../../chart/manifests.ts'
import type { GateResult } from '../../cluster/release-gate.ts'
import { generatedPaths } from '../../generate/generate.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { KubernetesError } from '../../kubernetes/errors.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import type { CommandIo } from '../../lib/command.ts'
import { commandLine } from '../../lib/command-line.ts'
import { lines, type Printable, together } from '../../lib/printable.ts'
import { formatProblems, ProblemError } from '../../lib/problems.ts'
import { timeLimit } from '../../lib/signals.ts'
import { findPresent } from '../../local/toolchain/find.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { accountIfAny, apiUrlOf, isLocalApi, organizationOf } from '../../scaleway/account.ts'
import { refuseStaleValues } from '../../session/generated-files.ts'
import { type DiagnoseOptions, type Diagnosis, diagnose } from './diagnose.ts'
import { causeJson, causesText } from './doctor-report.ts'
import type { Render } from './observe/admission.ts'

/**
 * Finds why secrets of an environment do not arrive, with the accounts and tools that are available.
 *
 * @param client of the environment's cluster, or why there is none
 * @throws ProblemError for an account that exists but can't be used, such as one with a malformed key
 */
export async function examine(
  model: EnvironmentModel,
  client: DiagnoseOptions['client'],
  io: Pick<CommandIo, 'productFolder' | 'userFolder' | 'env' | 'signal' | 'log'> &
    Partial<Pick<DiagnoseOptions, 'onStep'>>,
): Promise<Diagnosis> {
  const { env, signal, onStep } = io
  const account = await accountIfAny(env)
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

/** Why secrets of a release did not arrive. */
export interface Explanation {
  readonly text: Printable
  /** For machines. */
  readonly problems: readonly object[]
}

/**
 * The problems of a release gate, with the causes instead of the problems they explain. Where causes can't be searched for, the
 * problems are returned as they are: this throws nothing, and takes no longer than half a minute.
 */
export async function explain(
  model: EnvironmentModel,
  client: ClusterReader,
  { problems }: Pick<GateResult, 'problems'>,
  io: Pick<CommandIo, 'productFolder' | 'userFolder' | 'env' | 'signal' | 'log'>,
): Promise<Explanation> {
  using limit = timeLimit(explainMs, io.signal)
  const causes = await examine(model, client, { ...io, signal: limit.signal }).then(
    (diagnosis) => diagnosis.causes,
    (error: unknown) => {
      io.signal.throwIfAborted()
      io.log(`the causes could not be found: ${reasonOf(error)}`)
      return []
    },
  )
  const explained = new Set(
    causes.flatMap(({ explains }) => explains.map(({ ref }) => describeObject(kinds.externalSecret, ref))),
  )
  const rest = problems.filter(({ where }) => !explained.has(where))
  const text = [
    causesText(model, causes),
    ...(causes.length > 0 && rest.length > 0 ? [lines('')] : []),
    formatProblems(rest),
  ]
  return { text: together(...text), problems: [...causes.map((cause) => causeJson(model, cause)), ...rest] }
}

/** Renders the chart of an environment to compare it. Without Helm, or with stale values, the result is unknown. */
export function renderer(
  model: EnvironmentModel,
  io: Pick<CommandIo, 'productFolder' | 'userFolder' | 'env' | 'signal' | 'log'>,
): Render {
  const { userFolder, env, signal } = io
  return async () => {
    const what = 'not known: whether the cluster has, or would accept, what the chart renders'
    try {
      await refuseStaleValues(io, model.environment)
      const helm = await findPresent('helm', io)
      if (!helm) return { unseen: `${what}; Helm is not available (\`${commandLine`setup`}\`)` }
      const valuesFile = generatedPaths.values(model.environment)
      const set = isLocalApi(env) ? { 'scaleway.apiUrl': env.SCW_API_URL ?? '' } : {}
      const text = await renderChart({
        helm: helm.path,
        userFolder,
        signal,
        release: model.release,
        valuesFile,
        set,
      })
      return { value: parseManifests(text, valuesFile) }
    } catch (error) {
      if (error instanceof ProblemError) return { unseen: `${what}; ${error.message.replace(/\.$/, '')}` }
      throw error
    }
  }
}

// --- internal ---

const explainMs = 30_000

/** The message of a problem; of any other error only its kind. */
function reasonOf(error: unknown): string {
  if (error instanceof ProblemError || error instanceof KubernetesError) return error.message
  return error instanceof Error ? error.name : 'unknown'
}
