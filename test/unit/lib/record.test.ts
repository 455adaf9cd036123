import { expect, test } from 'vitest'
import { isRecord } from '../../../scripts/lib/record.ts'

test.each([[{}], [{ a: 1 }], [Object.create(null)], [JSON.parse('{"__proto__": 1}')]])('%j has fields', (value) => {
  expect(isRecord(value)).toBe(true)
})

test.each([[null], [undefined], [[]], [[{ a: 1 }]], ['text'], [''], [0], [true], [() => ({})]])(
  '%j is not an object with fields',
  (value) => {
    expect(isRecord(value)).toBe(false)
  },
)
