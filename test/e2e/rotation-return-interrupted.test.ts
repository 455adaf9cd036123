import { afterAll, beforeAll, expect, test } from 'vitest'
import { carryOutRestart } from '../../scripts/change/restart/carry-out.ts'
import { lookAtReaders } from '../../scripts/change/restart/look.ts'
import { planRestart } from '../../scripts/change/restart/restart-plan.ts'
import type { RotationContext } from '../../scripts/change/rotation/rotation-context.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { clusterFaults, faults } from '../helpers/faults.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { share } from '../helpers/share.ts'
import { type InterruptedRotations, startInterruptedRotations } from './interrupted-rotation.ts'
import { faultsOfReturns, returnFaultAtEach } from './interruptions.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('a return killed or disturbed at any request is finished by the next', {
  timeout: 900_000,
}, async () => {
  const rounds: Record<string, number> = {}
  await share(faultsOfReturns, all.workers, async (fault, worker) => {
    rounds[fault[0]] = await returnFaultAtEach(all, worker, fault)
  })
  expect(Object.keys(rounds)).toHaveLength(faultsOfReturns.length)
  // A lease, the journal, two versions enabled and two disabled, a refresh, a restart; and what is checked before.
  for (const [name, { side }] of faultsOfReturns)
    expect([name, rounds[name]]).toEqual([
      name,
      expect.toSatisfy((count: number) => count > (side === 'scaleway' ? 10 : 12)),
    ])
  expect(all.states.rounds).toBe(Object.values(rounds).reduce((sum, count) => sum + count, 0))
  // Rotated; begun; each of four versions changed; restarted; back.
  expect(all.states.size).toBeGreaterThanOrEqual(8)
})

test('a restart disturbed at any request restarts everything once in the end', { timeout: 300_000 }, async () => {
  const lost = [...faults, ...clusterFaults].filter(([, { side }]) => side === 'cluster')
  const states = new LeftStates()
  let rounds = 0
  await share(lost, all.workers, async ([name, fault], { login, gates, context }) => {
    const { client } = all.here.world.stack
    const ref = { namespace: login.tier.namespace, name: 'server' }
    const generation = async () => (await client.get(kinds.deployment, ref))?.metadata.generation ?? 0
    const rowsOf = async (own: RotationContext) =>
      planRestart('checksum', await lookAtReaders(own.client, [login.tier]))
    const restart = async (own: RotationContext) => {
      const restarting = { client: own.client, signal: own.signal, waits: own.waits.rollout, log: all.trace }
      const problems = await carryOutRestart(restarting, await rowsOf(own), { mode: 'checksum', wait: true })
      if (problems.length > 0) throw new ProblemError(problems)
    }
    /** Which workloads still are to be restarted; those that are replaced now, or have been, are not. */
    const left = async () =>
      (await rowsOf(login.context())).map(({ name, action }) => `${name} ${action === 'restart' ? 'old' : 'new'}`)
    await restart(context)
    await login.change()
    const fresh = await left()
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at} of a restart`
      const before = await generation()
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      await all.failureOf(restart(context), what)
      gates.calm()
      const now = await left()
      rounds++
      expect([what, (await generation()) - before]).toEqual([what, expect.toSatisfy((count) => count <= 1)])
      if (states.isNew(now)) {
        await restart(context)
        expect([what, await generation()]).toEqual([what, before + 1])
      }
      if (hit() === undefined) break
      if (JSON.stringify(await left()) !== JSON.stringify(fresh)) await login.change()
      expect([what, await left()]).toEqual([what, fresh])
    }
  })
  expect(states.rounds).toBe(rounds)
  // None, one, two or all of three workloads are restarted.
  expect(states.size).toBe(4)
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(40))
