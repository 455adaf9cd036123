import { expect, test } from 'vitest'
import { dueText, isTriedSoon, triesOf } from '../../../../scripts/inspect/doctor/backoff.ts'
import { ago, api, now, tierFacts } from './observation.ts'

const minute = 60
/** The required ExternalSecret of a tier that fails since, and was tried last, so many seconds ago. */
function failing(since: number, last: number, count = 1) {
  const facts = tierFacts(api, { failing: { since: ago(since), last: ago(last), message: 'x', count } })
  const [required] = 'value' in facts.externalSecrets ? facts.externalSecrets.value : []
  if (!required) throw new Error('no ExternalSecret')
  return required
}
const pause = (...parts: Parameters<typeof failing>) => {
  const tries = triesOf(failing(...parts))
  return tries && (tries.next.getTime() - tries.last.getTime()) / 1000
}

test.each([
  ['at first a second', 10, 10, 1, 1],
  ['about as long as everything before it', 100, 40, 1, 61],
  ['longer, the more often it was tried in between: a second doubled with every failure', 30, 10, 7, 64],
  ['seven minutes at most, by time', 3600, 100, 1, 7 * minute],
  ['seven minutes at most, by count', 60, 10, 40, 7 * minute],
])('the pause after a failure is %s', (_, since, last, count, seconds) => {
  expect(pause(since, last, count)).toBe(seconds)
})

test('failures before the last success do not count, and words that were reported then too count once', () => {
  const one = failing(30, 10)
  const before = { first: ago(40), last: ago(31), count: 20 }
  const both = { first: ago(3000), last: ago(10), count: 20 }
  for (const failures of [[...one.failures, before], [both]])
    expect(triesOf({ ...one, failures })?.next).toEqual(triesOf(one)?.next)
})

test('the event of the first failure may be a second older than the condition, and all that follow count', () => {
  const one = failing(30, 10)
  const failures = [{ first: ago(31), last: ago(10), count: 7 }]
  const tries = triesOf({ ...one, failures })
  expect(tries && (tries.next.getTime() - tries.last.getTime()) / 1000).toBe(64)
})

test('nothing is known of what is synced, and of what has no event since it fails', () => {
  const one = failing(30, 10)
  expect(triesOf({ ...one, sync: { state: 'synced', message: '' } })).toBeUndefined()
  expect(triesOf({ ...one, warning: undefined })).toBeUndefined()
  expect(triesOf({ ...one, warning: { message: 'x', at: ago(100) } })).toBeUndefined()
})

test('the next try is reported as a time, or as due', () => {
  expect(dueText({ next: ago(-63) }, now)).toBe('in 63 s, at about 2026-11-24T12:01:03Z')
  expect(dueText({ next: ago(5) }, now)).toBe('any moment now')
})

test('what was tried just now and is in a moment is not waited for; what should have been tried long ago is', () => {
  const tries = (last: number, next: number) => ({ last: ago(last), next: ago(next), latest: ago(0) })
  expect(isTriedSoon(tries(2, -2), now)).toBe(true)
  expect(isTriedSoon(tries(2, -30), now)).toBe(false)
  expect(isTriedSoon(tries(60, 30), now)).toBe(false)
})
