import { expect, test } from 'vitest'
import { parseVersion, satisfies } from '../../../../scripts/local/toolchain/pinned-versions.ts'

test.each([
  ['v4.3.1', [4, 3, 1]],
  ['1.34.4+k3s1', [1, 34, 4]],
  ['1.37', [1, 37, 0]],
  ['3', [3, 0, 0]],
  ['4.3.0-rc.1', [4, 3, 0]],
])('reads the numbers of %s', (text, numbers) => {
  expect(parseVersion(text)).toEqual(numbers)
})

test('finds no version in a word', () => {
  expect(parseVersion('unreleased')).toBeUndefined()
})

test.each([
  ['4.3.0', true],
  ['4.12.0', true],
  ['4.2.9', false],
  ['5.0.0', false],
  ['3.22.0', false],
  ['development', false],
])('tells whether %s is at least 4.3.0 and below 5.0.0: %s', (version, expected) => {
  expect(satisfies(version, '>=4.3.0 <5.0.0')).toBe(expected)
})
