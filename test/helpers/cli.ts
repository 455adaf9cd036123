import { spawn } from 'node:child_process'
import { join } from 'node:path'

export interface CliResult {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
}

export interface CliOptions {
  /** The repository whose command line is run. Default: this one */
  readonly root?: string
  /** Added to the environment of this process; undefined takes a variable away. */
  readonly env?: Readonly<Record<string, string | undefined>>
}

/** `npm run <command> -- <options>`, as a process of its own, to its end. */
export function runCli(args: readonly string[], options: CliOptions = {}): Promise<CliResult> {
  return runProgram('scripts/cli.ts', args, options)
}

/** Several command lines of this repository, one after the other in one process; none may need a process of its own. */
export async function runCliMany(lines: readonly (readonly string[])[]): Promise<CliResult[]> {
  const { exitCode, stdout, stderr } = await runProgram('test/helpers/cli-many.ts', [JSON.stringify(lines)], {})
  if (exitCode !== 0) throw new Error(`the command lines ended with ${exitCode}:\n${stderr}`)
  return JSON.parse(stdout) as CliResult[]
}

// --- internal ---

function runProgram(program: string, args: readonly string[], { root = process.cwd(), env = {} }: CliOptions) {
  return new Promise<CliResult>((resolve, reject) => {
    const child = spawn(process.execPath, ['--import', 'tsx', join(root, program), ...args], {
      cwd: root,
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    const text = { stdout: '', stderr: '' }
    for (const name of ['stdout', 'stderr'] as const) {
      child[name].setEncoding('utf8').on('data', (chunk: string) => {
        text[name] += chunk
      })
    }
    child.on('error', reject)
    child.on('close', (exitCode) => resolve({ exitCode, ...text }))
  })
}
