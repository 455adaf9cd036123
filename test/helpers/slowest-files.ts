import type { Reporter, TestModule } from 'vitest/node'

/** Prints which files took longest, so that a slow one is seen the day it comes. */
export default class SlowestFiles implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length > 1) process.stdout.write(slowestText(modules.map(timeOf)))
  }
}

/** A test file and how long it took. */
export interface FileTime {
  /** Its project and path: `e2e test/e2e/rotate.test.ts` */
  readonly name: string
  readonly seconds: number
}

/** @param count how many files are reported. Default: 10 */
export function slowestText(files: readonly FileTime[], count = 10): string {
  const slowest = [...files].sort((a, b) => b.seconds - a.seconds).slice(0, count)
  const lines = slowest.map(({ name, seconds }) => `${seconds.toFixed(1).padStart(8)} s  ${name}\n`)
  return `\nThe slowest files:\n${lines.join('')}`
}

// --- internal ---

function timeOf(module: TestModule): FileTime {
  const { setupDuration, collectDuration, duration } = module.diagnostic()
  const { name } = module.project
  return { name: `${name} ${module.relativeModuleId}`, seconds: (setupDuration + collectDuration + duration) / 1000 }
}
