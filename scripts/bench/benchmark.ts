import type { Folders } from '../lib/folders.ts'
import type { ToolchainIo } from '../local/toolchain/find.ts'
import type { BenchmarkName, Measurement } from './measurement.ts'

export interface BenchmarkIo extends ToolchainIo, Folders {
  /** Measured runs of short programs; those that take seconds are run fewer times. A single one is a trial. */
  readonly runs: number
}

/** How many secrets are measured: a tenth in a trial, which shows that everything is measured, and no figure to rely on. */
export function sizeFor({ runs }: BenchmarkIo, size: number): number {
  return runs === 1 ? size / 10 : size
}

/** Measures one of the targets of speed and size. */
export interface Benchmark {
  readonly name: BenchmarkName
  run(io: BenchmarkIo): Promise<readonly Measurement[]>
}
