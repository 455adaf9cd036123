import { afterAll, beforeAll, expect, test } from 'vitest'
import { clusterFaults, faults } from '../helpers/faults.ts'
import { share } from '../helpers/share.ts'
import { type InterruptedRotations, startInterruptedRotations } from './interrupted-rotation.ts'
import { faultAtEach } from './interruptions.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('after any fault at any request it says what is wrong, and continues the next time', {
  timeout: 900_000,
}, async () => {
  const seen: Record<string, number> = {}
  const rounds: Record<string, number> = {}
  const every = [...faults, ...clusterFaults]
  await share(every, all.workers, async (fault, worker) => {
    const [name] = fault
    const { last, failures } = await faultAtEach(all, worker, fault)
    rounds[name] = last
    if (failures > 0) seen[name] = failures
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
