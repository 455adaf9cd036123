import { expect, test } from 'vitest'
import { type BenchmarkResult, reportJson, reportTable } from '../../../scripts/bench/bench-report.ts'
import { unstyled } from '../../../scripts/lib/printable.ts'

const results: readonly BenchmarkResult[] = [
  {
    benchmark: 'gen-values',
    measurements: [
      { what: 'gen-values, 34 secrets', value: 2.004, unit: '×', target: 2.5, how: '0.60 s, floor 0.30 s' },
      { what: 'gen-values, 10,000 secrets', value: 3.01, unit: '+s', target: 3, how: '' },
      { what: 'peak memory', value: 300.4, unit: 'MiB', target: 500, how: 'one run' },
    ],
  },
  {
    benchmark: 'scaleway-requests',
    measurements: [{ what: 'requests', value: 48, unit: 'requests', target: 48, how: '' }],
  },
  { benchmark: 'start', measurements: [{ what: 'start', value: Number.NaN, unit: 's', target: 15, how: '' }] },
]

test('the table has a row a figure and says how many targets are met', () => {
  expect(unstyled(reportTable(results))).toBe(`\
WHAT                        MEASURED        TARGET                  MET  HOW
gen-values, 34 secrets      2.00×           at most 2.50×           yes  0.60 s, floor 0.30 s
gen-values, 10,000 secrets  floor + 3.01 s  at most floor + 3.00 s  NO
peak memory                 300 MiB         at most 500 MiB         yes  one run
requests                    48 requests     at most 48 requests     yes
start                       NaN s           at most 15.0 s          NO

3 of 5 targets met
`)
})

test('machines read the same figures, each with its benchmark', () => {
  const report = JSON.parse(reportJson(results))
  expect(report).toMatchObject({ version: 1, met: false })
  expect(report.measurements).toHaveLength(5)
  expect(report.measurements[1]).toEqual({
    benchmark: 'gen-values',
    what: 'gen-values, 10,000 secrets',
    value: 3.01,
    unit: '+s',
    target: 3,
    how: '',
    met: false,
  })
  expect(report.measurements[4]).toMatchObject({ benchmark: 'start', value: null, met: false })
  expect(JSON.parse(reportJson(results.slice(1, 2))).met).toBe(true)
})
