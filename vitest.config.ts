import { configDefaults, defineConfig } from 'vitest/config'
import { BaseSequencer, type TestSpecification } from 'vitest/node'

/** What is found or built before the tests of a level. */
const tools = ['test/helpers/tools.ts']
/** What is packed and installed once for a run, when a test asks. */
const packageOfRun = 'test/helpers/package-of-run.ts'
const clientTools = ['test/helpers/client-tools.ts']

/** It runs files of the levels below once more, which takes about a minute. */
const adopted = 'test/generated/adopted-application.test.ts'

/**
 * One project per level of the pyramid: `npx vitest run --project unit`. Projects of the same order run side by side. The
 * end-to-end tests mostly wait for other processes, so there are more of them at a time than cores.
 */
const projects = [
  { name: 'unit', timeout: 60_000, order: 0, workers: 2 },
  { name: 'generated', timeout: 120_000, setup: tools, order: 0, workers: 2, exclude: [adopted] },
  { name: 'chart', timeout: 120_000, setup: [...tools, packageOfRun], order: 0, workers: 2 },
  { name: 'emulator', timeout: 60_000, setup: clientTools, order: 0, workers: 2 },
  {
    name: 'e2e',
    timeout: 300_000,
    setup: [...tools, packageOfRun, 'test/helpers/planes.ts'],
    order: 1,
    workers: 5,
    include: ['test/e2e/**/*.test.ts', adopted],
  },
]

/** The files that take minutes begin first, so that none of them is left to run by itself at the end. */
const longest = [
  'e2e/bench',
  'e2e/rotation-shared-interrupted',
  'e2e/deploy',
  'e2e/rotation-interrupted',
  'e2e/start',
  'generated/adopted-application',
  'e2e/migrate-interrupted',
  'e2e/admission-rules',
  'e2e/migrate-killed',
  'e2e/boundary',
  'e2e/admission',
  'e2e/rotation-return-interrupted',
  'e2e/key-rotation-interrupted',
  'e2e/rotate',
  'e2e/leaks',
]

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const index = longest.findIndex((name) => moduleId.endsWith(`/${name}.test.ts`))
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
    projects: projects.map(({ name, timeout, setup = [], order, workers, include, exclude = [] }) => ({
      test: {
        name,
        include: include ?? [`test/${name}/**/*.test.ts`],
        exclude: [...configDefaults.exclude, ...exclude],
        setupFiles: ['test/helpers/each-file.ts'],
        globalSetup: ['test/helpers/compile.ts', ...setup],
        // Whether the tests were started by npx is not how a user of theirs types a command. Programs made with Go, as Helm is,
        // collect garbage four times less often than by themselves.
        env: { npm_lifecycle_event: '', GOGC: '400' },
        // The files of a worker share its modules: loading them again took a third of the time.
        isolate: false,
        testTimeout: timeout,
        hookTimeout: Math.max(timeout, 60_000),
        maxWorkers: workers,
        sequence: { groupOrder: order },
      },
    })),
  },
})
