import { afterAll, beforeAll, expect, test } from 'vitest'
import { carryOutRestart } from '../../scripts/change/restart/carry-out.ts'
import { lookAtConsumers } from '../../scripts/change/restart/look.ts'
import { planRestart } from '../../scripts/change/restart/restart-plan.ts'
import type { RotationContext } from '../../scripts/change/rotation/rotation-context.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { clusterFaults, faults } from '../helpers/faults.ts'
import { share } from '../helpers/share.ts'
import { anew, type InterruptedRotations, look, startInterruptedRotations } from './interrupted-rotation.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

test('a return killed or disturbed at any request is brought to its end by the next', {
  timeout: 900_000,
}, async () => {
  const chosen = [...faults, ...clusterFaults].filter(([name]) => /403|broken|lost/.test(name))
  const rounds: Record<string, number> = {}
  await share(chosen, all.workers, async ([name, fault], worker) => {
    const { login, gates, context } = worker
    const before = await look(worker)
    await login.rotate(anew(context), before.next)
    const rotated = await login.remember()
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at} of a return`
      const restarts = await login.restarts()
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      await all.failureOf(login.abort(anew(context)), what)
      gates.calm()
      await login.expectWorking(before.old, before.next, what)
      if (all.states.isNew(await login.left(before.next))) {
        await login.runOutLease()
        await login.abort(anew(context))
        await login.expectInUse(before.old, what)
        expect([what, await login.phase()]).toEqual([what, undefined])
        expect([what, await login.counts()]).toEqual([what, before.counts.map((count) => count + 1)])
        expect([what, await login.restarts()]).toEqual([what, restarts + 1])
        const statuses = await login.statuses()
        expect([what, statuses]).toEqual([what, before.counts.map(() => ['enabled', 'disabled'])])
      }
      rounds[name] = at
      if (hit() === undefined) break
      await login.goBackTo(rotated)
    }
    await login.forget()
  })
  expect(Object.keys(rounds)).toHaveLength(chosen.length)
  // A lease, the journal, two versions enabled and two disabled, a refresh, a restart; and what is looked at before.
  for (const [name, { side }] of chosen)
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
  await share(lost, all.workers, async ([name, fault], { login, gates, context }) => {
    const { client } = all.here.world.stack
    const ref = { namespace: login.tier.namespace, name: 'server' }
    const generation = async () => (await client.get(kinds.deployment, ref))?.metadata.generation ?? 0
    const restart = async (own: RotationContext) => {
      const rows = planRestart('checksum', await lookAtConsumers(own.client, [login.tier]))
      const restarting = { client: own.client, signal: own.signal, waits: own.waits.rollout, log: all.trace }
      const problems = await carryOutRestart(restarting, rows, { mode: 'checksum', wait: true })
      if (problems.length > 0) throw new ProblemError(problems)
    }
    await restart(context)
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at} of a restart`
      await login.change()
      const before = await generation()
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      await all.failureOf(restart(context), what)
      gates.calm()
      await restart(context)
      expect([what, await generation()]).toEqual([what, before + 1])
      if (hit() === undefined) break
    }
  })
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(40))
