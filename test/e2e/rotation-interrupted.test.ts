import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { writeDotenv } from '../../scripts/payload/dotenv.ts'
import { sides } from '../helpers/disturbance.ts'
import { clusterFaults, faults, type NamedFault } from '../helpers/faults.ts'
import { type Cut, killedRun } from '../helpers/killed-run.ts'
import { everyRequest, writesOf } from '../helpers/selection.ts'
import { share } from '../helpers/share.ts'
import { type Course, endOfRotation, startOfRotation } from './courses.ts'
import { type Disturbed, type InterruptedRotations, startInterruptedRotations } from './interrupted-rotation.ts'
import { cutOffAtEach, faultAtEach, writesTo } from './interruptions.ts'
import type { LeftBehind, Values } from './rotation-world.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

/** What a cut leaves, but for what the operator does by itself meanwhile. */
const withoutOperator = ({ isDelivered: _, ...left }: LeftBehind) => JSON.stringify(left)

/** `npm run rotate` to values in a file, killed with SIGKILL. */
async function killed({ login, gates }: Disturbed, next: Values, cut: Cut) {
  const file = join(all.folder, `${login.tier.name}.env`)
  await writeFile(file, writeDotenv(new Map(Object.entries(next))), { mode: 0o600 })
  const args = ['--environment', 'plain', login.unit.name, '--from', file, '--no-overlap', '--yes']
  const { repository, env } = all.here
  const line = { folder: repository.folder, env: { ...env, ...gates.env }, args: ['rotate', ...args] }
  const run = await killedRun(line, gates, cut)
  await rm(file)
  all.trace(run.output)
  return run
}

/** Nothing is asked of Scaleway again and again until it comes. */
const every = [...faults, ...clusterFaults].map(
  ([name, fault]): NamedFault => [name, name === '403' ? { ...fault, met: everyRequest } : fault],
)
/** What a rotation reads once it continues it has read before, by the same functions. */
const late = every.map(
  ([name, fault]): NamedFault => [name, name.startsWith('403') ? fault : { ...fault, met: writesOf(fault.met) }],
)

describe.each([
  {
    part: 'up to its restart',
    startOf: startOfRotation,
    // A lease; the journal begun, with each of two versions, and three phases; a refresh and a restart.
    writes: { scaleway: 2, cluster: 9 },
    // Before the journal; begun; each version and its note; three phases, with a refresh and a restart in between.
    states: 10,
    faults: every,
    rounds: {
      // With those that read, all or of each kind.
      ...{ '403': 2 + 13, '403 of the cluster': 9 + 27 },
      ...{ 'a broken connection': 2 + 3, 'a broken connection to the cluster': 9 + 14 },
      ...{ 'an answer that is lost': 2 + 1, 'an answer of the cluster that is lost': 9 + 1 },
      // One kind of write to Scaleway, five to the cluster.
      ...{ '429': 1 + 1, '500': 1 + 1, 'no answer': 1 + 1 },
      ...{ '429 of the cluster': 5 + 1, '500 of the cluster': 5 + 1 },
    },
  },
  {
    part: 'from its restart on',
    startOf: endOfRotation,
    // Two versions disabled; lease and journal, two phases, and the lease again.
    writes: { scaleway: 2, cluster: 5 },
    // Restarted; proved; each version disabled; over.
    states: 5,
    faults: late,
    rounds: {
      ...{ '403': 2 + 6, '403 of the cluster': 5 + 13 },
      ...{ 'a broken connection': 2, 'a broken connection to the cluster': 5 },
      ...{ 'an answer that is lost': 2, 'an answer of the cluster that is lost': 5 },
      ...{ '429': 1, '500': 1, 'no answer': 1, '429 of the cluster': 2, '500 of the cluster': 2 },
    },
  },
])('a rotation, $part', ({ startOf, writes, states, faults, rounds }) => {
  let courses: readonly Course[]
  /** A cut for every state that a write leaves. The units differ in their names alone. */
  const cuts = new Map<string, Cut>()

  beforeAll(async () => {
    courses = await Promise.all(all.workers.map((worker) => startOf(all, worker)))
  }, 120_000)

  test('cut off before and after any write continues, with one of the values to be had at every moment', {
    timeout: 900_000,
  }, async () => {
    // Fewer would mean that the gates were gone around.
    for (const course of courses)
      expect({ scaleway: writesTo('scaleway', course), cluster: writesTo('cluster', course) }).toEqual(writes)
    const before = all.states.rounds
    const jobs = sides.flatMap((side) => (['before', 'after'] as const).map((when) => ({ side, when })))
    await share(jobs, courses, async (job, course) => {
      await cutOffAtEach(course, job, async (before, cut) => {
        if (job.when === 'after') cuts.set(withoutOperator(await course.worker.login.left(before)), cut)
      })
    })
    expect(all.states.rounds - before).toBe(2 * (writes.scaleway + writes.cluster))
    expect(cuts.size).toBe(states)
  })

  test('killed on the command line leaves what one does that is cut off in the same place, wherever that is', {
    timeout: 300_000,
  }, async () => {
    await share([...cuts], courses, async ([left, cut], course) => {
      const { login } = course.worker
      const what = `${course.name}, killed ${cut.when} write ${cut.at} to the ${cut.side}`
      const before = await course.begin()
      expect([what, (await killed(course.worker, before.next, cut)).killed]).toEqual([what, true])
      expect([what, withoutOperator(await login.left(before))]).toEqual([what, left])
      await course.expectGoesOn(before, what)
    })
    const [course] = courses as [Course]
    const before = await course.begin()
    const cut = { side: 'cluster', at: 1000, when: 'after' } as const
    expect((await killed(course.worker, before.next, cut)).killed).toBe(false)
    await course.expectGoesOn(before, 'a command line that is not killed')
  })

  test('refused anywhere, or disturbed at any write otherwise, says what is wrong, and continues the next time', {
    timeout: 900_000,
  }, async () => {
    const before = all.states.rounds
    const done: Record<string, number> = {}
    const seen: string[] = []
    await share(faults, courses, async (fault, course) => {
      const [name] = fault
      const { rounds, failures } = await faultAtEach(all, course, fault)
      done[name] = rounds
      if (failures > 0) seen.push(name)
    })
    // How often something is read may depend on how far a rollout is.
    for (const [name, count] of Object.entries(rounds))
      expect([name, done[name]]).toEqual([name, expect.toSatisfy((found: number) => found >= count)])
    expect(all.states.rounds - before).toBeGreaterThanOrEqual(
      Object.values(done).reduce((sum, count) => sum + count, 0),
    )
    // An answer that is lost is found out, or asked for again.
    const telling = (names: readonly string[]) => names.filter((name) => !name.includes('lost')).sort()
    expect(telling(seen)).toEqual(telling(Object.keys(rounds)))
  })
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(200))
