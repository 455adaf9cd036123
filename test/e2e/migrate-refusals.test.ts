import { randomBytes } from 'node:crypto'
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { MigrationContext } from '../../scripts/change/migration/migration-context.ts'
import { journalRef } from '../../scripts/change/migration/migration-state.ts'
import { replacementNote } from '../../scripts/change/migration/replacements.ts'
import { lookAhead, migrate, nextStep } from '../../scripts/change/migration/run.ts'
import { clusterProblem } from '../../scripts/kubernetes/errors.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import type { GateRequest } from '../helpers/gate.ts'
import type { MigrationTrack } from './migration-track.ts'
import { type MigrationTracks, startTracks } from './migration-tracks.ts'
import { encoded, passphrase } from './migration-world.ts'

let folder: string
let here: MigrationTracks
let track: MigrationTrack
let legacy: { readonly namespace: string; readonly name: string }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  here = await startTracks(1, folder)
  track = here.tracks[0] as MigrationTrack
  legacy = track.context().legacy
}, 120_000)
afterAll(async () => {
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

/** The codes a run ends with: of the problems that stop it, and of the step that waits for a person. */
async function codesOf(parts: Partial<MigrationContext> = {}): Promise<string[]> {
  const end = await migrate(track.context(parts)).then(
    (view) => (nextStep(view) ? view.problems : []),
    (error: unknown) => {
      const told = clusterProblem(error)
      if (!(told instanceof ProblemError)) throw told
      return told.problems
    },
  )
  return end.map(({ code }) => code)
}

const choices = (parts: Partial<MigrationContext['choices']>) => ({ choices: { ...track.context().choices, ...parts } })
const patchOld = (patch: object) => here.client.mergePatch(kinds.secret, legacy, patch)
const hasOld = async () => (await here.client.get(kinds.secret, legacy)) !== undefined

test('an old Secret that is not there is told, with the backup if there is one', async () => {
  await track.reset({ handMade: false })
  const saved = await here.client.get<SecretObject>(kinds.secret, legacy)
  await here.client.delete(kinds.secret, legacy)
  expect(await codesOf()).toEqual(['LEGACY_ABSENT'])
  await here.client.create(kinds.secret, { metadata: legacy, data: saved?.data } as never)
  expect(await codesOf(choices({ confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED'])
  // As long as something reads it, nobody has deleted it on purpose.
  const spec = { containers: [{ name: 'x', image: 'x', envFrom: [{ secretRef: { name: legacy.name } }] }] }
  const pod = { namespace: legacy.namespace, name: 'reader' }
  await here.client.create(kinds.pod, { metadata: pod, spec } as never)
  await here.client.delete(kinds.secret, legacy)
  const view = await lookAhead(track.context())
  expect(view.problems).toMatchObject([{ code: 'LEGACY_ABSENT', fix: expect.stringContaining('migrate-backup-1: ') }])
  await here.client.delete(kinds.pod, pod)
  // It was ready to be deleted, and nothing reads it: whoever wrote it has taken it away.
  expect(nextStep(await migrate(track.context()))).toBeUndefined()
})

test('an old Secret that somebody else writes is not deleted; one of a Helm release is, with a warning', async () => {
  await track.reset({ handMade: false })
  const { metadata } = await here.client.create<KubernetesObject>(kinds.configMap, {
    metadata: { name: 'owner', namespace: legacy.namespace },
  })
  const owner = { apiVersion: 'v1', kind: 'ConfigMap', name: 'owner', uid: metadata.uid, controller: true }
  await patchOld({ metadata: { ownerReferences: [owner] } })
  expect(await codesOf()).toEqual(['LEGACY_HAS_WRITER'])
  expect(await hasOld()).toBe(true)
  await patchOld({ metadata: { ownerReferences: null, annotations: { 'meta.helm.sh/release-name': 'shop' } } })
  expect(await codesOf(choices({ confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED', 'LEGACY_OF_RELEASE'])
  await track.expectResumes('an old Secret of a release')
})

test('at a terminal the name has to be typed as it is', async () => {
  await track.reset({ handMade: false })
  const asked: string[] = []
  const typing = (answer: string): Partial<MigrationContext> => ({
    ...choices({ confirm: undefined }),
    person: {
      passphrase: async () => passphrase,
      ask: async (question) => {
        asked.push(question)
        return answer
      },
    },
  })
  for (const answer of ['', 'y', legacy.name.toUpperCase()])
    expect(await codesOf(typing(answer))).toEqual(['DELETION_UNCONFIRMED'])
  expect(await hasOld()).toBe(true)
  expect(await codesOf(typing(` ${legacy.name} `))).toEqual([])
  expect(asked).toHaveLength(4)
  expect(asked[0]).toContain(`Secret/${legacy.namespace}/${legacy.name} of dev`)
  await track.expectResumes('typed')
})

test('an old Secret that changes at the last moment is not deleted', async () => {
  await track.reset({ handMade: false })
  const isDeletion = ({ method, url }: GateRequest) => method === 'DELETE' && url.endsWith(`/${legacy.name}`)
  track.gates.disturb({
    side: 'cluster',
    at: 1,
    only: isDeletion,
    async act(forward) {
      await patchOld({ metadata: { labels: { changed: 'now' } } })
      return forward()
    },
  })
  expect(await codesOf()).toEqual(['LEGACY_CHANGED'])
  track.gates.calm()
  expect(await hasOld()).toBe(true)
  await track.expectResumes('changed at the last moment')
})

test('an old Secret that changes after its backup is backed up again before it is deleted', async () => {
  await track.reset({ handMade: false })
  const left = choices({ leave: ['LEFT'] })
  await patchOld({ data: encoded({ LEFT: 'left behind' }) })
  const isRefresh = ({ method, body }: GateRequest) => method === 'PATCH' && body.includes('force-sync')
  track.gates.disturb({
    side: 'cluster',
    at: 1,
    only: isRefresh,
    async act(forward) {
      await patchOld({ data: encoded({ LEFT: 'left behind, and changed since' }) })
      return forward()
    },
  })
  expect(await codesOf(left)).toEqual(['BACKUP_OUTDATED'])
  track.gates.calm()
  expect(await codesOf(left)).toEqual([])
  const { namespace } = journalRef(track.model)
  expect(await here.client.get(kinds.secret, { namespace, name: 'migrate-backup-2' })).toBeDefined()
})

test('a file that is there is not written over, one that is the backup is fine', async () => {
  await track.reset({ handMade: false })
  const backupFile = join(folder, 'backup.json')
  await writeFile(backupFile, 'somebody else’s')
  expect(await codesOf(choices({ backupFile }))).toEqual(['BACKUP_FILE_TAKEN'])
  expect(await readFile(backupFile, 'utf8')).toBe('somebody else’s')
  await rm(backupFile)
  expect(await codesOf(choices({ backupFile, confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED'])
  expect(await codesOf(choices({ backupFile, confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED'])
  expect(await readFile(backupFile, 'utf8')).toContain('tiered-secrets sealed text')
})

test('a backup that is larger than a Secret may be is told, and nothing goes on', async () => {
  await track.reset({ handMade: false })
  await patchOld({ data: encoded({ BIG: randomBytes(900 * 1024) }) })
  here.emulator.resetRequests()
  expect(await codesOf(choices({ leave: ['BIG'] }))).toEqual(['BACKUP_TOO_LARGE'])
  expect(here.emulator.requests().entries.filter(({ method }) => method !== 'GET')).toEqual([])
  await patchOld({ data: { BIG: null } })
  await track.expectResumes('a large backup')
})

test('a backup that can not be read again is none', async () => {
  await track.reset({ handMade: false })
  track.gates.disturb({
    side: 'cluster',
    at: 1,
    only: ({ method, url }) => method === 'GET' && url.endsWith('/migrate-backup-1'),
    act: async () => ({ status: 404, body: '{"reason":"NotFound","message":"no"}' }),
  })
  expect(await codesOf()).toEqual(['BACKUP_DIFFERS'])
  track.gates.calm()
  await track.expectResumes('a backup that was gone for a moment')
})

test('a backup under another passphrase is not trusted, and not written over', async () => {
  await track.reset({ handMade: false })
  expect(await codesOf(choices({ confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED'])
  await patchOld({ metadata: { labels: { changed: 'yes' } } })
  const person = { passphrase: async () => 'another passphrase', ask: undefined }
  expect(await codesOf({ person })).toEqual(['SEAL_REFUSES'])
  const { namespace } = journalRef(track.model)
  expect(await here.client.get(kinds.secret, { namespace, name: 'migrate-backup-2' })).toBeUndefined()
  await track.expectResumes('the right passphrase')
})

test('a Helm release that somebody else has left pending is told, and not touched', async () => {
  await track.reset({ handMade: true })
  const { namespace, name } = track.model.release
  const record = { namespace, name: `sh.helm.release.v1.${name}.v99` }
  const labels = { owner: 'helm', name, version: '99', status: 'pending-upgrade' }
  await here.client.create(kinds.secret, { metadata: { ...record, labels } })
  expect(await codesOf()).toEqual(['RELEASE_PENDING'])
  expect(await here.client.get(kinds.secret, record)).toBeDefined()
  await here.client.delete(kinds.secret, record)
  await track.expectResumes('no pending release')
})

test('a step that does not stay done is told', async () => {
  await track.reset({ handMade: true })
  expect(await codesOf({ deploy: async () => undefined })).toEqual(['STEP_UNFINISHED'])
  await track.expectResumes('a deployment that deploys')
})

test('a journal that is lost is made again from what is there', async () => {
  await track.reset({ handMade: true })
  expect(await codesOf(choices({ confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED'])
  await here.client.delete(kinds.configMap, journalRef(track.model))
  await track.expectResumes('a journal that was lost')
})

test('a value that was rotated in Scaleway meanwhile is told, and either side can be right', async () => {
  await track.reset({ handMade: false })
  expect(await codesOf(choices({ confirm: undefined }))).toEqual(['DELETION_UNCONFIRMED'])
  await patchOld({ data: encoded({ DATABASE_URL: 'postgresql://old.example/db' }) })
  const view = await lookAhead(track.context())
  expect(view.problems).toMatchObject([
    {
      code: 'FILL_WOULD_REPLACE',
      fix: 'If the old Secret is right, run it with --replace: the previous version stays enabled. If Scaleway is right, leave the old value behind with `--leave <key>`.',
    },
  ])
  const noteOf = (name: string) => view.steps.find((step) => step.name === name)
  expect(noteOf('inventory')?.note).toMatch(/^\d+ keys assigned, 1 with a different value in Scaleway$/)
  expect(noteOf('fill')).toMatchObject({
    state: 'todo',
    note: expect.stringMatching(/, 1 with a different value there$/),
  })
  const replacing = track.context(choices({ replace: true }))
  expect(await replacementNote(replacing, (await lookAhead(replacing)).facts)).toBe('1 value in Scaleway is replaced')
  expect(await replacementNote(track.context(), view.facts)).toBe('')
  expect(nextStep(await lookAhead(track.context(choices({ leave: ['DATABASE_URL'] }))))?.name).toBe('backup')
  expect(await codesOf(choices({ leave: ['DATABASE_URL'] }))).toEqual([])
})
