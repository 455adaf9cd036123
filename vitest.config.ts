import { defineConfig } from 'vitest/config'

/** One project a level of the pyramid: `npx vitest run --project unit`. */
const projects = [
  { name: 'unit', timeout: 10_000 },
  { name: 'generated', timeout: 60_000 },
  { name: 'chart', timeout: 120_000 },
  { name: 'emulator', timeout: 30_000 },
  { name: 'e2e', timeout: 300_000 },
]

export default defineConfig({
  test: {
    allowOnly: false,
    projects: projects.map(({ name, timeout }) => ({
      test: {
        name,
        include: [`test/${name}/**/*.test.ts`],
        testTimeout: timeout,
        hookTimeout: Math.max(timeout, 60_000),
      },
    })),
  },
})
