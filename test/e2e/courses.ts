import { expect } from 'vitest'
import type { RotationContext } from '../../scripts/change/rotation/rotation-context.ts'
import { type Asked, askedBy, askedIn } from '../helpers/asked.ts'
import type { GateRequest } from '../helpers/gate.ts'
import type { LeftStates } from '../helpers/left-states.ts'
import {
  type Before,
  type Disturbed,
  expectRotated,
  type InterruptedRotations,
  look,
  nextRun,
} from './interrupted-rotation.ts'
import type { Remembered } from './rotation-world.ts'

/** What is interrupted again and again, always from the same state. */
export interface Course {
  readonly name: string
  readonly worker: Disturbed
  /** What is asked when nothing happens. */
  readonly asked: Asked
  /** Has everything be as it is before. */
  begin(): Promise<Before>
  run(context: RotationContext, before: Before): Promise<void>
  /**
   * Checks what a run has left behind that was interrupted somewhere: one of the values can be delivered, and the same command
   * again brings it to its end. From a state that another run left behind too, it has done so already.
   */
  expectGoesOn(before: Before, what: string): Promise<void>
}

/**
 * A rotation up to the write that notes its restart. `endOfRotation` continues there: every step follows from the journal, also
 * for a run that has come to it by itself.
 */
export async function startOfRotation({ states }: InterruptedRotations, worker: Disturbed): Promise<Course> {
  const { login, context } = worker
  const { toRestart } = await rotateOnce(worker)
  await login.finish(nextRun(context))
  await login.forget()
  return {
    name: `${login.unit.name} up to its restart`,
    worker,
    asked: toRestart,
    begin: () => look(worker),
    run: (own, { next }) => login.rotate(own, next),
    async expectGoesOn(before, what) {
      await login.expectWorking(before.old, before.next, what)
      if (states.isNew(await login.left(before))) {
        await expectRotated(worker, before, what)
        await login.finish(nextRun(context))
        expect([what, await login.statuses()]).toEqual([what, before.counts.map(() => ['enabled'])])
      }
      await login.forget()
    },
  }
}

/** A rotation that continues once it has noted its restart. */
export async function endOfRotation({ states }: InterruptedRotations, worker: Disturbed): Promise<Course> {
  const { login, gates, context } = worker
  const { before, restarted, fromRestart } = await rotateOnce(worker)
  await login.goBackTo(restarted)
  const asked = await askedBy(gates, () => login.rotate(nextRun(context), before.next))
  // After it has taken the lease and the journal.
  expect([login.unit.name, asked.writes.slice(2)]).toEqual([login.unit.name, fromRestart.writes])
  return {
    name: `${login.unit.name} from its restart on`,
    worker,
    asked,
    async begin() {
      await login.goBackTo(restarted)
      return before
    },
    run: (own, { next }) => login.rotate(own, next),
    async expectGoesOn(before, what) {
      await login.expectWorking(before.old, before.next, what)
      if (states.isNew(await login.left(before))) await expectRotated(worker, before, what)
    },
  }
}

/**
 * The return to the old values, once everything is rotated.
 *
 * @param states what returns that were interrupted have left behind so far
 */
export async function returnOfRotation(worker: Disturbed, states: LeftStates): Promise<Course> {
  const { login, gates, context } = worker
  await login.forget()
  const rotation = await look(worker)
  await login.rotate(nextRun(context), rotation.next)
  const rotated = await login.remember()
  const expectReturned = async ({ restarts }: Before, what: string) => {
    await login.expectInUse(rotation.old, what)
    expect([what, await login.phase()]).toEqual([what, undefined])
    expect([what, await login.counts()]).toEqual([what, rotation.counts.map((count) => count + 1)])
    expect([what, await login.restarts()]).toEqual([what, restarts + login.unit.tiers.length])
    const statuses = await login.statuses()
    expect([what, statuses]).toEqual([what, rotation.counts.map(() => ['enabled', 'disabled'])])
  }
  const begun = async () => ({ ...rotation, restarts: await login.restarts() })
  const before = await begun()
  const asked = await askedBy(gates, () => login.abort(nextRun(context)))
  await expectReturned(before, login.unit.name)
  return {
    name: `the return of ${login.unit.name}`,
    worker,
    asked,
    async begin() {
      await login.goBackTo(rotated)
      return begun()
    },
    run: (own) => login.abort(own),
    async expectGoesOn(before, what) {
      await login.expectWorking(before.old, before.next, what)
      if (!states.isNew(await login.left(before))) return
      await login.runOutLease()
      await login.abort(nextRun(context))
      await expectReturned(before, what)
    },
  }
}

// --- internal ---

/** Rotates once, with nothing in its way, and looks at what there was when it had noted its restart. */
async function rotateOnce(worker: Disturbed) {
  const { login, gates, context } = worker
  await login.forget()
  const before = await look(worker)
  let restarted: Remembered | undefined
  const notesRestart = ({ body }: GateRequest) => body.includes('\\"phase\\":\\"restarted\\"')
  gates.disturb({
    side: 'cluster',
    at: 1,
    only: notesRestart,
    async act(forward) {
      const answer = await forward()
      restarted = await login.remember()
      return answer
    },
  })
  await login.rotate(nextRun(context), before.next)
  const requests = gates.asked()
  gates.calm()
  await login.expectInUse(before.next, login.unit.name)
  if (!restarted) throw new Error(`${login.unit.name} has noted no restart`)
  const end = requests.findIndex(notesRestart) + 1
  return { before, restarted, toRestart: askedIn(requests.slice(0, end)), fromRestart: askedIn(requests.slice(end)) }
}
