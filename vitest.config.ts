import { defineConfig } from 'vitest/config'

/** One project a level of the pyramid: `npx vitest run --project unit`. */
const projects = [
  { name: 'unit', timeout: 20_000 },
  { name: 'generated', timeout: 120_000, needsTools: true },
  { name: 'chart', timeout: 120_000, needsTools: true },
  { name: 'emulator', timeout: 30_000 },
  { name: 'e2e', timeout: 300_000, needsTools: true },
]

export default defineConfig({
  test: {
    allowOnly: false,
    projects: projects.map(({ name, timeout, needsTools }) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        globalSetup: needsTools ? ['test/helpers/tools.ts'] : [],
        testTimeout: timeout,
        hookTimeout: Math.max(timeout, 60_000),
      },
    })),
  },
})
