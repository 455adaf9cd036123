import { type ChildProcess, spawn } from 'node:child_process'
import { open, readFile } from 'node:fs/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { commandLine } from '../../lib/command-line.ts'
import { lastLines } from '../../lib/exec.ts'
import { isErrno } from '../../lib/files.ts'
import { exitCodes, ProblemError } from '../../lib/problems.ts'

export interface ProcessOptions {
  /** As messages name it: `kube-apiserver`. */
  readonly name: string
  readonly file: string
  /** Anyone on this machine can read them: never a secret. */
  readonly args: readonly string[]
  /** The whole environment; nothing is inherited, so that no credential of the caller's reaches the process. */
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  /** Receives standard output and standard error. */
  readonly logFile: string
  /** Asked every `pollMs` until it says true. A rejection counts as "not yet". */
  readonly ready: () => Promise<boolean>
  /** Default: 50. */
  readonly pollMs?: number
  /** Default: 60,000. */
  readonly timeoutMs?: number
  /** Between SIGTERM and SIGKILL. Default: 5,000. */
  readonly graceMs?: number
  readonly signal?: AbortSignal | undefined
  /** Called with the process id as soon as there is one. */
  readonly onSpawn?: (pid: number) => void
}

export interface RunningProcess extends AsyncDisposable {
  readonly name: string
  readonly pid: number
  readonly logFile: string
  /** Resolves when the process has ended by itself, with the problem to show; never after we stopped it. */
  readonly failure: Promise<ProblemError>
}

/**
 * Starts a program and waits until it is ready.
 *
 * @throws ProblemError `PROCESS_EXITED` when it ended too early, with its last lines; `PROCESS_TIMEOUT` when time is up.
 * @throws the signal's reason when aborted. In every case nothing is left running.
 */
export async function startProcess(options: ProcessOptions): Promise<RunningProcess> {
  const { name, logFile, signal } = options
  signal?.throwIfAborted()
  const child = await spawnDetached(options)
  let stopping = false
  const stop = () => {
    stopping = true
    return stopProcess(child.process, child.ended, options.graceMs ?? 5000)
  }
  try {
    await untilReady(options, child)
  } catch (error) {
    await stop()
    throw error
  }
  const failure = new Promise<ProblemError>((resolve) => {
    void child.ended.then(async (how) => {
      if (!stopping) resolve(await exitProblem(options, `${how} while it was in use`))
    })
  })
  return { name, pid: child.process.pid ?? 0, logFile, failure, [Symbol.asyncDispose]: stop }
}

// --- internal ---

interface Child {
  readonly process: ChildProcess
  /** Resolves with `exited with 1`, `was ended by SIGKILL` or `can't be started (ENOENT)`. */
  readonly ended: Promise<string>
}

async function spawnDetached({ file, args, env, cwd, logFile, onSpawn }: ProcessOptions): Promise<Child> {
  const log = await open(logFile, 'a', 0o600)
  try {
    // A session of its own, or a terminal's Ctrl-C would reach etcd before the API server has finished writing.
    const child = spawn(file, args, { cwd, env: { ...env }, stdio: ['ignore', log.fd, log.fd], detached: true })
    const ended = new Promise<string>((resolve) => {
      child.once('error', (error: NodeJS.ErrnoException) => resolve(`can't be started (${error.code})`))
      child.once('exit', (code, signal) => resolve(code === null ? `was ended by ${signal}` : `exited with ${code}`))
    })
    if (child.pid !== undefined) onSpawn?.(child.pid)
    return { process: child, ended }
  } finally {
    await log.close()
  }
}

async function untilReady(options: ProcessOptions, { ended }: Child): Promise<void> {
  const { ready, signal, pollMs = 50, timeoutMs = 60_000 } = options
  const deadline = performance.now() + timeoutMs
  let how: string | undefined
  void ended.then((text) => {
    how = text
  })
  while (!(await ready().catch(() => false))) {
    signal?.throwIfAborted()
    await Promise.race([ended, sleep(pollMs)])
    if (how !== undefined) throw await exitProblem(options, `${how} before it was ready`)
    if (performance.now() > deadline) throw await timeoutProblem(options, timeoutMs)
  }
}

/** Ends the whole process group: first with SIGTERM, then with SIGKILL. */
async function stopProcess(child: ChildProcess, ended: Promise<string>, graceMs: number): Promise<void> {
  if (child.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
  signalGroup(child.pid, 'SIGTERM')
  const timer = setTimeout(signalGroup, graceMs, child.pid, 'SIGKILL')
  await ended
  clearTimeout(timer)
}

function signalGroup(pid: number, signal: NodeJS.Signals): void {
  try {
    process.kill(-pid, signal)
  } catch (error) {
    if (!isErrno(error, 'ESRCH')) throw error
  }
}

async function exitProblem(options: ProcessOptions, fact: string): Promise<ProblemError> {
  const fix = `Read the lines above; a wrong or damaged program is replaced by \`${commandLine`setup`}\` once its folder is deleted.`
  return problem(options, 'PROCESS_EXITED', `${fact}. Expected it to keep running.`, fix)
}

async function timeoutProblem(options: ProcessOptions, timeoutMs: number): Promise<ProblemError> {
  const fix = 'Run it again when the machine is less busy; the lines above show what it was waiting for.'
  const fact = `is running but was not ready after ${timeoutMs / 1000} s. Expected it to answer by then.`
  return problem(options, 'PROCESS_TIMEOUT', fact, fix)
}

async function problem(
  { name, logFile }: ProcessOptions,
  code: string,
  fact: string,
  fix: string,
): Promise<ProblemError> {
  const log = await readFile(logFile, 'utf8').catch(() => '')
  const said =
    log.trim() === ''
      ? { message: `${fact} It wrote nothing.` }
      : { message: `${fact} Its last lines:`, lastLines: lastLines(log) }
  return new ProblemError({ code, where: name, ...said, fix }, exitCodes.unreachable)
}
