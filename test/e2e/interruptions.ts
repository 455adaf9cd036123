import { expect } from 'vitest'
import type { Side } from '../helpers/disturbance.ts'
import type { NamedFault } from '../helpers/faults.ts'
import { type Cut, cutRun } from '../helpers/killed-run.ts'
import { everyWrite } from '../helpers/selection.ts'
import type { Course } from './courses.ts'
import { type Before, type InterruptedRotations, nextRun } from './interrupted-rotation.ts'

export const writesTo = (side: Side, { asked }: Course) => asked.count(side, everyWrite)

/** Cuts runs off at each of their writes to one side in turn, and has each continue. */
export async function cutOffAtEach(
  course: Course,
  { side, when }: Pick<Cut, 'when'> & { readonly side: Side },
  onCut: (before: Before, cut: Cut) => Promise<void> = async () => undefined,
): Promise<void> {
  const { gates, context } = course.worker
  const many = writesTo(side, course)
  for (let at = 1; at <= many; at++) {
    const what = `${course.name}, cut off ${when} write ${at} to the ${side}`
    const before = await course.begin()
    const cut = { side, at, when, only: everyWrite() }
    const { isCut } = await cutRun(gates, cut, (signal) => course.run(nextRun({ ...context, signal }), before))
    expect([what, isCut]).toEqual([what, true])
    await onCut(before, cut)
    await course.expectGoesOn(before, what)
  }
}

/**
 * Disturbs runs at each request that a fault happens to in turn, and has each continue.
 *
 * @returns how many there were, and how many ended with an error
 */
export async function faultAtEach(
  all: InterruptedRotations,
  course: Course,
  [name, { met, ...fault }]: NamedFault,
): Promise<{ readonly rounds: number; readonly failures: number }> {
  const { gates, context, hasty } = course.worker
  const many = course.asked.count(fault.side, met)
  let rounds = 0
  let failures = 0
  for (let at = 1; at <= many; at++) {
    const what = `${course.name}, ${name} at request ${at}`
    const before = await course.begin()
    const hit = gates.disturb({ ...fault, at, only: met() })
    const own = nextRun(name === 'no answer' ? hasty : context)
    if (await all.failureOf(course.run(own, before), what)) failures++
    gates.calm()
    if (hit()) rounds++
    await course.expectGoesOn(before, what)
  }
  return { rounds, failures }
}
