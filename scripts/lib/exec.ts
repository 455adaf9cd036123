import { commandLine } from './command-line.ts'
import { type ExitCode, exitCodes, ProblemError } from './problems.ts'
import { watchGroup } from './process-group.ts'
import { shellWord } from './shell.ts'

export interface RunOptions {
  readonly cwd?: string
  /** Added to the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>
  /** The program sees nothing but `env`. Default: false */
  readonly onlyEnv?: boolean
  /** Its output is thrown away, and what it leaves running is not waited for. Default: false */
  readonly isSilent?: boolean
  readonly input?: string
  /** Its child processes are ended with it, by `signal` and `timeoutMs`. A Ctrl-C at the terminal reaches only us. Default: false */
  readonly isGroup?: boolean
  readonly signal?: AbortSignal
  /** After which the program is ended, as if by a signal. Default: never. */
  readonly timeoutMs?: number
  /** Called for each line of standard error as it comes. */
  readonly onStderrLine?: (line: string) => void
  /**
   * The exit code after a failure.
   *
   * Default: `exitCodes.problems`
   */
  readonly exitCode?: ExitCode
  /**
   * What the user can do about a failure.
   *
   * Default: run the shown command by hand.
   */
  readonly fix?: string
}

export interface RunResult {
  readonly stdout: string
  readonly stderr: string
  readonly exitCode: number
  /** It was ended because it took too long. */
  readonly wasLate?: true
}

/**
 * Runs a program to its end, without a shell. Never throws for a non-zero exit.
 *
 * @throws ProblemError `TOOL_MISSING` when the program can't be started.
 */
export async function tryRun(file: string, args: readonly string[], options: RunOptions = {}): Promise<RunResult> {
  const { cwd, env, onlyEnv = false, isSilent = false, isGroup = false, input, onStderrLine } = options
  const { signal, timeoutMs } = isGroup ? {} : options
  // Half a second of loading that most commands never need.
  const { execa } = await import('execa')
  const child = execa(file, args, {
    reject: false,
    ...(input === undefined ? { stdin: 'ignore' as const } : { input }),
    maxBuffer: 512 * 1024 * 1024,
    extendEnv: !onlyEnv,
    detached: isGroup,
    ...(isSilent ? { stdout: 'ignore' as const, stderr: 'ignore' as const } : {}),
    ...(cwd === undefined ? {} : { cwd }),
    ...(env === undefined ? {} : { env }),
    ...(timeoutMs === undefined ? {} : { timeout: timeoutMs, forceKillAfterDelay: 1000 }),
    ...(signal === undefined ? {} : { cancelSignal: signal, forceKillAfterDelay: 5000 }),
  })
  if (onStderrLine) {
    void (async () => {
      for await (const line of child.iterable({ from: 'stderr' })) onStderrLine(line)
    })().catch(() => undefined)
  }
  const watch = isGroup && child.pid !== undefined ? watchGroup(child.pid, options) : undefined
  const result = await child
  const wasLate = (await watch?.over())?.wasLate ?? result.timedOut
  if (result.failed && result.exitCode === undefined && !result.isTerminated && !result.isCanceled) {
    throw new ProblemError(
      {
        code: 'TOOL_MISSING',
        where: file,
        message: `the program can't be started (${result.code ?? result.shortMessage}). Expected an executable file.`,
        fix: options.fix ?? `Run \`${commandLine`setup`}\`, which finds or builds every tool.`,
      },
      exitCodes.toolMissing,
    )
  }
  return {
    stdout: result.stdout ?? '',
    stderr: result.stderr ?? '',
    exitCode: result.exitCode ?? exitCodes.interrupted,
    ...(wasLate ? { wasLate } : {}),
  }
}

/**
 * Runs a program to its end and returns its standard output.
 *
 * @throws ProblemError `TOOL_FAILED` with the command and the last lines of its standard error; the reason of the signal
 *   when the program failed because it was ended.
 */
export async function run(file: string, args: readonly string[], options: RunOptions = {}): Promise<string> {
  const result = await tryRun(file, args, options)
  if (result.exitCode === 0) return result.stdout
  options.signal?.throwIfAborted()
  throw new ProblemError(
    {
      code: 'TOOL_FAILED',
      where: typedLine(file, args),
      message: `ended with exit code ${result.exitCode}. Expected 0. Its last lines:`,
      lastLines: lastLines(result.stderr || result.stdout),
      fix: options.fix ?? 'Read the lines above; run the command by hand to see all of its output.',
    },
    options.exitCode ?? exitCodes.problems,
  )
}

/** The last lines of a program's output, for a problem. */
export function lastLines(text: string, count = 12): string[] {
  return text
    .trimEnd()
    .split(/\r?\n/)
    .slice(-count)
    .map((line) => line.replaceAll('\t', '    '))
}

// --- internal ---

function typedLine(file: string, args: readonly string[]): string {
  const name = file.split('/').at(-1) ?? file
  return [name, ...args].map(shellWord).join(' ')
}
