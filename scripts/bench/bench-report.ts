import { jsonDocument, lines, type Printable, together } from '../lib/printable.ts'
import { table } from '../lib/table.ts'
import { type BenchmarkName, isMet, type Measurement, type Unit } from './measurement.ts'

/** What one benchmark found. */
export interface BenchmarkResult {
  readonly benchmark: BenchmarkName
  readonly measurements: readonly Measurement[]
}

/** One row per figure, and how many targets are met. */
export function reportTable(results: readonly BenchmarkResult[], columns?: number): Printable {
  const measurements = results.flatMap((result) => result.measurements)
  const rows = measurements.map((measurement) => [
    measurement.what,
    figure(measurement.value, measurement.unit),
    `at most ${figure(measurement.target, measurement.unit)}`,
    isMet(measurement) ? ({ text: 'yes', style: 'good' } as const) : ({ text: 'NO', style: 'bad' } as const),
    measurement.how,
  ])
  const met = measurements.filter(isMet).length
  return together(
    table(['WHAT', 'MEASURED', 'TARGET', 'MET', 'HOW'], rows, { columns, below: 'HOW' }),
    lines('', `${met} of ${measurements.length} targets met`),
  )
}

/** The same for machines. A figure that could not be measured is null, and not met. */
export function reportJson(results: readonly BenchmarkResult[]): Printable {
  const measurements = results.flatMap(({ benchmark, measurements }) =>
    measurements.map((measurement) => ({ benchmark, ...measurement, met: isMet(measurement) })),
  )
  return jsonDocument({ version: 1, met: measurements.every(isMet), measurements })
}

// --- internal ---

function figure(value: number, unit: Unit): string {
  if (unit === '×') return `${value.toFixed(2)}×`
  if (unit === '+s') return `floor + ${value.toFixed(2)} s`
  return unit === 's' ? `${value.toFixed(1)} s` : `${Math.round(value)} ${unit}`
}
