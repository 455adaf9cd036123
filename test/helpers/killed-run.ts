import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { compiledCli } from './cli.ts'
import type { Disturbance, DisturbedGates, Hit } from './disturbance.ts'
import type { GateRequest } from './gate.ts'
import { allArguments } from './processes.ts'

/** What a command line left behind. */
export interface KilledRun {
  readonly killed: boolean
  readonly output: string
}

/** A command line as it is typed, and where. */
export interface CommandLine {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
}

/** Which request of a run is its last: before the server gets it, or after it was done and before the answer arrives. */
export interface Cut {
  readonly side: Disturbance['side']
  /** Counted from 1; after it was done, those that write are counted alone. */
  readonly at: number
  readonly when: 'before' | 'after'
  /** Others are not counted. Default: all are */
  readonly only?: (request: GateRequest) => boolean
}

/**
 * Does in this process what `killedRun` does in one of its own: from the cut on, no request of the run gets anywhere.
 *
 * @returns the request, if there was one; what the run ended with
 */
export async function cutRun(
  gates: Pick<DisturbedGates, 'disturb' | 'calm'>,
  { side, at, when, only }: Cut,
  run: (signal: AbortSignal) => Promise<unknown>,
): Promise<{ readonly isCut: boolean; readonly hit: Hit | undefined; readonly error: unknown }> {
  const death = new AbortController()
  const hit = gates.disturb({
    side,
    at,
    writesOnly: when === 'after',
    ...(only ? { only } : {}),
    last: true,
    async act(forward) {
      if (when === 'after') await forward()
      death.abort(new Error('cut off'))
      return 'reset'
    },
  })
  const error = await run(death.signal).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  gates.calm()
  return { isCut: hit() !== undefined, hit: hit(), error }
}

/**
 * Runs a command and kills it with SIGKILL at one of its requests: before the server gets it, or after it was done and
 * before the answer arrives, which makes a difference for writes only.
 */
export async function killedRun(
  { folder, env, args }: CommandLine,
  gates: Pick<DisturbedGates, 'disturb' | 'calm'>,
  { side, at, when }: Cut,
): Promise<KilledRun> {
  let kill = async () => {}
  const hit = gates.disturb({
    side,
    at,
    writesOnly: when === 'after',
    async act(forward) {
      if (when === 'after') await forward()
      await kill()
      return 'reset'
    },
  })
  const child = spawn(process.execPath, [compiledCli, ...args], {
    cwd: folder,
    env: { ...process.env, ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  kill = async () => {
    output += allArguments()
    child.kill('SIGKILL')
    await closed
  }
  await closed
  gates.calm()
  return { killed: hit() !== undefined, output }
}
