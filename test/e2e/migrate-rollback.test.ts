import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { isSame, type SavedSecret, savedSecret } from '../../scripts/change/migration/backup-document.ts'
import { newestBackup, openBackup } from '../../scripts/change/migration/backups.ts'
import type { ClusterContext } from '../../scripts/change/migration/migration-context.ts'
import { journalRef, readState } from '../../scripts/change/migration/migration-state.ts'
import { lookBack, rollBack } from '../../scripts/change/migration/rollback.ts'
import { lookAhead, migrate, nextStep } from '../../scripts/change/migration/run.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { keyedDigest } from '../../scripts/lib/keyed-digest.ts'
import type { Disturbance } from '../helpers/disturbance.ts'
import { eventually } from '../helpers/eventually.ts'
import { faults } from '../helpers/faults.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { problemOf } from '../helpers/problems.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { share } from '../helpers/share.ts'
import { runOutLease } from './migration-remains.ts'
import type { MigrationTrack } from './migration-track.ts'
import { type MigrationTracks, startTracks } from './migration-tracks.ts'
import { encoded, passphrase } from './migration-world.ts'

const digest = keyedDigest()

let folder: string
let here: MigrationTracks

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  here = await startTracks(2, folder)
}, 120_000)
afterAll(async () => {
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const oldOf = (track: MigrationTrack) => here.client.get<SecretObject>(kinds.secret, track.context().legacy)
const plain = (track: MigrationTrack): ClusterContext => track.context({ client: here.client })

/** A migration that is over; the answer is the old Secret as it was. */
async function migrated(track: MigrationTrack): Promise<SavedSecret> {
  await track.reset({ handMade: false })
  const metadata = { labels: { app: 'shop' }, annotations: { note: 'kept' } }
  await here.client.mergePatch(kinds.secret, track.context().legacy, { metadata })
  const before = await oldOf(track)
  expect(nextStep(await migrate(track.context()))).toBeUndefined()
  expect(await oldOf(track)).toBeUndefined()
  return savedSecret(before as SecretObject)
}

/** What the old Secret may have become when a rollback comes, each in a way that takes other writes. */
const meanwhile = {
  'is gone': async () => undefined,
  'has other keys': (track: MigrationTrack) => put(track, {}),
  'is immutable by now': (track: MigrationTrack) => put(track, { immutable: true }),
  'is of another type by now': (track: MigrationTrack) => put(track, { type: 'example.org/other' }),
} as const

async function put(track: MigrationTrack, parts: Partial<SecretObject>): Promise<SecretObject> {
  const { legacy } = track.context()
  return here.client.create<SecretObject>(kinds.secret, {
    metadata: legacy,
    data: encoded({ LATER: `made later by somebody ${Math.random()}` }),
    ...parts,
  })
}

/** What must hold at every moment: what was saved, and what is there instead, is in the cluster or sealed. */
async function expectNothingLost(
  track: MigrationTrack,
  what: string,
  saved: SavedSecret,
  later: SecretObject | undefined,
): Promise<void> {
  const context = plain(track)
  const current = await oldOf(track)
  const places = await Promise.all(
    (['backup', 'before-rollback'] as const).map(async (kind) => {
      const newest = await newestBackup(context, kind)
      return newest ? (await openBackup(context, newest.text, kind, passphrase)).secrets : []
    }),
  )
  const all = [...places.flat(), ...(current ? [savedSecret(current)] : [])]
  const isThere = (secret: SavedSecret) =>
    all.some((one) => isSame(digest, { ...one, labels: {} }, { ...secret, labels: {} }))
  expect([what, isThere(saved), later ? isThere(savedSecret(later)) : true]).toEqual([what, true, true])
}

/** A migration that is over, and what has become of its old Secret since. */
interface Scene {
  readonly saved: SavedSecret
  readonly journal: object
  readonly name: keyof typeof meanwhile
}

/** By track: a migration that many rollbacks begin with, each as if it were the first. */
const over = new Map<MigrationTrack, Promise<Omit<Scene, 'name'>>>()

async function scene(track: MigrationTrack, name: Scene['name']): Promise<Scene> {
  const migration = async () => {
    const saved = await migrated(track)
    const found = await here.client.get<KubernetesObject & { data?: object }>(kinds.configMap, journalRef(track.model))
    return { saved, journal: found?.data ?? {} }
  }
  const begun = over.get(track) ?? migration()
  over.set(track, begun)
  return { ...(await begun), name }
}

/** What was left behind so far; a rollback goes on from each of them once. */
const states = new LeftStates()

/** What a rollback leaves behind, without what differs from round to round. */
async function left(track: MigrationTrack, { saved, name }: Scene, later: SecretObject | undefined): Promise<unknown> {
  const { done, deleting, rolledBack } = await readState(plain(track))
  const newest = await newestBackup(plain(track), 'before-rollback')
  const kept = newest ? (await openBackup(plain(track), newest.text, 'kept', passphrase)).secrets : []
  const old = await oldOf(track)
  return {
    name,
    journal: [Object.keys(done), deleting !== undefined, rolledBack !== undefined],
    kept: later !== undefined && kept.some((secret) => isSame(digest, secret, savedSecret(later))),
    old: !old ? 'gone' : isSame(digest, savedSecret(old), saved) ? 'restored' : 'another',
  }
}

/** One disturbed rollback and, from a new state, one that is not; whether there was such a request. */
async function round(
  track: MigrationTrack,
  what: string,
  own: Scene,
  disturbance: Omit<Disturbance, 'side'>,
): Promise<boolean> {
  const { saved, journal, name } = own
  const ref = journalRef(track.model)
  await here.client.mergePatch(kinds.configMap, ref, { data: journal })
  await here.client.delete(kinds.secret, track.context().legacy)
  const kept = await newestBackup(plain(track), 'before-rollback')
  if (kept) await here.client.delete(kinds.secret, kept.ref)
  const later = await meanwhile[name](track)
  const hit = track.gates.disturb({ side: 'cluster', ...disturbance })
  const error = await rollBack(track.context()).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  track.gates.calm()
  if (error !== undefined) expectSentence(error, what)
  await expectNothingLost(track, what, saved, later)
  if (!states.isNew(await left(track, own, later))) return hit() !== undefined
  await runOutLease(here.client, track.model)
  await rollBack(plain(track))
  expect([what, isSame(digest, savedSecret((await oldOf(track)) as SecretObject), saved)]).toEqual([what, true])
  expect([what, (await lookBack(plain(track))).action]).toEqual([what, 'nothing'])
  await expectNothingLost(track, what, saved, later)
  return hit() !== undefined
}

test('cut off before any write, or at any request at all, a rollback continues, and nothing of either side is lost', {
  timeout: 900_000,
}, async () => {
  const counts: Record<string, number> = {}
  await share(Object.keys(meanwhile) as Scene['name'][], here.tracks, async (name, track) => {
    const own = await scene(track, name)
    for (let at = 1; ; at++) {
      const what = `${track.model.application}, the old Secret ${name}, cut off at request ${at}`
      // Between two writes there is the same to continue from.
      const writesOnly = name !== 'is immutable by now'
      const disturbance = { at, writesOnly, lasting: true, act: async () => 'reset' as const }
      if (!(await round(track, what, own, disturbance))) break
      counts[name] = at
    }
  })
  expect(Object.keys(counts)).toHaveLength(4)
  for (const [name, count] of Object.entries(counts)) expect([name, count > 3]).toEqual([name, true])
  expect(counts['is immutable by now']).toBeGreaterThan(10)
  expect(states.rounds).toBe(Object.values(counts).reduce((sum, count) => sum + count + 1, 0))
  // Nothing done, noted, restored, and noted again; where there is another one, that is sealed before.
  expect(states.size).toBeGreaterThanOrEqual(4 + 3 * 5)
})

test('a write whose answer is lost, or that is refused, is reported or found out', { timeout: 600_000 }, async () => {
  const [track] = here.tracks as [MigrationTrack]
  const own = await scene(track, 'is immutable by now')
  for (const [name, { act }] of faults.filter(([, { side }]) => side === 'cluster'))
    for (let at = 1; await round(track, `${name} at write ${at}`, own, { at, act, writesOnly: true }); at++);
})

test('the namespace of the old Secret is made again when it is gone', async () => {
  const [track] = here.tracks as [MigrationTrack]
  const saved = await migrated(track)
  const namespace = { name: track.context().legacy.namespace }
  await here.client.delete(kinds.namespace, namespace)
  await eventually(
    () => here.client.get(kinds.namespace, namespace),
    (found) => found === undefined,
    { timeoutMs: 60_000 },
  )
  await rollBack(plain(track))
  expect(isSame(digest, savedSecret((await oldOf(track)) as SecretObject), saved)).toBe(true)
})

test('labels and annotations that others have added since stay', async () => {
  const [track] = here.tracks as [MigrationTrack]
  await migrated(track)
  await rollBack(plain(track))
  const { legacy } = track.context()
  await here.client.mergePatch(kinds.secret, legacy, {
    metadata: { labels: { added: 'since', app: 'other' } },
    data: encoded({ LATER: 'x' }),
  })
  await rollBack(plain(track))
  expect((await oldOf(track))?.metadata.labels).toEqual({ added: 'since', app: 'shop' })
  expect((await lookBack(plain(track))).action).toBe('nothing')
})

test('a rollback changes nothing of what is new, and what it undid is to be done again', async () => {
  const [track] = here.tracks as [MigrationTrack]
  await migrated(track)
  const versions = async () => {
    const lists = await Promise.all(
      [kinds.externalSecret, kinds.secretStore].map((kind) => here.client.list<KubernetesObject>(kind)),
    )
    const secrets = await here.client.list<SecretObject>(kinds.secret, { namespace: `${track.model.application}-api` })
    return [...lists.flatMap(({ items }) => items), ...secrets.items].map(
      ({ metadata }) => `${metadata.name} ${metadata.uid}`,
    )
  }
  const before = await versions()
  here.emulator.resetRequests()
  await rollBack(plain(track))
  expect(await versions()).toEqual(before)
  expect(here.emulator.requests().total).toBe(0)
  const { done, deleting, rolledBack } = await readState(plain(track))
  expect([done.switch, done.compare !== undefined, deleting, typeof rolledBack]).toEqual([
    undefined,
    true,
    undefined,
    'string',
  ])
  await here.client.delete(kinds.secret, track.context().legacy)
  expect((await lookAhead(track.context())).problems.map(({ code }) => code)).toEqual(['LEGACY_ABSENT'])
  await rollBack(plain(track))
  await track.expectResumes('after a rollback')
})

test('without a backup, with another passphrase, or with a file that is malformed, nothing is restored', async () => {
  const [track] = here.tracks as [MigrationTrack]
  await migrated(track)
  const context = plain(track)
  const person = { passphrase: async () => 'another passphrase', ask: undefined }
  expect(await problemOf(rollBack({ ...context, person }))).toMatchObject({ code: 'SEAL_REFUSES', exitCode: 3 })
  const backupFile = join(folder, 'none.json')
  const choices = { ...context.choices, backupFile }
  expect(await problemOf(rollBack({ ...context, choices }))).toMatchObject({
    code: 'BACKUP_MISSING',
    where: backupFile,
  })
  await writeFile(backupFile, '{"half": "of')
  expect(await problemOf(rollBack({ ...context, choices }))).toMatchObject({
    code: 'SEAL_UNREADABLE',
    where: backupFile,
  })
  expect(await oldOf(track)).toBeUndefined()
  const backup = await newestBackup(context, 'backup')
  await here.client.delete(kinds.secret, backup?.ref ?? { name: '' })
  expect(await problemOf(rollBack(context))).toMatchObject({ code: 'BACKUP_MISSING' })
  await writeFile(backupFile, backup?.text ?? '')
  const other = { ...context.legacy, name: 'another-secret' }
  const model = { ...context.model, environment: 'live' }
  expect(await problemOf(rollBack({ ...context, choices, model }))).toMatchObject({
    code: 'BACKUP_OF_OTHER_ENVIRONMENT',
  })
  expect(await problemOf(lookBack({ ...context, choices, legacy: other }))).toMatchObject({
    code: 'BACKUP_OF_OTHER_SECRET',
  })
  expect(await oldOf(track)).toBeUndefined()
  await rollBack({ ...context, choices })
  expect(await oldOf(track)).toBeDefined()
})
