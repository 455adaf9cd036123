import { expect, test } from 'vitest'
import { parseAssignments } from '../../../../scripts/change/migration/assignments.ts'
import { ProblemError } from '../../../../scripts/lib/problems.ts'

test('a key goes to tiers, or to a variable of one', () => {
  expect([...parseAssignments(['SENTRY_DSN=backend,frontend', 'OLD.KEY=backend.NEW_KEY'])]).toEqual([
    ['SENTRY_DSN', ['backend', 'frontend']],
    ['OLD.KEY', ['backend.NEW_KEY']],
  ])
})

test.each([
  ['no key', ['backend'], '--assign'],
  ['no tier', ['TOKEN='], '--assign'],
  ['an empty tier', ['TOKEN=backend,'], '--assign TOKEN'],
  ['a value', ['TOKEN=hunter2:Secret!'], '--assign TOKEN'],
  ['a key twice', ['TOKEN=web', 'TOKEN=api'], '--assign TOKEN'],
])('%s is wrong usage, and shows nothing behind the =', (_, pairs, where) => {
  let error: unknown
  try {
    parseAssignments(pairs)
  } catch (reason) {
    error = reason
  }
  if (!(error instanceof ProblemError)) throw new Error('it was accepted')
  expect(error.exitCode).toBe(2)
  expect(error.problems).toMatchObject([{ code: 'WRONG_USAGE', where }])
  expect(JSON.stringify(error.problems)).not.toContain('hunter2')
})
