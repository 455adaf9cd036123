import { expect, test } from 'vitest'
import { paceMeter, skewOf } from '../../../../scripts/inspect/doctor/observe/pace.ts'

const at = (time: string) => new Date(`2026-11-24T12:${time}Z`).getTime()
const answer = (date: string | undefined, sent: string, received: string) => ({
  date: date === undefined ? undefined : new Date(at(date)),
  sentAt: at(sent),
  receivedAt: at(received),
})

test.each([
  ['agrees, to the second it is reported by', '00:10', '00:10.900', '00:10.950', 0],
  ['agrees, as far as a slow answer tells', '00:10', '00:01', '00:40', 0],
  ['is ahead of ours by what is beyond the answer', '02:00', '00:10', '00:20', 100_000],
  ['is behind ours by what is before the question', '00:10', '02:00', '02:20', -109_000],
])('a clock that %s', (_, date, sent, received, skew) => {
  expect(skewOf(answer(date, sent, received))).toBe(skew)
})

test('of several answers the fastest counts, and the one that leaves least room', () => {
  const meter = paceMeter()
  expect(meter.pace()).toEqual({ answers: 0, fastestMs: undefined, skewMs: undefined })
  meter.add(answer('02:00', '00:10', '00:20'))
  meter.add(answer('00:20', '00:10', '00:11'))
  meter.add(answer(undefined, '00:10', '00:10.500'))
  expect(meter.pace()).toEqual({ answers: 3, fastestMs: 500, skewMs: 9_000 })
})
