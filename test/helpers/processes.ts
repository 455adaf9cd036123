import { type ChildProcess, spawn } from 'node:child_process'
import { readdirSync, readFileSync, readlinkSync } from 'node:fs'
import { eventually } from './eventually.ts'

/** Whether a process (or with a negative id, any process of a group) is running; one that only waits to be reaped is not. */
export function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0)
  } catch {
    return false
  }
  return pid < 0 ? groupMembers(-pid).length > 0 : stateOf(pid) !== 'Z'
}

/** Ids of the processes that work in a folder (also one that is deleted by now), or name it as an argument. Linux only. */
export function processesIn(folder: string): number[] {
  return allPids().filter((pid) => {
    const cwd = attempt(() => readlinkSync(`/proc/${pid}/cwd`)) ?? ''
    const args = attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? ''
    return stateOf(pid) !== 'Z' && (cwd.startsWith(folder) || args.includes(folder))
  })
}

/** The command lines of all processes of this machine, which every user of it can read. Linux only. */
export function allArguments(): string {
  return allPids()
    .map((pid) => attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '')
    .join('\n')
}

/**
 * The command lines of processes that have begun since the last call, and of some calls before: a child has the arguments of its
 * parent until it has become another program. Reading those of all processes costs much more. Linux only.
 */
export function newArguments(): () => string[] {
  let ages = new Map<number, number>()
  return () => {
    ages = new Map(allPids().map((pid) => [pid, (ages.get(pid) ?? 0) + 1]))
    const young = [...ages].filter(([, age]) => age <= 5)
    return young.map(([pid]) => attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '')
  }
}

/** The program of a process, as it was started: the first of its arguments. Linux only. */
export function programOf(pid: number): string {
  return attempt(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8'))?.split('\0')[0] ?? ''
}

/** Kills a process with SIGKILL; the answer starts the same program again, in the same place. Linux only. */
export async function killed(pid: number): Promise<() => ChildProcess> {
  const [file = '', ...args] = readFileSync(`/proc/${pid}/cmdline`, 'utf8').split('\0').slice(0, -1)
  const cwd = readlinkSync(`/proc/${pid}/cwd`)
  const variables = readFileSync(`/proc/${pid}/environ`, 'utf8')
    .split('\0')
    .filter((line) => line.includes('='))
  const env = Object.fromEntries(
    variables.map((line) => [line.slice(0, line.indexOf('=')), line.slice(line.indexOf('=') + 1)]),
  )
  process.kill(pid, 'SIGKILL')
  await eventually(
    () => isRunning(pid),
    (running) => !running,
  )
  return () => spawn(file, args, { cwd, env, stdio: 'ignore', detached: true })
}

// --- internal ---

function allPids(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
}

function groupMembers(group: number): number[] {
  return allPids().filter((pid) => Number(statFields(pid)[2]) === group && stateOf(pid) !== 'Z')
}

function stateOf(pid: number): string | undefined {
  return statFields(pid)[0]
}

/** What follows the command's name in `/proc/<pid>/stat`: state, parent, group, … */
function statFields(pid: number): string[] {
  const text = attempt(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? ''
  return text.slice(text.lastIndexOf(')') + 2).split(' ')
}

function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
