import { expect, test } from 'vitest'
import { rotationDue } from '../../../scripts/model/rotation-due.ts'
import { secret } from '../../helpers/applications.ts'

const day = 24 * 60 * 60 * 1000
const created = new Date('2026-01-01T00:00:00Z')
const after = (days: number) => new Date(created.getTime() + days * day)

test.each([
  ['365d', 334.9, 'later'],
  ['365d', 335, 'soon'],
  ['365d', 364.9, 'soon'],
  ['365d', 365, 'overdue'],
  ['30d', 19.9, 'later'],
  ['30d', 20, 'soon'],
  ['1d', 0, 'soon'],
] as const)('with a rotation of %s a value %s days old is to be changed: %s', (rotation, days, state) => {
  const due = rotationDue(secret({ rotation }), created, after(days))
  expect(due).toEqual({ state, dueAt: after(Number.parseInt(rotation, 10)) })
})

test('a value without a rotation is never due', () => {
  expect(rotationDue(secret(), created, after(10_000))).toBeUndefined()
})
