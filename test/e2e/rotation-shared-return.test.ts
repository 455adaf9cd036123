import { afterAll, beforeAll, test } from 'vitest'
import { share } from '../helpers/share.ts'
import type { InterruptedRotations } from './interrupted-rotation.ts'
import { faultsOfReturns, returnFaultAtEach } from './interruptions.ts'
import { startSharedRotations } from './shared-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startSharedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('a return disturbed at any request is finished by the next, in all tiers', { timeout: 900_000 }, async () => {
  await share(faultsOfReturns, all.workers, async (fault, worker) => {
    await returnFaultAtEach(all, worker, fault)
  })
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(5))
