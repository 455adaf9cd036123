import { expect, test } from 'vitest'
import type { Measurement } from '../../scripts/bench/measurement.ts'
import { runCli } from '../helpers/cli.ts'

// What it measures is for quiet machines; that it measures everything is for every one. The others start more stacks.
test.each([
  ['gen-values', 6],
  ['package', 3],
  ['helm-template', 2],
  ['wait', 1],
  ['status', 5],
])('npm run bench -- --only %s finishes with all figures', { timeout: 900_000 }, async (name, figures) => {
  const { exitCode, stdout, stderr } = await runCli(['bench', '--only', name, '--runs', '1', '--output', 'json'])
  expect([stderr, [0, 3].includes(exitCode)]).toEqual([expect.not.stringMatching(/bug|Warning/), true])
  const { met, measurements } = JSON.parse(stdout) as {
    readonly met: boolean
    readonly measurements: readonly (Measurement & { readonly met: boolean })[]
  }
  expect([met, measurements.length]).toEqual([exitCode === 0, figures])
  for (const { what, value, unit, met } of measurements) {
    expect([what, Number.isFinite(value)]).toEqual([what, true])
    if (unit === 'requests' || unit === 'MiB') expect([what, value > 0, met]).toEqual([what, true, true])
  }
})
