import { expect, test } from 'vitest'
import { statusSummary } from '../../../../scripts/inspect/status/status-report.ts'

const summary = (...states: readonly string[]) => statusSummary({ rows: states.map((state) => ({ state })) } as never)

test('one secret is counted as one, and several as several', () => {
  expect(summary('REMOTE_ABSENT')).toBe('1 secret: 1 in error')
  expect(summary('REMOTE_ABSENT', 'CONSUMER_ABSENT')).toBe('2 secrets: 1 in error, 1 with a warning')
})
