import { afterAll, beforeAll, expect, test } from 'vitest'
import { sides } from '../helpers/disturbance.ts'
import type { GateRequest } from '../helpers/gate.ts'
import type { InterruptedRotations } from './interrupted-rotation.ts'
import { cutOffAtEach } from './interruptions.ts'
import { expectShared, startSharedRotations } from './shared-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startSharedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

/** Before a read everything is as it was after the write before it; `rotation-interrupted` cuts off at reads too. */
const only = ({ method }: GateRequest) => method !== 'GET'

test('a rotation cut off at any request that writes continues in all tiers, with one of the values to be had at every moment', {
  timeout: 900_000,
}, async () => {
  const rounds: Record<string, number> = {}
  const ran = await Promise.all(
    all.workers.slice(0, 2).map(async (worker) => {
      const { login } = worker
      let count = 0
      const afterwards = async (what: string) => {
        await expectShared(login, what)
        count++
      }
      for (const side of sides)
        for (const when of ['before', 'after'] as const)
          rounds[`${login.unit.name} ${side} ${when}`] = await cutOffAtEach(
            all,
            worker,
            { side, when, only },
            { afterwards },
          )
      return count
    }),
  )
  for (const name of ['web.KEY_BASE', 'shop.shop-login']) {
    for (const when of ['before', 'after']) {
      expect(rounds[`${name} scaleway ${when}`]).toBeGreaterThanOrEqual(4)
      // The lease twice, the journal eight times or more, two refreshes and two restarts.
      expect(rounds[`${name} cluster ${when}`]).toBeGreaterThanOrEqual(12)
    }
  }
  expect(all.states.rounds).toBe(ran.reduce((sum, count) => sum + count, 0))
  expect(all.states.size).toBeGreaterThanOrEqual(26)
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(100))
