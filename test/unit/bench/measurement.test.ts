import { expect, test } from 'vitest'
import {
  describePairs,
  duration,
  growth,
  isMet,
  type Measurement,
  median,
  medianExcessMs,
  medianRatio,
} from '../../../scripts/bench/measurement.ts'

test.each([
  [[3, 1, 2], 2],
  [[10, 9, 100, 1], 9.5],
  [[5], 5],
  [[], Number.NaN],
])('the median of %j is %d', (values, expected) => {
  expect(median(values)).toBe(expected)
})

test('a pair measured in a busy minute does not move the ratio, whichever of the medians it moves', () => {
  const pairs = { floorMs: [10, 100, 10, 80, 90], subjectMs: [20, 200, 20, 160, 900] }
  expect(medianRatio(pairs)).toBe(2)
  expect(medianExcessMs(pairs)).toBe(80)
})

const points = (cost: (size: number) => number) =>
  [1_000, 5_000, 10_000].map((size) => ({ size, ms: cost(size) })) as [Point, Point, Point]
type Point = Parameters<typeof growth>[0]

test.each([
  ['linear', (size: number) => 0.1 * size, 1],
  ['linear after a fixed part', (size: number) => 700 + 0.1 * size, 1],
  ['quadratic', (size: number) => 700 + size ** 2, 2.5],
  ['constant after the middle', (size: number) => Math.min(size, 5_000), 0],
])('the growth of a cost that is %s', (_, cost, expected) => {
  expect(growth(...points(cost))).toBeCloseTo(expected)
})

const measured = (value: number, target: number): Measurement => ({ what: '', value, unit: '×', target, how: '' })

test('a target is met up to and with its figure, and never by a figure that could not be measured', () => {
  expect(isMet(measured(2.5, 2.5))).toBe(true)
  expect(isMet(measured(2.51, 2.5))).toBe(false)
  expect(isMet(measured(Number.NaN, 2.5))).toBe(false)
})

test('durations are reported in the unit a person reads', () => {
  expect(duration(43.4)).toBe('43 ms')
  expect(duration(1_234)).toBe('1.23 s')
  expect(describePairs({ floorMs: [300, 310, 290], subjectMs: [1_000, 2_000, 1_500] })).toBe(
    '1.50 s, floor 300 ms, median of 3',
  )
})
