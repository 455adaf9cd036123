import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What measures, or must find this machine at rest: it runs at the end, with nothing beside it. */
const alone = ['test/e2e/bench.test.ts', 'test/e2e/start.test.ts', 'test/generated/adopted-application.test.ts']

/**
 * One project per level of the pyramid: `npx vitest run --project unit`. Projects of the same order run side by side. The
 * end-to-end tests mostly wait for other processes, so there are more of them at a time than cores.
 */
const projects = [
  { name: 'unit', timeout: 20_000, order: 0, workers: 2 },
  { name: 'generated', timeout: 120_000, needsTools: true, order: 0, workers: 2, exclude: alone },
  { name: 'chart', timeout: 120_000, needsTools: true, order: 0, workers: 2 },
  { name: 'emulator', timeout: 30_000, order: 0, workers: 2 },
  { name: 'e2e', timeout: 300_000, needsTools: true, order: 1, workers: 3, exclude: alone },
  { name: 'alone', timeout: 300_000, needsTools: true, order: 2, workers: 1, include: alone },
]

/** The files that take minutes begin first, so that none of them is left to run by itself at the end. */
const longest = [
  'migrate-interrupted',
  'rotation-faults',
  'migrate-killed',
  'rotate',
  'rotation-return-interrupted',
  'rotation-interrupted',
  'admission-operator',
  'key-rotation-interrupted',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((name) => moduleId.endsWith(`/e2e/${name}.test.ts`))
      return index < 0 ? longest.length : index
    }
    const sorted = await super.sort(files)
    return sorted.sort((a, b) => rank(a) - rank(b))
  }
}

export default defineConfig({
  test: {
    allowOnly: false,
    reporters: ['default', './test/helpers/slowest-files.ts'],
    sequence: { sequencer: LongestFirst },
    projects: projects.map(({ name, timeout, needsTools, order, workers, include, exclude = [] }) => ({
      test: {
        name,
        include: include ?? [`test/${name}/**/*.test.ts`],
        exclude: [...configDefaults.exclude, ...exclude],
        globalSetup: ['test/helpers/compile.ts', ...(needsTools ? ['test/helpers/tools.ts'] : [])],
        testTimeout: timeout,
        hookTimeout: Math.max(timeout, 60_000),
        maxWorkers: workers,
        sequence: { groupOrder: order },
      },
    })),
  },
})
