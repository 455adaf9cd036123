import type { Folders } from '../lib/folders.ts'
import type { ToolchainIo } from '../local/toolchain/find.ts'
import type { BenchmarkName, Measurement } from './measurement.ts'

export interface BenchmarkIo extends ToolchainIo, Folders {
  /** Measured runs of short programs; those that take seconds are run fewer times. */
  readonly runs: number
}

/** Measures one of the targets of speed and size. */
export interface Benchmark {
  readonly name: BenchmarkName
  run(io: BenchmarkIo): Promise<readonly Measurement[]>
}
