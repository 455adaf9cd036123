import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { writeDotenv } from '../../scripts/payload/dotenv.ts'
import { sides } from '../helpers/disturbance.ts'
import { type Cut, killedRun } from '../helpers/killed-run.ts'
import { share } from '../helpers/share.ts'
import {
  type Before,
  type Disturbed,
  expectGoesOn,
  type InterruptedRotations,
  look,
  startInterruptedRotations,
} from './interrupted-rotation.ts'
import { cutOffAtEach } from './interruptions.ts'
import type { LeftBehind, Values } from './rotation-world.ts'

let all: InterruptedRotations

beforeAll(async () => {
  all = await startInterruptedRotations()
}, 120_000)
afterAll(() => all?.[Symbol.asyncDispose]())

/** What a cut leaves, but for what the operator does by itself meanwhile. */
const withoutOperator = ({ isDelivered: _, ...left }: LeftBehind) => JSON.stringify(left)
/** A cut for every state that a write leaves. */
const cuts = new Map<string, Cut>()

test('a rotation cut off at any request continues, with one of the values to be had at every moment', {
  timeout: 900_000,
}, async () => {
  const jobs = sides.flatMap((side) => (['before', 'after'] as const).map((when) => ({ side, when })))
  const rounds: Record<string, number> = {}
  await share(jobs, all.workers, async ({ side, when }, worker) => {
    const onCut = async (before: Before, cut: Cut) => {
      if (when === 'after') cuts.set(withoutOperator(await worker.login.left(before)), cut)
    }
    rounds[`${side} ${when}`] = await cutOffAtEach(all, worker, { side, when }, { onCut })
  })
  // Fewer would mean that the gates were gone around.
  expect(rounds['scaleway before']).toBeGreaterThan(18)
  expect(rounds['cluster before']).toBeGreaterThan(20)
  // Two versions added and two disabled; the lease twice, the journal eight times, a refresh and a restart.
  expect(rounds['scaleway after']).toBeGreaterThanOrEqual(4)
  expect(rounds['cluster after']).toBeGreaterThanOrEqual(10)
  expect(all.states.rounds).toBe(Object.values(rounds).reduce((sum, count) => sum + count + 1, 0))
  // Before the journal; begun; for each of two remote secrets its version and its note; the five phases that follow, with a
  // restart and two versions disabled in between. A target may hold the new values or not.
  expect(all.states.size).toBeGreaterThanOrEqual(13)
  expect(cuts.size).toBeGreaterThanOrEqual(13)
})

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

test('a command line that is killed leaves what one does that is cut off in the same place, wherever that is', {
  timeout: 300_000,
}, async () => {
  await share([...cuts], all.workers, async ([left, cut], worker) => {
    const { login } = worker
    const what = `${login.tier.name}, killed ${cut.when} write ${cut.at} to the ${cut.side}`
    const before = await look(worker)
    expect([what, (await killed(worker, before.next, cut)).killed]).toEqual([what, true])
    expect([what, withoutOperator(await login.left(before))]).toEqual([what, left])
    await expectGoesOn(all, worker, before, what)
  })
  const [worker] = all.workers as [Disturbed]
  const before = await look(worker)
  expect((await killed(worker, before.next, { side: 'cluster', at: 1000, when: 'after' })).killed).toBe(false)
  await expectGoesOn(all, worker, before, 'a command line that is not killed')
})

test('no value is in any output, argument, journal, event, log or file', () => all.expectNoLeaks(100))
