import { expect } from 'vitest'
import { clusterFaults, faults } from '../helpers/faults.ts'
import { type Cut, cutRun } from '../helpers/killed-run.ts'
import {
  type Before,
  type Disturbed,
  expectGoesOn,
  type InterruptedRotations,
  look,
  nextRun,
} from './interrupted-rotation.ts'

/**
 * Cuts rotations off at each request to one side in turn, and has each continue.
 *
 * @param afterwards is done once each has continued; `isCut` is false for the last, which had no such request
 * @returns the last request at which one was cut off
 */
export async function cutOffAtEach(
  all: InterruptedRotations,
  worker: Disturbed,
  { side, when, only }: Pick<Cut, 'side' | 'when' | 'only'>,
  {
    onCut,
    afterwards,
  }: { onCut?: (before: Before, cut: Cut) => Promise<void>; afterwards?: (what: string) => Promise<unknown> },
): Promise<number> {
  const { login, gates, context } = worker
  for (let at = 1; ; at++) {
    const what = `${login.unit.name}, cut off ${when} request ${at} to the ${side}`
    const before = await look(worker)
    const cut = { side, at, when, ...(only ? { only } : {}) }
    const { isCut, error } = await cutRun(gates, cut, (signal) =>
      login.rotate(nextRun({ ...context, signal }), before.next),
    )
    if (isCut) await onCut?.(before, cut)
    else expect([what, error]).toEqual([what, undefined])
    await expectGoesOn(all, worker, before, what)
    await afterwards?.(what)
    if (!isCut) return at - 1
  }
}

/**
 * Disturbs rotations at each request in turn, and has each continue.
 *
 * @returns the last request that was disturbed, and how many rotations ended with an error
 */
export async function faultAtEach(
  all: InterruptedRotations,
  worker: Disturbed,
  [name, fault]: (typeof faults)[number],
): Promise<{ readonly last: number; readonly failures: number }> {
  const { login, gates, context, hasty } = worker
  let failures = 0
  for (let at = 1; ; at++) {
    const what = `${login.unit.name}, ${name} at request ${at}`
    const before = await look(worker)
    const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
    const own = nextRun(name === 'no answer' ? hasty : context)
    if (await all.failureOf(login.rotate(own, before.next), what)) failures++
    gates.calm()
    await expectGoesOn(all, worker, before, what)
    if (hit() === undefined) return { last: at - 1, failures }
  }
}

/** The faults of a return: one that is refused for good, one that is tried again, and one that was done. */
export const faultsOfReturns = [...faults, ...clusterFaults].filter(([name]) => /403|broken|lost/.test(name))

/**
 * Disturbs returns to the old values at each request in turn, and has the next one finish them.
 *
 * @returns how many returns there were, the one that met no fault included
 */
export async function returnFaultAtEach(
  all: InterruptedRotations,
  worker: Disturbed,
  [name, fault]: (typeof faults)[number],
): Promise<number> {
  const { login, gates, context } = worker
  const before = await look(worker)
  await login.rotate(nextRun(context), before.next)
  const rotated = await login.remember()
  for (let at = 1; ; at++) {
    const what = `${login.unit.name}, ${name} at request ${at} of a return`
    const restarts = await login.restarts()
    const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
    await all.failureOf(login.abort(nextRun(context)), what)
    gates.calm()
    await login.expectWorking(before.old, before.next, what)
    if (all.states.isNew(await login.left({ ...before, restarts }))) {
      await login.runOutLease()
      await login.abort(nextRun(context))
      await login.expectInUse(before.old, what)
      expect([what, await login.phase()]).toEqual([what, undefined])
      expect([what, await login.counts()]).toEqual([what, before.counts.map((count) => count + 1)])
      expect([what, await login.restarts()]).toEqual([what, restarts + login.unit.tiers.length])
      const statuses = await login.statuses()
      expect([what, statuses]).toEqual([what, before.counts.map(() => ['enabled', 'disabled'])])
    }
    if (hit() === undefined) {
      await login.forget()
      return at
    }
    await login.goBackTo(rotated)
  }
}
