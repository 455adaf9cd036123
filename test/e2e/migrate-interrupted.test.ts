import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MigrationState } from '../../scripts/change/migration/migration-state.ts'
import { migrate } from '../../scripts/change/migration/run.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { type Side, sides } from '../helpers/disturbance.ts'
import { faults } from '../helpers/faults.ts'
import type { GateRequest } from '../helpers/gate.ts'
import { type Cut, cutRun } from '../helpers/killed-run.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { share } from '../helpers/share.ts'
import { runOutLease } from './migration-remains.ts'
import { type LeftByMigration, type MigrationTrack, withoutOperator } from './migration-track.ts'
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

/** What runs leave that are cut off after a write, or before the first. */
const afterWrites = new Set<string>()
/** Those that keep a request from being carried out; of others the answer is lost. */
const refusals = faults.filter(([name]) => !name.includes('lost'))

const refusalsOf = (side: Side) => refusals.filter(([, fault]) => fault.side === side)
/** How often each fault met a write. */
const counts: Record<string, number> = {}
const count = (name: string) => {
  counts[name] = (counts[name] ?? 0) + 1
}

/** What a run ends with, which has to be a sentence. */
async function endOf(run: Promise<unknown>, what: string): Promise<'ended well' | 'told'> {
  try {
    await run
    return 'ended well'
  } catch (error) {
    traces += String(error)
    expectSentence(error, what)
    return 'told'
  }
}

/** Which write it is, in any track and any round. */
function labelOf({ method, url, body }: GateRequest): string {
  // All targets are refreshed at the same time, in any order.
  if (body.includes('force-sync')) return 'a refresh'
  const path = url
    .replace(/\?.*/, '')
    .replace(/shop-\d/g, 'shop')
    .replace(/[\da-f]{8}-[\da-f-]{27}/g, '<id>')
  const sent = (body === '' ? {} : JSON.parse(body)) as { name?: string; data?: { 'state.json'?: string } }
  const { done = {}, ...noted } = JSON.parse(sent.data?.['state.json'] ?? '{}') as Partial<MigrationState>
  return [method, path, sent.name ?? '', ...Object.keys(noted), ...Object.keys(done)].join(' ')
}

/** The writes after which a run was cut off, and those that were refused in every way. */
const written = { cut: new Set<string>(), refused: new Set<string>() }

/** How many writes a run does again that continues from there, before it does another one. */
function repeatedFrom({ journal, secrets, isDeployed }: LeftByMigration): number {
  const { done = {}, deploying, deleting } = journal as Partial<MigrationState>
  if (Object.keys(done).length === 0) return 0
  // It writes its own name into the journal; and what it is about to do is noted each time.
  const calls = deploying !== undefined && done.deploy === undefined && !isDeployed
  const deletes = deleting !== undefined && !secrets.includes('absent', 1)
  return 1 + Number(calls) + Number(deletes)
}

/** Runs until it is cut off, by default after a write; what is left then holds every byte. */
async function cutOff(track: MigrationTrack, what: string, at: number, when: Cut['when'] = 'after') {
  const { hit, error } = await cutRun(track.gates, { side: 'any', at, when }, (signal) =>
    migrate(track.context({ log, signal })),
  )
  if (!hit) expect([what, error]).toEqual([what, undefined])
  else if (when === 'after') {
    count(`cut off, ${hit.side}`)
    written.cut.add(labelOf(hit))
  }
  await track.expectNothingLost(what)
  const left = await track.left()
  afterWrites.add(withoutOperator(left))
  return hit && left
}

/** Has the next write of the same command fail in each way in turn, which has to be reported. */
async function expectRefusalsAreTold(track: MigrationTrack, before: string, left: LeftByMigration): Promise<void> {
  const repeated = repeatedFrom(left)
  let ways = Infinity
  for (let way = 0; way < ways; way++) {
    const hit = track.gates.disturb({
      side: 'any',
      at: repeated + 1,
      writesOnly: true,
      lasting: true,
      act: async (forward, side, request) => refusalsOf(side)[way]?.[1].act(forward, side, request) ?? 'reset',
    })
    const { account } = track.context()
    // Longer than any answer takes on a busy machine, so that no other request is given up.
    const hasty = refusalsOf('scaleway')[way]?.[0] === 'no answer' ? { account: { ...account, timeoutMs: 3_000 } } : {}
    const end = await endOf(migrate(track.context({ log, ...hasty })), before)
    const { scaleway, cluster } = track.gates.writes()
    track.gates.calm()
    const refused = hit()
    // Everything was written already.
    if (!refused) return expect([before, end]).toEqual([before, 'ended well'])
    const own = refusalsOf(refused.side)
    ways = own.length
    if (way === ways - 1) written.refused.add(labelOf(refused))
    const name = own[way]?.[0] ?? ''
    count(name)
    const what = `${before}, and then ${name}`
    expect([what, end]).toEqual([what, 'told'])
    // Targets are refreshed several at a time; of anything else, nothing was written.
    if (refused.body.includes('force-sync')) await track.expectNothingLost(what)
    else expect([what, scaleway, cluster]).toEqual([what, 0, repeated])
  }
}

test('cut off after any write, and then refused the next one, it continues and ends as if nothing had been', {
  timeout: 900_000,
}, async () => {
  const inRow = 4
  const firsts = Array.from({ length: 50 }, (_, index) => index * inRow)
  let isOver = false
  await share(firsts, here.tracks, async (first, track) => {
    if (isOver) return
    const whatAt = (at: number) => `${track.model.application}, cut off after write ${at}`
    await track.reset({ handMade: true })
    let left = await (first === 0 ? cutOff(track, whatAt(0), 1, 'before') : cutOff(track, whatAt(first), first))
    for (let at = first; left; at++) {
      await runOutLease(here.client, track.model)
      await expectRefusalsAreTold(track, whatAt(at), left)
      if (at === first + inRow - 1) break
      // The run that continues is cut off as well, after its next write. What it leaves is continued in turn.
      left = await cutOff(track, whatAt(at + 1), repeatedFrom(left) + 1)
    }
    if (!left) isOver = true
    await track.expectResumes(`${track.model.application}, cut off up to ${inRow} times from write ${first} on`)
  })
  expect(isOver).toBe(true)
  // Five remote secrets with a version each; a lease, the journal at each step, a backup, refreshes, the deletion.
  const least = { scaleway: 10, cluster: 18 }
  for (const side of sides) {
    expect([side, counts[`cut off, ${side}`]]).toEqual([side, expect.toSatisfy((found) => found >= least[side])])
    for (const [name] of refusalsOf(side)) {
      expect([name, counts[name]]).toEqual([name, expect.toSatisfy((found) => found >= least[side])])
    }
  }
  expect(afterWrites.size).toBeGreaterThan(25)
})

test('cut off before any request it leaves one of these states and no other, and every byte is there', {
  timeout: 300_000,
}, async () => {
  const [track] = here.tracks as [MigrationTrack]
  const seen = { scaleway: 0, cluster: 0 }
  const found = new Set<string>()
  const strange: string[] = []
  const labels = new Set<string>()
  let before = ''
  await track.reset({ handMade: true })
  track.gates.disturb({
    side: 'any',
    at: 'each',
    writesOnly: true,
    act(forward, _side, request) {
      labels.add(labelOf(request))
      return forward()
    },
  })
  track.gates.watch(async (side) => {
    const what = `before request ${++seen[side]} to the ${side}`
    // Where nothing was written since, there is what there was.
    const now = JSON.stringify(track.gates.writes())
    if (now === before) return
    before = now
    await track.expectNothingLost(what)
    const left = withoutOperator(await track.left())
    found.add(left)
    if (!afterWrites.has(left)) strange.push(`${what}: ${left}`)
  })
  await migrate(track.context({ log }))
  track.gates.calm()
  expect(strange).toEqual([])
  // Nor does one that continues leave another state than one that is not disturbed goes through.
  found.add(withoutOperator(await track.left()))
  expect([...afterWrites].filter((left) => !found.has(left))).toEqual([])
  expect(found.size).toBeGreaterThan(25)
  const missed = (which: ReadonlySet<string>) => [...labels].filter((label) => !which.has(label))
  expect([missed(written.cut), missed(written.refused)]).toEqual([[], []])
  // Fewer would mean that the gates were gone around.
  expect(seen.scaleway).toBeGreaterThan(40)
  expect(seen.cluster).toBeGreaterThan(60)
})

test('with the answer lost to each write it says so or finds out, and continues the next time', {
  timeout: 900_000,
}, async () => {
  const ends: Record<Side, string[]> = { scaleway: [], cluster: [] }
  /** The last writes of runs that did not find out. */
  const told = new Set<string>()
  await share(sides, here.tracks, async (side, track) => {
    const what = `${track.model.application}, answers of the ${side} lost`
    await track.reset({ handMade: true })
    do {
      const hit = track.gates.disturb({
        side,
        at: 'each',
        writesOnly: true,
        act(forward) {
          count(`lost, ${side}`)
          return forward().then(() => 'reset' as const)
        },
      })
      ends[side].push(await endOf(migrate(track.context({ log })), what))
      const last = hit()
      if (last && ends[side].at(-1) === 'told') told.add(labelOf(last))
      track.gates.calm()
      await track.expectNothingLost(what)
      const left = withoutOperator(await track.left())
      expect([what, afterWrites.has(left) ? 'as after a write' : left]).toEqual([what, 'as after a write'])
    } while (ends[side].at(-1) === 'told' && ends[side].length < 20)
    await track.expectResumes(what)
  })
  // Answers of Scaleway that are lost are found out; so are those of the cluster where a journal or a backup is written.
  expect(ends.scaleway).toEqual(['ended well'])
  expect([ends.cluster.at(0), ends.cluster.at(-1)]).toEqual(['told', 'ended well'])
  expect([...told].filter((label) => /configmaps|namespaces\/shop-secrets\/secrets/.test(label))).toEqual([])
  expect(told.size).toBeGreaterThan(2)
  expect(counts['lost, scaleway']).toBeGreaterThanOrEqual(10)
  expect(counts['lost, cluster']).toBeGreaterThanOrEqual(18)
})

test('no value is in anything that was said, or in an object that is not a Secret', async () => {
  const kindsToSearch = [kinds.configMap, kinds.event, kinds.lease, kinds.externalSecret]
  const lists = await Promise.all(kindsToSearch.map((kind) => here.client.list<KubernetesObject>(kind)))
  const secrets = here.tracks.flatMap((track) => [...track.secrets])
  expect(secrets.length).toBeGreaterThan(60)
  expect(traces.length).toBeGreaterThan(10_000)
  for (const [place, text] of Object.entries({ traces, objects: JSON.stringify(lists) }))
    expect([place, secrets.filter((secret) => text.includes(secret)).length]).toEqual([place, 0])
})
