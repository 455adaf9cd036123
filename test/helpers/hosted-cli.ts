import { spawn } from 'node:child_process'
import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readdir, readFile } from 'node:fs/promises'
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
  /** The command line. Default: that of this repository */
  readonly cli?: string
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

async function run(args: readonly string[], options: HostedOptions): Promise<RunResult> {
  const { cwd, cli = compiledCli, input = '' } = options
  const all = Object.entries({ ...process.env, ...options.env })
  const env = Object.fromEntries(all.filter((entry): entry is [string, string] => entry[1] !== undefined))
  const host = await hostFor({ cli, authority: env.NODE_EXTRA_CA_CERTS }, cwd)
  const result = await host.run({ args, cwd, env, input })
  // What was not there before is loaded as this run has written it.
  if (host.loaded.get(cwd) === '') host.loaded.set(cwd, await dataFilesOf(cwd))
  idle.push(host)
  return result
}

/** What a host has from its start on. */
interface Begin {
  readonly cli: string
  /** The file of certificates that Node trusts besides its own: it reads them once. */
  readonly authority: string | undefined
}

interface Host extends Begin {
  /** The data files of a folder, as the host has loaded them: it does not load them again. */
  readonly loaded: Map<string, string>
  run(line: HostedRun): Promise<RunResult>
  end(): void
}

/** Those that run nothing now, the last one at the end. They end with this process. */
const idle: Host[] = []

/** One that has loaded other data files in this folder may be of use when they are put back. */
const maxIdle = 3

async function hostFor(begin: Begin, cwd: string): Promise<Host> {
  const files = await dataFilesOf(cwd)
  const isFit = ({ cli, authority, loaded }: Host) =>
    cli === begin.cli && authority === begin.authority && (loaded.get(cwd) ?? files) === files
  const found = idle.findLastIndex(isFit)
  const host = idle.splice(found, found < 0 ? 0 : 1)[0] ?? startHost(begin)
  for (const other of idle.splice(0, idle.length - maxIdle)) other.end()
  host.loaded.set(cwd, files)
  return host
}

function startHost({ cli, authority }: Begin): Host {
  const program = [join(inject('compiled'), 'test/helpers/cli-host.js'), pathToFileURL(cli).href]
  const env = { ...process.env, NODE_EXTRA_CA_CERTS: authority }
  const child = spawn(process.execPath, program, { cwd: '/', env, stdio: ['pipe', 'pipe', 'pipe'] })
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
    cli,
    authority,
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

/** What a host loads in a folder once: the data files, and what they may import. */
async function dataFilesOf(folder: string): Promise<string> {
  const entries = await readdir(join(folder, 'scripts'), { withFileTypes: true }).catch(() => [])
  const names = entries.filter((entry) => entry.isFile()).map(({ name }) => name)
  const texts = await Promise.all(names.sort().map((name) => readFile(join(folder, 'scripts', name))))
  const digest = createHash('sha256')
  for (const [index, text] of texts.entries()) digest.update(`\0${names[index]}\0${text.length}\0`).update(text)
  return names.length === 0 ? '' : digest.digest('hex')
}
