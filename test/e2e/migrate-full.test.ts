import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../scripts/change/migration/run.ts'
import { clusterProblem } from '../../scripts/kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { emptyEtcd, fillEtcd } from '../helpers/etcd.ts'
import { eventually } from '../helpers/eventually.ts'
import type { GateRequest } from '../helpers/gate.ts'
import type { MigrationTrack } from './migration-track.ts'
import { type MigrationTracks, startTracks } from './migration-tracks.ts'

const ballast = 'ballast'

let folder: string
let here: MigrationTracks
let track: MigrationTrack

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  const megabytes = 24
  const extraEtcdArgs = [`--quota-backend-bytes=${megabytes * 1024 * 1024}`]
  here = await startTracks(1, folder, { controlPlane: { extraEtcdArgs } })
  track = here.tracks[0] as MigrationTrack
  await here.client.create(kinds.namespace, { metadata: { name: ballast } })
}, 120_000)
afterAll(async () => {
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

const isJournal = ({ method, url }: GateRequest) => method !== 'GET' && url.includes('/configmaps')
const isBackup = ({ method, url, body }: GateRequest) =>
  method === 'POST' && url.endsWith('/secrets') && body.includes('sealed.json')
const isDeletion = ({ method }: GateRequest) => method === 'DELETE'

/** What ends a run, as the command line would tell it. */
async function told(): Promise<{ readonly code: string; readonly exitCode: number; readonly message: string }> {
  const error = clusterProblem(
    await migrate(track.context()).then(
      () => undefined,
      (reason: unknown) => reason,
    ),
  )
  if (!(error instanceof ProblemError)) throw error
  return { code: error.problems[0]?.code ?? '', exitCode: error.exitCode, message: error.problems[0]?.message ?? '' }
}

/** Remote secrets that were created since. */
const created = () => here.emulator.requests().entries.filter(({ method }) => method === 'POST').length

test.each([
  ['the journal is begun', isJournal, 1],
  ['the backup is stored', isBackup, 1],
  ['the deletion is announced', isJournal, 11],
])('with etcd out of space when %s, it stops there and continues when there is room', async (when, only, at) => {
  await track.reset({ handMade: true })
  const hit = track.gates.disturb({
    side: 'cluster',
    only,
    at,
    async act(forward) {
      await fillEtcd(here.client, ballast)
      return forward()
    },
  })
  const { code, exitCode, message } = await told()
  track.gates.calm()
  expect([when, hit() !== undefined, code, exitCode]).toEqual([when, true, 'CLUSTER_REFUSED', 4])
  expect(message).toContain('database space exceeded')
  await track.expectNothingLost(when)
  await emptyEtcd(here.client, here.controlPlane, ballast)
  await track.expectResumes(when)
})

test.each([
  ['journal', 'count/configmaps', 'exceeded quota'],
  ['backup', 'count/secrets', 'exceeded quota'],
])('a quota that has no room for the %s is reported, and nothing after it is done', async (what, resource, words) => {
  await track.reset({ handMade: true })
  const { namespace } = track.model.release
  const used = await here.client.list(resource === 'count/secrets' ? kinds.secret : kinds.configMap, { namespace })
  const quota = { metadata: { name: 'full', namespace }, spec: { hard: { [resource]: String(used.items.length) } } }
  await here.client.create<KubernetesObject>(resourceQuota, quota as never)
  const isCounted = (found: { readonly status?: { readonly used?: object } } | undefined) =>
    found?.status?.used !== undefined
  await eventually(
    () => here.client.get<KubernetesObject & { status?: { used?: object } }>(resourceQuota, quota.metadata),
    isCounted,
  )
  here.emulator.resetRequests()
  const { code, exitCode, message } = await told()
  expect([what, code, exitCode, created()]).toEqual([what, 'CLUSTER_REFUSED', 4, 0])
  expect(message).toContain(words)
  await track.expectNothingLost(what)
  await here.client.delete(resourceQuota, quota.metadata)
  await track.expectResumes(what)
})

test('a write of the journal that is refused ends the run before the step that follows', async () => {
  for (const [at, wanted] of [
    [1, 0],
    [2, 0],
    [3, 0],
    [5, 10],
  ] as const) {
    await track.reset({ handMade: true })
    here.emulator.resetRequests()
    const refusal = { status: 403, body: JSON.stringify({ reason: 'Forbidden', message: 'no writes here' }) }
    track.gates.disturb({ side: 'cluster', only: isJournal, at, lasting: true, act: async () => refusal })
    const { code } = await told()
    track.gates.calm()
    expect([at, code, created()]).toEqual([at, 'CLUSTER_REFUSED', wanted])
    await track.expectNothingLost(`journal write ${at}`)
  }
  await track.expectResumes('the last one')
})

test('the old Secret is deleted only after that was noted', async () => {
  await track.reset({ handMade: false })
  const seen: string[] = []
  const hit = track.gates.disturb({
    side: 'cluster',
    only: (request) => {
      if (isJournal(request)) seen.push(request.body.includes('deleting') ? 'announced' : 'noted')
      return isDeletion(request) && request.url.endsWith(track.context().legacy.name)
    },
    at: 1,
    async act(forward) {
      seen.push('deleted')
      return forward()
    },
  })
  await migrate(track.context())
  expect(hit()).toBeDefined()
  expect(seen.slice(-2)).toEqual(['announced', 'deleted'])
})

// --- internal ---

const resourceQuota = { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true } as const
