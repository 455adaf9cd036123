import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterFaults, faults } from '../helpers/faults.ts'
import { share } from '../helpers/share.ts'
import {
  anew,
  expectGoesOn,
  type InterruptedRotations,
  look,
  startInterruptedRotations,
} from './interrupted-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('after any fault at any request it says what is wrong, and goes on the next time', {
  timeout: 900_000,
}, async () => {
  const seen: Record<string, number> = {}
  const rounds: Record<string, number> = {}
  const every = [...faults, ...clusterFaults]
  await share(every, all.workers, async ([name, fault], worker) => {
    const { login, gates, context, hasty } = worker
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at}`
      const before = await look(worker)
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      const own = anew(name === 'no answer' ? hasty : context)
      if (await all.failureOf(login.rotate(own, before.next), what)) seen[name] = (seen[name] ?? 0) + 1
      gates.calm()
      await expectGoesOn(all, worker, before, what)
      if (hit() === undefined) break
      rounds[name] = at
    }
  })
  const telling = every.map(([name]) => name).filter((name) => !name.includes('lost'))
  expect(
    Object.keys(seen)
      .filter((name) => !name.includes('lost'))
      .sort(),
  ).toEqual(telling.sort())
  for (const [name, { side }] of every)
    expect([name, rounds[name]]).toEqual([
      name,
      expect.toSatisfy((count: number) => count > (side === 'scaleway' ? 18 : 20)),
    ])
  expect(all.states.rounds).toBe(Object.values(rounds).reduce((sum, count) => sum + count + 1, 0))
  // The same as those that a rotation leaves which is cut off.
  expect(all.states.size).toBeGreaterThanOrEqual(13)
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(200))
