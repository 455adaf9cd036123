import { join } from 'node:path'
import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { root } from './generating.ts'

/** `npm run <args>` in this repository, without npm: a process of its own, to its end. */
export function runCli(args: readonly string[]): Promise<RunResult> {
  return tryRun(process.execPath, ['--import', 'tsx', join(root, 'scripts/cli.ts'), ...args], { cwd: root })
}

/** Several command lines one after the other in one process; none may need a process of its own. */
export async function runCliMany(
  lines: readonly (readonly string[])[],
  env: Readonly<Record<string, string>> = {},
): Promise<RunResult[]> {
  const program = ['--import', 'tsx', join(root, 'test/helpers/cli-many.ts'), JSON.stringify(lines)]
  const { exitCode, stdout, stderr } = await tryRun(process.execPath, program, { cwd: root, env })
  if (exitCode !== 0) throw new Error(`the command lines ended with ${exitCode}:\n${stderr}`)
  return JSON.parse(stdout) as RunResult[]
}
