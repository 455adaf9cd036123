import { afterAll, beforeAll, expect, test } from 'vitest'
import { carryOutRestart } from '../../scripts/change/restart/carry-out.ts'
import { lookAtReaders } from '../../scripts/change/restart/look.ts'
import { planRestart } from '../../scripts/change/restart/restart-plan.ts'
import type { RotationContext } from '../../scripts/change/rotation/rotation-context.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { askedBy } from '../helpers/asked.ts'
import { clusterFaults, faults, type NamedFault } from '../helpers/faults.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { everyWrite, everyWriteAndOneRead } from '../helpers/selection.ts'
import { share } from '../helpers/share.ts'
import { returnOfRotation } from './courses.ts'
import { type InterruptedRotations, startInterruptedRotations } from './interrupted-rotation.ts'
import { faultAtEach, writesTo } from './interruptions.ts'

let all: InterruptedRotations

/** What it reads a rotation reads too, by the same functions: there one read of each kind is disturbed. */
const faultsOfReturns: readonly NamedFault[] = [...faults, ...clusterFaults]
  .filter(([name]) => /403|broken|lost/.test(name))
  .map(([name, fault]) => [name, { ...fault, met: everyWriteAndOneRead }])

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('a return disturbed at any write is finished by the next', { timeout: 900_000 }, async () => {
  const states = new LeftStates()
  const courses = await Promise.all(all.workers.map((worker) => returnOfRotation(worker, states)))
  // Two versions enabled and two disabled; the lease twice, the journal three times, a refresh and a restart.
  for (const course of courses) expect([writesTo('scaleway', course), writesTo('cluster', course)]).toEqual([4, 7])
  const done: Record<string, number> = {}
  await share(faultsOfReturns, courses, async (fault, course) => {
    done[fault[0]] = (await faultAtEach(all, course, fault)).rounds
  })
  expect(Object.values(done).sort()).toEqual([4 + 1, 4 + 1, 4 + 1, 7 + 1, 7 + 1, 7 + 1])
  expect(states.rounds).toBe(3 * (4 + 1) + 3 * (7 + 1))
  // Rotated; begun; each of four versions changed; restarted; back.
  expect(states.size).toBeGreaterThanOrEqual(8)
})

test('a restart disturbed at any write, and at any kind of read, restarts everything once in the end', {
  timeout: 300_000,
}, async () => {
  const happening = [...faults, ...clusterFaults].filter(([, { side }]) => side === 'cluster')
  const states = new LeftStates()
  let rounds = 0
  await share(happening, all.workers, async ([name, { met, ...fault }], { login, gates, context }) => {
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
    await login.change()
    const asked = await askedBy(gates, () => restart(context))
    expect(asked.count('cluster', everyWrite)).toBe(3)
    await login.change()
    const fresh = await left()
    const many = asked.count('cluster', met)
    for (let at = 1; at <= many; at++) {
      const what = `${login.tier.name}, ${name} at request ${at} of a restart`
      const before = await generation()
      const hit = gates.disturb({ ...fault, at, only: met() })
      await all.failureOf(restart(context), what)
      gates.calm()
      expect([what, hit()]).toEqual([what, expect.anything()])
      const now = await left()
      rounds++
      expect([what, (await generation()) - before]).toEqual([what, expect.toSatisfy((count) => count <= 1)])
      if (states.isNew(now)) {
        await restart(context)
        expect([what, await generation()]).toEqual([what, before + 1])
      }
      if (JSON.stringify(await left()) !== JSON.stringify(fresh)) await login.change()
      expect([what, await left()]).toEqual([what, fresh])
    }
  })
  expect(states.rounds).toBe(rounds)
  // None, one, two or all of three workloads are restarted.
  expect(states.size).toBe(4)
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(40))
