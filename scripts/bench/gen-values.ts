import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { loadApplication } from '../session/application.ts'
import { type Benchmark, type BenchmarkIo, sizeFor } from './benchmark.ts'
import { largeApplicationFiles } from './large-application.ts'
import { inTurns, peakMemoryMiB, tsx } from './measured-programs.ts'
import {
  describePairs,
  duration,
  growth,
  type Measurement,
  medianExcessMs,
  medianRatio,
  type Pairs,
} from './measurement.ts'
import { copyRepository, type Workspace } from './workspace.ts'

/** `gen-values` that writes every file of all environments, compared with an empty TypeScript file. */
export const genValues: Benchmark = {
  name: 'gen-values',
  async run(io) {
    const { catalogue } = await loadApplication(io)
    const committed = await timeCommitted(io)
    const sizes: { readonly size: number; readonly pairs: Pairs }[] = []
    for (const whole of largeSizes) {
      const size = sizeFor(io, whole)
      sizes.push({ size, pairs: await timeLarge(size, io) })
    }
    return [
      {
        what: `gen-values, ${catalogue.secrets.length} secrets`,
        value: medianRatio(committed),
        unit: '×',
        target: 2.5,
        how: describePairs(committed),
      },
      ...sizes.map(
        ({ size, pairs }): Measurement => ({
          what: `gen-values, ${size.toLocaleString('en')} secrets`,
          value: medianExcessMs(pairs) / 1000,
          unit: '+s',
          target: 3,
          how: describePairs(pairs),
        }),
      ),
      linearity(sizes),
      await memory(),
    ]

    async function memory(): Promise<Measurement> {
      await using workspace = await copyRepository(io, largeApplicationFiles(largest))
      const value = await peakMemoryMiB(command(workspace), io)
      return {
        what: `gen-values, ${largest.toLocaleString('en')} secrets, peak memory`,
        value,
        unit: 'MiB',
        target: 500,
        how: 'one run',
      }
    }
  },
}

// --- internal ---

const largeSizes = [1_000, 5_000, 10_000]
const largest = 10_000
/** Runs of programs that take seconds. */
const slowRuns = 5

async function timeCommitted(io: BenchmarkIo): Promise<Pairs> {
  await using workspace = await copyRepository(io)
  return await time(workspace, io, io.runs)
}

async function timeLarge(size: number, io: BenchmarkIo): Promise<Pairs> {
  io.log(`gen-values: ${size.toLocaleString('en')} secrets`)
  await using workspace = await copyRepository(io, largeApplicationFiles(size))
  return await time(workspace, io, Math.min(io.runs, slowRuns))
}

async function time(workspace: Workspace, io: BenchmarkIo, runs: number): Promise<Pairs> {
  const { folder } = workspace
  await writeFile(join(folder, 'empty.ts'), '')
  const before = async () => {
    for (const path of generated) await rm(join(folder, path), { recursive: true, force: true })
  }
  return inTurns(tsx(folder, 'empty.ts'), command(workspace), { ...io, runs, before })
}

/** Removed before each run, so that each writes them all. */
const generated = ['values', 'charts/tiered-secrets/ci', 'charts/tiered-secrets/values.schema.json']

function command({ folder }: Workspace) {
  return tsx(folder, 'scripts/cli.ts', 'gen-values')
}

function linearity(sizes: readonly { readonly size: number; readonly pairs: Pairs }[]): Measurement {
  const points = sizes.map(({ size, pairs }) => ({ size, ms: medianExcessMs(pairs) }))
  const [small, middle, large] = points
  return {
    what: `gen-values, cost of one more secret at ${large?.size} against ${small?.size}`,
    value: small && middle && large ? growth(small, middle, large) : Number.NaN,
    unit: '×',
    target: 1.5,
    how: `1× is linear, 2.5× quadratic; ${points.map(({ size, ms }) => `${size}: ${duration(ms)}`).join(', ')}`,
  }
}
