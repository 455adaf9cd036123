import { loadKubeconfig } from '../../kubernetes/kubeconfig.ts'
import type { CommandIo } from '../../lib/command.ts'
import { withContext } from '../../lib/command-line.ts'
import { mapConcurrently } from '../../lib/concurrent.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Printable } from '../../lib/printable.ts'
import {
  bugText,
  type ExitCode,
  exitCodes,
  formatProblems,
  isError,
  type Problem,
  ProblemError,
  worstExitCode,
} from '../../lib/problems.ts'
import { type EnvironmentModel, resolve } from '../../model/resolve.ts'
import { errorsByEnvironment } from '../../model/rules/by-environment.ts'
import { isLocalApi } from '../../scaleway/account.ts'
import { refuseExample } from '../../session/access.ts'
import { loadApplication } from '../../session/application.ts'

/** What a command has found in one environment. */
export interface Examined {
  readonly exitCode: ExitCode
  /** In a few words of ours: `34 secrets, all four sides agree`. */
  readonly summary: string
  /** As the command alone prints it for machines. */
  readonly document: object
  /** The same for a pull request, where the command has that. */
  readonly markdown?: Printable
  /** What is said beside the result. */
  readonly told: Printable
}

/** An environment of the table, examined or not. */
export interface EnvironmentRow extends Omit<Examined, 'document'> {
  readonly environment: string
  /** Undefined: it could not be examined. */
  readonly document: object | undefined
  /** Why not. */
  readonly problems: readonly Problem[]
}

export interface AllEnvironments {
  readonly application: string
  /** In the order of their names. */
  readonly rows: readonly EnvironmentRow[]
  readonly exitCode: ExitCode
}

/** Requests to several clusters wait for answers; more of them would have the renderings of the chart wait. */
const limit = 6

/**
 * Examines every environment, several at a time, each in its own kube context. One that can't be examined is a row like the others,
 * with the reason.
 *
 * @param examine gets an environment with the name of its context, and an `io` whose lines of progress name it
 * @param atOnce how many; default: a few
 * @throws ProblemError for what is wrong with all of them; the reason of the signal
 */
export async function examineAll(
  io: CommandIo,
  examine: (model: EnvironmentModel, io: CommandIo, context: string | undefined) => Promise<Examined>,
  atOnce: number = limit,
): Promise<AllEnvironments> {
  const application = await loadApplication(io)
  const { common, own } = errorsByEnvironment(application)
  if (common.length > 0) throw new ProblemError(common)
  const names = Object.keys(application.environments).sort()
  const rows = await mapConcurrently(names, atOnce, async (environment) => {
    io.signal.throwIfAborted()
    try {
      const broken = own.get(environment)
      if (broken) throw new ProblemError(broken)
      const model = resolve(application, environment)
      refuseExample(model, io.env)
      const context = await contextOf(model, io)
      const examined = await withContext(context, () => examine(model, ioOf(environment, io), context))
      return { environment, problems: [], ...examined }
    } catch (error) {
      io.signal.throwIfAborted()
      return failedRow(environment, error)
    }
  })
  const exitCode = worstExitCode(rows.map((row) => row.exitCode))
  return { application: application.catalogue.application, rows, exitCode }
}

// --- internal ---

/** The one that the environment names: whichever is the current one, it can be that of one environment at most. */
async function contextOf({ environment, kubeContext }: EnvironmentModel, io: CommandIo): Promise<string | undefined> {
  if (isLocalApi(io.env)) return undefined
  const { contexts, files } = await loadKubeconfig(io.env)
  if (contexts.includes(kubeContext)) return kubeContext
  throw new ProblemError({
    code: 'UNKNOWN_CONTEXT',
    where: `environment "${environment}"`,
    message: `its kube context is "${kubeContext}", and there is no such context in ${files.join(', ')}.${didYouMean(kubeContext, contexts)} Expected one of: ${contexts.join(', ')}.`,
    fix: 'Correct kubeContext in scripts/environments.ts, or set KUBECONFIG to the files that have the contexts of all environments.',
  })
}

function ioOf(environment: string, io: CommandIo): CommandIo {
  const { productFolder, userFolder, env, typedIn, root, signal, commands, out, tell } = io
  return {
    ...{ productFolder, userFolder, env, typedIn, root, signal, commands, out, tell },
    log: (line) => io.log(`${environment}: ${line}`),
    // A line that replaces the one before would replace that of another environment.
    isTerminal: false,
    get input() {
      return io.input
    },
  }
}

function failedRow(environment: string, error: unknown): EnvironmentRow {
  const none = { environment, document: undefined }
  if (!(error instanceof ProblemError))
    return { ...none, exitCode: exitCodes.bug, summary: 'a bug of tiered-secrets', told: bugText(error), problems: [] }
  const { problems, exitCode } = error
  const codes = [...new Set(problems.filter(isError).map(({ code }) => code))]
  return { ...none, exitCode, summary: codes.join(', '), told: formatProblems(problems), problems }
}
