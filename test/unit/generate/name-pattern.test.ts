import fc from 'fast-check'
import { expect, test } from 'vitest'
import { namePattern } from '../../../scripts/generate/name-pattern.ts'

test.each([
  [['A'], '^A$'],
  [['A', 'B'], '^[AB]$'],
  [['S3_BUCKET', 'S3_KEY_1', 'S3_KEY_2'], '^S3_(?:BUCKET|KEY_[12])$'],
  [['A', 'AB', 'ABC'], '^A(?:B(?:C)?)?$'],
  [['A_URL', 'B_URL', 'C'], '^(?:[AB]_URL|C)$'],
  [['A', 'A'], '^A$'],
])('the pattern of %j is %s', (names, pattern) => {
  expect(namePattern(names)).toBe(pattern)
})

const name = fc.stringMatching(/^[AB_][AB1_]{0,5}$/)

test('the pattern accepts the names and no other', () => {
  fc.assert(
    fc.property(fc.uniqueArray(name, { minLength: 1, maxLength: 40 }), fc.array(name), (names, others) => {
      const pattern = new RegExp(namePattern(names))
      for (const one of [...names, ...others]) expect(pattern.test(one)).toBe(names.includes(one))
    }),
  )
})

test('10,000 names take their pattern no time', () => {
  const names = Array.from({ length: 10_000 }, (_, index) => `SERVICE_${index}_API_TOKEN_OF_A_LONG_NAME`)
  const pattern = new RegExp(namePattern(names))
  expect(names.every((one) => pattern.test(one))).toBe(true)
  expect(pattern.test('SERVICE_10000_API_TOKEN_OF_A_LONG_NAME')).toBe(false)
})
