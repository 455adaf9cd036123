import { type CpuInfo, cpus } from 'node:os'
import type { Reporter, TestModule } from 'vitest/node'

/**
 * Prints which files took longest, so that a slow one is seen the day it comes, and how busy the machine was: where it was idle,
 * tests wait; where it was not, only less work makes them faster.
 */
export default class SlowestFiles implements Reporter {
  #before: readonly CpuInfo[] = []
  #started = 0

  onTestRunStart(): void {
    this.#before = cpus()
    this.#started = performance.now()
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    if (modules.length < 2) return
    const seconds = (performance.now() - this.#started) / 1000
    process.stdout.write(slowestText(modules.map(timeOf)) + busyText(this.#before, cpus(), seconds))
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

/**
 * The part of the processor time of a machine that was used between two looks at it, by everything that runs there.
 *
 * @param seconds how long it is between the two
 */
export function busyText(before: readonly CpuInfo[], after: readonly CpuInfo[], seconds: number): string {
  const ms = (cores: readonly CpuInfo[], of: (times: CpuInfo['times']) => number) =>
    cores.reduce((sum, { times }) => sum + of(times), 0)
  const passed = (of: (times: CpuInfo['times']) => number) => ms(after, of) - ms(before, of)
  const all = passed(({ user, nice, sys, idle, irq }) => user + nice + sys + idle + irq)
  const share = all === 0 ? 0 : 1 - passed(({ idle }) => idle) / all
  return `\n${seconds.toFixed(0)} s on ${after.length} cores, ${(share * 100).toFixed(0)} % busy\n`
}

// --- internal ---

function timeOf(module: TestModule): FileTime {
  const { setupDuration, collectDuration, duration } = module.diagnostic()
  const { name } = module.project
  return { name: `${name} ${module.relativeModuleId}`, seconds: (setupDuration + collectDuration + duration) / 1000 }
}
