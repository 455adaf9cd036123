import { join } from 'node:path'
import { inject } from 'vitest'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { root } from './generating.ts'

/** The command line as plain JavaScript. The user's folder is where it is started. */
export const compiledCli = join(inject('compiled'), 'scripts/cli.js')

/** The command line as `package.json` starts it, to be run in a repository. */
export const cliOfPackage = ['--import', 'tsx', 'scripts/cli.ts'] as const

/** A command in this repository, without npm: a process of its own, to its end. */
export function runCli(args: readonly string[]): Promise<RunResult> {
  return tryRun(process.execPath, [compiledCli, ...args], { cwd: root })
}
