import { createClient } from '../kubernetes/client.ts'
import { connectionOf, type Kubeconfig } from '../kubernetes/kubeconfig.ts'
import type { CommandIo } from '../lib/command.ts'
import { commandLine } from '../lib/command-line.ts'
import { didYouMean } from '../lib/nearest.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import { timeLimit } from '../lib/signals.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { isLocalApi } from '../scaleway/account.ts'
import { readClusterUid } from './cluster-identity.ts'
import { localContext } from './local-context.ts'

/** The environment variables of a command, and whatever ends it. */
type Io = Pick<CommandIo, 'env'> & Partial<Pick<CommandIo, 'signal'>>

/**
 * The kube context a command works with: the one of `--context`, else the current one. For an environment without
 * `cluster`, its name has to be `kubeContext`; with an emulator as Scaleway, that of the local stack.
 *
 * @param wanted of `--context`
 * @throws ProblemError `UNKNOWN_CONTEXT`, `KUBE_CONTEXT_DIFFERS`: the most expensive mistake is the right values in the
 *   wrong cluster
 */
export async function chooseContext(
  model: EnvironmentModel,
  kubeconfig: Kubeconfig,
  io: Io,
  wanted?: string,
): Promise<string | undefined> {
  const isLocal = isLocalApi(io.env)
  if (wanted !== undefined && !kubeconfig.contexts.includes(wanted)) throw noSuchContext(wanted, kubeconfig)
  const chosen = wanted ?? kubeconfig.currentContext
  const expected = isLocal ? localContext : model.cluster === undefined ? model.kubeContext : chosen
  if (chosen === expected) return chosen
  const title = wanted === undefined ? 'the current kube context' : 'the kube context of --context'
  throw new ProblemError({
    code: 'KUBE_CONTEXT_DIFFERS',
    where: `environment "${model.environment}"`,
    message: `${title} is "${chosen ?? '(none)'}". Expected "${expected}"${isLocal ? ', of the local stack, because SCW_API_URL names an emulator' : ''}.`,
    fix: isLocal ? localFix() : await nameFix(model, kubeconfig, chosen, io),
  })
}

/** How an environment gets the identity of a cluster: `cluster: '0f6c…'` */
export function clusterSetting(uid: string, { environment }: EnvironmentModel): string {
  return `cluster: '${uid}' at environment "${environment}" in scripts/environments.ts`
}

// --- internal ---

function noSuchContext(wanted: string, { contexts, files }: Kubeconfig): ProblemError {
  const problem: Problem = {
    code: 'UNKNOWN_CONTEXT',
    where: `--context ${wanted}`,
    message: `there is no such context in ${files.join(', ')}.${didYouMean(wanted, contexts)} Expected one of: ${contexts.join(', ')}.`,
    fix: 'Correct the name, or set KUBECONFIG to the file that has this context.',
  }
  return new ProblemError(problem)
}

function localFix(): string {
  return `Run the \`export KUBECONFIG=…\` that \`${commandLine`start`}\` prints; for a real cluster, unset SCW_API_URL.`
}

/** The context may be right under another name: then the identity of its cluster is what to write down. */
async function nameFix(
  model: EnvironmentModel,
  kubeconfig: Kubeconfig,
  chosen: string | undefined,
  io: Io,
): Promise<string> {
  const { kubeContext, environment } = model
  const use = `\`${shell`kubectl config use-context ${kubeContext}`}\``
  const isKnown = kubeconfig.contexts.includes(kubeContext)
  const first = isKnown
    ? `Run ${use}, or add ${shell`--context ${kubeContext}`}.`
    : `Run ${use} with a KUBECONFIG that has this context.`
  if (chosen === undefined) return first
  const uid = await uidOf(kubeconfig, chosen, io)
  const setting =
    uid === undefined ? `cluster: '<the UID of its namespace kube-system>' there` : clusterSetting(uid, model)
  return `${first} If "${chosen}" leads to the cluster of ${environment} under another name, set ${setting}.`
}

/** Undefined: it can't be asked, or does not answer soon. The refusal does not depend on it. */
async function uidOf(kubeconfig: Kubeconfig, context: string, { signal }: Io): Promise<string | undefined> {
  using limit = timeLimit(askMs, signal)
  try {
    using client = createClient(await connectionOf(kubeconfig, context, { signal: limit.signal }))
    return await readClusterUid(client, limit.signal)
  } catch {
    signal?.throwIfAborted()
    return undefined
  }
}

/** How long a refusal may wait for the identity that it would name. */
const askMs = 5_000
