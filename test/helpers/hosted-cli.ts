import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import type { Socket } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { pathToFileURL } from 'node:url'
import { inject } from 'vitest'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { compiledCli } from './cli.ts'
import type { HostedRun } from './cli-host.ts'
import { root } from './generating.ts'

export interface HostedOptions {
  readonly cwd: string
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
  readonly input?: string
}

/**
 * A command line in a process that has run others before, which spares most of what a small one costs. For every test whose
 * subject is not the process itself: signals, arguments, what is left when it is killed.
 *
 * @returns its output without the newline at the end
 */
export async function hostedCli(args: readonly string[], options: HostedOptions): Promise<RunResult> {
  const { exitCode, stdout, stderr } = await run(args, options)
  return { exitCode, stdout: stdout.replace(/\n$/, ''), stderr: stderr.replace(/\n$/, '') }
}

/** Several command lines one after the other, in this repository or `cwd`, with their output to the last character. */
export async function runCliMany(
  lines: readonly (readonly string[])[],
  env: HostedOptions['env'] = {},
  cwd: string = root,
): Promise<RunResult[]> {
  const results: RunResult[] = []
  for (const args of lines) results.push(await run(args, { cwd, env }))
  return results
}

// --- internal ---

async function run(args: readonly string[], { cwd, input = '', ...options }: HostedOptions): Promise<RunResult> {
  const all = Object.entries({ ...process.env, ...options.env })
  const env = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined))
  const host = await hostFor(cwd)
  const result = await host.run({ args, cwd, env, input })
  idle.push(host)
  return result
}

interface Host {
  /** The data files of a folder, as they were when the host first ran something there: it does not load them again. */
  readonly loaded: Map<string, string>
  run(line: HostedRun): Promise<RunResult>
  end(): void
}

/** Those that run nothing now. They end with this process. */
let idle: Host[] = []

async function hostFor(cwd: string): Promise<Host> {
  const files = await dataFilesOf(cwd)
  const isStale = ({ loaded }: Host) => (loaded.get(cwd) ?? files) !== files
  for (const host of idle.filter(isStale)) host.end()
  idle = idle.filter((host) => !isStale(host))
  const host = idle.pop() ?? startHost()
  host.loaded.set(cwd, files)
  return host
}

function startHost(): Host {
  const program = [join(inject('compiled'), 'test/helpers/cli-host.js'), pathToFileURL(compiledCli).href]
  const child = spawn(process.execPath, program, { cwd: '/', stdio: ['pipe', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.setEncoding('utf8').on('data', (text) => (said += text))
  const answers = createInterface({ input: child.stdout })
  const ended = once(child, 'exit').then(() => {
    throw new Error(`the process of the command lines has ended: ${said}`)
  })
  ended.catch(() => undefined)
  child.stdin.on('error', () => undefined)
  child.unref()
  for (const stream of [child.stdin, child.stdout, child.stderr]) (stream as unknown as Socket).unref()
  return {
    loaded: new Map(),
    async run(line) {
      const answer = once(answers, 'line')
      child.stdin.write(`${JSON.stringify(line)}\n`)
      const [text] = (await Promise.race([answer, ended])) as [string]
      return JSON.parse(text) as RunResult
    },
    end: () => void child.stdin.end(),
  }
}

/** When the data files of a folder were last changed, as text. */
async function dataFilesOf(folder: string): Promise<string> {
  const names = await readdir(join(folder, 'scripts')).catch(() => [])
  const stats = await Promise.all(names.sort().map((name) => stat(join(folder, 'scripts', name), { bigint: true })))
  return stats.map(({ size, mtimeNs }, index) => `${names[index]} ${size} ${mtimeNs}`).join('\n')
}
