/**
 * Run as a program by tests: runs one command line after another in one process, because starting Node and loading our modules
 * costs more than most of them. Its argument is the address of the command line. Each line of its input is a `HostedRun`, and
 * it answers each with a line that is a `RunResult`.
 */
import { createInterface } from 'node:readline'
import { Readable } from 'node:stream'
import type { RunResult } from '../../scripts/lib/exec.ts'

/** A command line, and where it is typed. */
export interface HostedRun {
  readonly args: readonly string[]
  readonly cwd: string
  /** All that it sees. */
  readonly env: Readonly<Record<string, string>>
  readonly input: string
}

const [cli = ''] = process.argv.slice(2)
const realInput = process.stdin
const streams = ['stdout', 'stderr'] as const
const print = process.stdout.write.bind(process.stdout)
process.setMaxListeners(0)
for (const name of streams) process[name].setMaxListeners(0)

let count = 0
for await (const line of createInterface({ input: realInput })) {
  const result = await run(JSON.parse(line) as HostedRun)
  print(`${JSON.stringify(result)}\n`)
}
process.exit(0)

async function run({ args, cwd, env, input }: HostedRun): Promise<RunResult> {
  const text = { stdout: '', stderr: '' }
  for (const name of streams) {
    process[name].write = (chunk: string | Uint8Array) => {
      text[name] += String(chunk)
      return true
    }
  }
  for (const name of Object.keys(process.env)) delete process.env[name]
  Object.assign(process.env, env)
  process.chdir(cwd)
  process.argv = [...process.argv.slice(0, 2), ...args]
  process.exitCode = undefined
  Object.defineProperty(process, 'stdin', { configurable: true, value: Readable.from(input === '' ? [] : [input]) })
  // A query makes it another module, so that it runs again.
  await import(`${cli}?${count++}`)
  // The folder may be deleted now.
  process.chdir('/')
  for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.removeAllListeners(name)
  return { exitCode: Number(process.exitCode ?? 0), ...text }
}
