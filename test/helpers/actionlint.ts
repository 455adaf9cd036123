import { type RunResult, tryRun } from '../../scripts/lib/exec.ts'
import { tools } from './tools.ts'

/** What actionlint says of a GitHub workflow; it knows its syntax, its expressions and which context may stand where. */
export async function actionlint(workflow: string): Promise<RunResult> {
  const { actionlint: linter } = await tools('actionlint')
  return tryRun(linter.path, ['-no-color', '-shellcheck=', '-pyflakes=', '-'], { input: workflow })
}
