import { expect, test } from 'vitest'
import { shortList } from '../../../scripts/lib/short-list.ts'

test.each([
  [1, 'a'],
  [6, 'a, b, c, d, e, f'],
  [7, 'a, b, c, d, e and 2 more'],
  [26, 'a, b, c, d, e and 21 more'],
])('a list of %i', (length, text) => {
  expect(shortList([...'abcdefghijklmnopqrstuvwxyz'].slice(0, length))).toBe(text)
})
