/** Names of the benchmarks, as `--only` takes them. */
export const benchmarkNames = [
  'gen-values',
  'package',
  'environments',
  'helm-template',
  'scaleway-requests',
  'start',
  'wait',
  'status',
  'audit',
] as const

export type BenchmarkName = (typeof benchmarkNames)[number]

/** `×`: times the floor. `+s`: seconds more than the floor. */
export type Unit = '×' | '+s' | 's' | 'ms' | 'MiB' | 'requests'

/** One measured figure and the most it may be. */
export interface Measurement {
  readonly what: string
  readonly value: number
  readonly unit: Unit
  readonly target: number
  /** How it was measured: absolute figures, number of runs. */
  readonly how: string
}

/** Wall times of one program and of its floor, run alternately: `floorMs[i]` was taken right before `subjectMs[i]`. */
export interface Pairs {
  readonly floorMs: readonly number[]
  readonly subjectMs: readonly number[]
}

export function isMet({ value, target }: Measurement): boolean {
  return value <= target
}

/** The middle value; of an even number the mean of the two in the middle. NaN of none. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = Math.floor(sorted.length / 2)
  const upper = sorted[middle] ?? Number.NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? Number.NaN) + upper) / 2
}

/** How many times the floor the subject takes. Compared in pairs, so that a busy moment of the machine slows both. */
export function medianRatio(pairs: Pairs): number {
  return median(pairwise(pairs, (subject, floor) => subject / floor))
}

/** How much longer than the floor the subject takes, in milliseconds. */
export function medianExcessMs(pairs: Pairs): number {
  return median(pairwise(pairs, (subject, floor) => subject - floor))
}

/** Time by size of the input. */
export interface Point {
  readonly size: number
  readonly ms: number
}

/**
 * How the cost of one more item changes with size: 1 when linear, whatever the fixed part; 2.5 for a quadratic cost at
 * 1,000, 5,000 and 10,000. Not below zero, and noise may make it more than it is.
 */
export function growth(small: Point, middle: Point, large: Point): number {
  const slope = (from: Point, to: Point) => Math.max(0, to.ms - from.ms) / (to.size - from.size)
  return slope(middle, large) / slope(small, middle)
}

/** `0.61 s, floor 0.30 s, median of 9`. */
export function describePairs({ floorMs, subjectMs }: Pairs): string {
  return `${duration(median(subjectMs))}, floor ${duration(median(floorMs))}, median of ${subjectMs.length}`
}

/** Milliseconds in the unit a person reads. */
export function duration(ms: number): string {
  return ms < 1000 ? `${Math.round(ms)} ms` : `${(ms / 1000).toFixed(2)} s`
}

// --- internal ---

function pairwise({ floorMs, subjectMs }: Pairs, combine: (subject: number, floor: number) => number): number[] {
  return subjectMs.map((subject, index) => combine(subject, floorMs[index] ?? Number.NaN))
}
