import { afterAll, beforeAll, expect, test } from 'vitest'
import { share } from '../helpers/share.ts'
import type { InterruptedRotations } from './interrupted-rotation.ts'
import { faultAtEach, faultsOfReturns } from './interruptions.ts'
import { startSharedRotations } from './shared-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startSharedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('after any fault at any request it says what is wrong, and continues the next time', {
  timeout: 900_000,
}, async () => {
  const rounds: Record<string, number> = {}
  // Those that a return meets; the others are the same to every rotation.
  await share(faultsOfReturns, all.workers, async (fault, worker) => {
    rounds[fault[0]] = (await faultAtEach(all, worker, fault)).last
  })
  for (const [name, { side }] of faultsOfReturns)
    expect([name, rounds[name]]).toEqual([
      name,
      expect.toSatisfy((count: number) => count > (side === 'scaleway' ? 18 : 22)),
    ])
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(100))
