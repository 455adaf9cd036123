import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MigrationContext } from '../../scripts/change/migration/migration-context.ts'
import { migrate } from '../../scripts/change/migration/run.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { type Disturbance, sides } from '../helpers/disturbance.ts'
import { faults } from '../helpers/faults.ts'
import { type Cut, cutRun } from '../helpers/killed-run.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { share } from '../helpers/share.ts'
import { type MigrationTrack, withoutOperator } from './migration-track.ts'
import { type MigrationTracks, startTracks } from './migration-tracks.ts'

let folder: string
let here: MigrationTracks
/** Everything that was said. */
let traces = ''
const log = (line: string) => {
  traces += `${line}\n`
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  here = await startTracks(3, folder)
}, 120_000)
afterAll(async () => {
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** What was left behind so far, by whichever track. */
const states = new LeftStates()

/** What must hold after an interrupted run; from what another round left behind too, the same command went on already. */
async function expectGoesOn(track: MigrationTrack, what: string): Promise<void> {
  await track.expectNothingLost(what)
  if (states.isNew(await track.left())) await track.expectResumes(what)
}

/** What runs leave that are cut off after a write, or before the first. */
const afterWrites = new Set<string>()

test('cut off after any write, it continues the next time and ends as if nothing had been', {
  timeout: 900_000,
}, async () => {
  const counts: Record<string, number> = {}
  const jobs = sides.flatMap((side) => [0, 1, 2].map((first) => ({ side, first })))
  await share(jobs, here.tracks, async ({ side, first }, track) => {
    for (let at = first; ; at += 3) {
      const what = `${track.model.application}, cut off after write ${at} to the ${side}`
      await track.reset({ handMade: true })
      const cut: Cut = at === 0 ? { side, at: 1, when: 'before' } : { side, at, when: 'after' }
      const { isCut, error } = await cutRun(track.gates, cut, (signal) => migrate(track.context({ log, signal })))
      if (!isCut) expect([what, error]).toEqual([what, undefined])
      afterWrites.add(withoutOperator(await track.left()))
      await expectGoesOn(track, what)
      if (!isCut) break
      counts[side] = Math.max(counts[side] ?? 0, at)
    }
  })
  // Five remote secrets with a version each; a lease, the journal at each step, a backup, four refreshes, the deletion.
  expect(counts.scaleway).toBeGreaterThanOrEqual(10)
  expect(counts.cluster).toBeGreaterThanOrEqual(18)
  expect(states.rounds).toBe((counts.scaleway ?? 0) + (counts.cluster ?? 0) + 2 + jobs.length)
  expect(states.size).toBeGreaterThan(25)
})

test('cut off before any request it leaves one of these states, and every byte is there', {
  timeout: 300_000,
}, async () => {
  const [track] = here.tracks as [MigrationTrack]
  const counts = { scaleway: 0, cluster: 0 }
  const found = new Set<string>()
  const strange: string[] = []
  await track.reset({ handMade: true })
  track.gates.watch(async (side) => {
    const what = `before request ${++counts[side]} to the ${side}`
    await track.expectNothingLost(what)
    const left = withoutOperator(await track.left())
    found.add(left)
    if (!afterWrites.has(left)) strange.push(`${what}: ${left}`)
  })
  await migrate(track.context({ log }))
  track.gates.calm()
  expect(strange).toEqual([])
  expect(found.size).toBeGreaterThan(25)
  // Fewer would mean that the gates were gone around.
  expect(counts.scaleway).toBeGreaterThan(40)
  expect(counts.cluster).toBeGreaterThan(60)
})

/** One run with a fault, and what must hold afterwards; undefined when there was no such request any more. */
async function round(
  track: MigrationTrack,
  what: string,
  disturbance: Disturbance,
  parts: Partial<MigrationContext>,
): Promise<'ended well' | 'told' | undefined> {
  await track.reset({ handMade: true })
  const hit = track.gates.disturb(disturbance)
  const error = await migrate(track.context({ log, ...parts })).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  track.gates.calm()
  if (error !== undefined) {
    traces += String(error)
    expectSentence(error, what)
  }
  await expectGoesOn(track, what)
  if (hit() === undefined) return undefined
  return error === undefined ? 'ended well' : 'told'
}

test('after any fault at any write it says what is wrong, and continues the next time', {
  timeout: 1_800_000,
}, async () => {
  const seen: Record<string, Set<string>> = {}
  const counts: Record<string, number> = {}
  const before = states.rounds
  await share(faults, here.tracks, async ([name, fault], track) => {
    for (let at = 1; ; at++) {
      const what = `${track.model.application}, ${name} at write ${at}`
      const { account } = track.context()
      const parts = name === 'no answer' ? { account: { ...account, timeoutMs: 300 } } : {}
      const disturbance = { ...fault, at, writesOnly: true, lasting: !name.includes('lost') }
      const end = await round(track, what, disturbance, parts)
      if (end === undefined) break
      seen[name] = (seen[name] ?? new Set()).add(end)
      counts[name] = at
    }
  })
  // Answers of Scaleway that are lost are found out; so are those of the cluster where a journal or a backup is written.
  expect(Object.keys(seen).sort()).toEqual(faults.map(([name]) => name).sort())
  expect([...(seen['an answer that is lost'] ?? [])]).toEqual(['ended well'])
  for (const [name, { side }] of faults) {
    if (!name.includes('lost')) expect([name, seen[name]?.has('told')]).toEqual([name, true])
    // Five remote secrets with a version each; a lease, the journal at each step, a backup, four refreshes, the deletion.
    expect([name, counts[name]]).toEqual([name, expect.toSatisfy((count) => count >= (side === 'scaleway' ? 10 : 18))])
  }
  expect(states.rounds - before).toBe(Object.values(counts).reduce((sum, count) => sum + count + 1, 0))
})

test('no value is in anything that was said, or in an object that is no Secret', async () => {
  const kindsToSearch = [kinds.configMap, kinds.event, kinds.lease, kinds.externalSecret]
  const lists = await Promise.all(kindsToSearch.map((kind) => here.client.list<KubernetesObject>(kind)))
  const secrets = here.tracks.flatMap((track) => [...track.secrets])
  expect(secrets.length).toBeGreaterThan(500)
  expect(traces.length).toBeGreaterThan(10_000)
  for (const [place, text] of Object.entries({ traces, objects: JSON.stringify(lists) }))
    expect([place, secrets.filter((secret) => text.includes(secret)).length]).toEqual([place, 0])
})
