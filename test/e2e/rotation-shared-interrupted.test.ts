import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { sides } from '../helpers/disturbance.ts'
import { faults, type NamedFault } from '../helpers/faults.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { everyWrite } from '../helpers/selection.ts'
import { share } from '../helpers/share.ts'
import { type Course, endOfRotation, returnOfRotation, startOfRotation } from './courses.ts'
import type { InterruptedRotations } from './interrupted-rotation.ts'
import { cutOffAtEach, faultAtEach, writesTo } from './interruptions.ts'
import { expectShared, startSharedRotations } from './shared-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startSharedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

/** Looks as well, wherever a run has been interrupted and whoever has continued, whether all tiers have the same value. */
const sharing = (course: Course): Course => ({
  ...course,
  async expectGoesOn(before, what) {
    await course.expectGoesOn(before, what)
    await expectShared(course.worker.login, what)
  },
})
const writesOfAll = (courses: readonly Course[]) => courses.map((course) => sides.map((side) => writesTo(side, course)))

/**
 * A write that is refused leaves what a run leaves that is cut off before it. What shared values add to other rotations is which
 * tier has which value when; writes alone change that, and what else may become of a request is the same to every rotation.
 */
const beforeAndAfter: readonly NamedFault[] = faults
  .filter(([name]) => /403|lost/.test(name))
  .map(([name, fault]) => [name, { ...fault, met: everyWrite }])

/** @returns how many runs were interrupted */
async function faultAtEachWrite(courses: readonly Course[]): Promise<number> {
  let rounds = 0
  await share(beforeAndAfter, courses, async (fault, course) => {
    const done = await faultAtEach(all, course, fault)
    rounds += done.rounds
  })
  return rounds
}

describe.each([
  {
    part: 'up to its restart',
    startOf: startOfRotation,
    // A version of each of two or three remote secrets; a lease; the journal begun, with each version, and three phases; two
    // refreshes; two restarts, or three.
    writes: [
      [2, 11],
      [3, 13],
      [2, 11],
    ],
  },
  {
    part: 'from its restart on',
    startOf: endOfRotation,
    // A version disabled of each of two or three; lease and journal, two phases, and the lease again.
    writes: [
      [2, 5],
      [3, 5],
      [2, 5],
    ],
  },
])('a rotation of what tiers share, $part', ({ startOf, writes }) => {
  let courses: readonly Course[]

  beforeAll(async () => {
    courses = await Promise.all(all.workers.map(async (worker) => sharing(await startOf(all, worker))))
  }, 120_000)

  test('cut off after any write continues in all tiers, with one of the values to be had at every moment', {
    timeout: 900_000,
  }, async () => {
    expect(writesOfAll(courses)).toEqual(writes)
    const before = all.states.rounds
    const ofEachKind = courses.slice(0, 2)
    await Promise.all(
      ofEachKind.map(async (course) => {
        for (const side of sides) await cutOffAtEach(course, { side, when: 'after' })
      }),
    )
    const rounds = writes.slice(0, 2).flat()
    expect(all.states.rounds - before).toBe(rounds.reduce((sum, count) => sum + count, 0))
  })

  test('refused at any write, or with an answer to it that is lost, continues the next time', {
    timeout: 900_000,
  }, async () => {
    const before = all.states.rounds
    const rounds = await faultAtEachWrite(courses)
    expect(all.states.rounds - before).toBe(rounds)
  })
})

test('rotations have left as many states as their steps in all tiers', () => {
  expect(all.states.size).toBeGreaterThanOrEqual(26)
})

test('a return disturbed at any write is finished by the next, in all tiers', { timeout: 900_000 }, async () => {
  const states = new LeftStates()
  const courses = await Promise.all(all.workers.map((worker) => returnOfRotation(worker, states)))
  // A version enabled and one disabled in each of two or three remote secrets; the lease twice, the journal three times, two
  // refreshes, two restarts or three.
  expect(writesOfAll(courses)).toEqual([
    [4, 9],
    [6, 10],
    [4, 9],
  ])
  expect(await faultAtEachWrite(courses)).toBe(states.rounds)
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(100))
