import { expect, test } from 'vitest'
import { age } from '../../../scripts/lib/age.ts'

const [second, minute, hour] = [1000, 60_000, 3_600_000]

test.each([
  [-5 * second, '0 s'],
  [999, '0 s'],
  [119 * second, '119 s'],
  [120 * second, '2 min'],
  [119 * minute, '119 min'],
  [120 * minute, '2 h'],
  [47 * hour, '47 h'],
  [48 * hour, '2 d'],
  [365 * 24 * hour, '365 d'],
])('%i ms are %s', (milliseconds, text) => {
  expect(age(milliseconds)).toBe(text)
})
