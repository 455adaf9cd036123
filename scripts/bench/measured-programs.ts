import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { text } from 'node:stream/consumers'
import { run } from '../lib/exec.ts'
import type { Pairs } from './measurement.ts'

/** A command line to be measured. */
export interface Program {
  readonly file: string
  readonly args: readonly string[]
  readonly cwd: string
}

export interface MeasureOptions {
  readonly env: Readonly<Record<string, string | undefined>>
  readonly signal: AbortSignal
}

/** A TypeScript file and its arguments, run as the scripts of `package.json` run `scripts/cli.ts`. */
export function tsx(cwd: string, ...args: readonly string[]): Program {
  return { file: process.execPath, args: ['--import', 'tsx', ...args], cwd }
}

/**
 * The wall time of one run, from start to exit; its output is thrown away.
 *
 * @throws ProblemError `TOOL_FAILED` with what the program says when it fails
 */
export async function wallMs({ file, args, cwd }: Program, { env, signal }: MeasureOptions): Promise<number> {
  const started = performance.now()
  const child = spawn(file, args, { cwd, env, signal, stdio: 'ignore' })
  const [exitCode] = await once(child, 'exit')
  const elapsed = performance.now() - started
  if (exitCode !== 0) await run(file, args, { cwd, env, signal })
  return elapsed
}

export interface TurnsOptions extends MeasureOptions {
  /** Number of measured pairs; one more of each comes first, to warm the caches. A single pair is a trial, without that. */
  readonly runs: number
  /** Before each run of the subject, outside of the measured time. */
  readonly before?: () => Promise<void>
}

/** Floor and subject alternately. */
export async function inTurns(floor: Program, subject: Program, options: TurnsOptions): Promise<Pairs> {
  const pairs: { floorMs: number[]; subjectMs: number[] } = { floorMs: [], subjectMs: [] }
  const warmUps = options.runs === 1 ? 0 : 1
  for (let index = 0; index < warmUps + options.runs; index++) {
    const floorMs = await wallMs(floor, options)
    await options.before?.()
    const subjectMs = await wallMs(subject, options)
    if (index < warmUps) continue
    pairs.floorMs.push(floorMs)
    pairs.subjectMs.push(subjectMs)
  }
  return pairs
}

/** The most memory a `tsx` program was given at a time, in MiB. It tells its own, which works on every system. */
export async function peakMemoryMiB({ file, args, cwd }: Program, { env, signal }: MeasureOptions): Promise<number> {
  const child = spawn(file, ['--import', tellPeakMemory, ...args], {
    cwd,
    env,
    signal,
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
  })
  const pipe = child.stdio[3]
  const [told] = await Promise.all([pipe && 'setEncoding' in pipe ? text(pipe) : '', once(child, 'exit')])
  return Number.parseInt(told, 10) / 1024
}

// --- internal ---

/** A module that writes the peak memory in KiB to file descriptor 3 at the end of the process. */
const tellPeakMemory = `data:text/javascript,${encodeURIComponent(
  `import { writeSync } from 'node:fs'
process.on('exit', () => writeSync(3, String(process.resourceUsage().maxRSS)))`,
)}`
