import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { migrate } from '../../scripts/change/migration/run.ts'
import { readRelease } from '../../scripts/cluster/helm-release.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { compiledCli } from '../helpers/cli.ts'
import type { Disturbance, Side } from '../helpers/disturbance.ts'
import type { GateRequest } from '../helpers/gate.ts'
import { cutRun } from '../helpers/killed-run.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { allArguments } from '../helpers/processes.ts'
import { adoptApplication, type Repository, userFolder } from '../helpers/repository.ts'
import { share } from '../helpers/share.ts'
import { type MigrationTrack, withoutOperator } from './migration-track.ts'
import { type MigrationTracks, startTracks } from './migration-tracks.ts'
import { passphrase } from './migration-world.ts'

let folder: string
let here: MigrationTracks
let workers: readonly { readonly track: MigrationTrack; readonly repository: Repository }[]
/** Everything that was printed, and the arguments of all processes when one was killed. */
let traces = ''

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  here = await startTracks(2, folder)
  workers = await Promise.all(
    here.tracks.map(async (track) => ({ track, repository: await adopted(track.application) })),
  )
}, 120_000)
afterAll(async () => {
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** A repository that holds the application, with everything generated. */
async function adopted(application: Application): Promise<Repository> {
  const repository = await userFolder()
  await adoptApplication(repository, application)
  const { exitCode, stderr } = await repository.cli(['gen-values'])
  if (exitCode !== 0) throw new Error(stderr)
  return repository
}

interface Ended {
  readonly killed: boolean
  readonly exitCode: number | null
}

/** `npm run migrate`, to its end or to the request after which it and all it started is killed with SIGKILL. */
async function run(
  { track, repository }: (typeof workers)[number],
  disturbance?: Omit<Disturbance, 'act'>,
  ...more: readonly string[]
): Promise<Ended> {
  let kill = async () => {}
  const hit =
    disturbance &&
    track.gates.disturb({
      ...disturbance,
      async act(forward) {
        await forward()
        await kill()
        return 'reset'
      },
    })
  const { legacy } = track.context()
  const options = [
    '--environment',
    'dev',
    '--assign',
    'SENTRY_DSN=api,web',
    '--yes',
    '--confirm',
    legacy.name,
    '--timeout',
    '20s',
    ...more,
  ]
  const child = spawn(process.execPath, [compiledCli, 'migrate', ...options], {
    cwd: repository.folder,
    env: { ...process.env, ...track.env },
    stdio: ['pipe', 'pipe', 'pipe'],
    detached: true,
  })
  const closed = once(child, 'close')
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (traces += text))
  child.stdin.on('error', () => undefined).end(passphrase)
  kill = async () => {
    traces += allArguments()
    // The whole group: a machine that loses its power takes Helm along.
    process.kill(-(child.pid ?? 0), 'SIGKILL')
    await closed
  }
  const [exitCode] = (await closed) as [number | null]
  track.gates.calm()
  return { killed: hit?.() !== undefined, exitCode }
}

const toScaleway = (method: string, path: RegExp) => (request: GateRequest) =>
  request.method === method && path.test(request.url.split('?')[0] ?? '')
const toKind = (method: RegExp, plural: string, body = '') => {
  return (request: GateRequest) =>
    method.test(request.method) && request.url.includes(`/${plural}`) && request.body.includes(body)
}
/** The journal, with something it says now. In a string of JSON, quotes are escaped. */
const noted = (field: string) => toKind(/POST|PATCH/, 'configmaps', `\\"${field}\\":`)

/**
 * Writes by what they leave, one of each kind: nothing done yet; something done in the cluster, or in Scaleway, that is not
 * noted; something noted that is not done; nothing left to do.
 */
const places: readonly [left: string, side: Side, only: (request: GateRequest) => boolean][] = [
  ['nothing but the lease', 'cluster', toKind(/POST/, 'leases')],
  ['a backup that is not noted', 'cluster', toKind(/POST/, 'secrets', 'tiered-secrets/backup')],
  ['a remote secret without a version', 'scaleway', toScaleway('POST', /\/secrets$/)],
  ['that Helm is called', 'cluster', noted('deploying')],
  ['the old Secret deleted', 'cluster', toKind(/DELETE/, 'secrets', 'preconditions')],
]

// `migrate-interrupted.test.ts` cuts off a run after each write, and continues from every state that this leaves.
test('killed with SIGKILL it leaves what a run does that is cut off in the same place', {
  timeout: 900_000,
}, async () => {
  const left = new LeftStates()
  await share(places, workers, async ([name, side, only], worker) => {
    const { track } = worker
    const what = `${track.model.application}, cut off when it left ${name}`
    await track.reset({ handMade: true })
    const { isCut } = await cutRun(track.gates, { side, at: 1, when: 'after', only }, (signal) =>
      migrate(track.context({ signal })),
    )
    const cut = withoutOperator(await track.left())
    await track.reset({ handMade: true })
    const { killed } = await run(worker, { side, at: 1, writesOnly: true, only })
    await track.expectNothingLost(what)
    const there = withoutOperator(await track.left())
    expect([what, isCut, killed, there]).toEqual([what, true, true, cut])
    expect([what, left.isNew(there)]).toEqual([what, true])
    // A backup that was sealed at its real cost. The others are states that a run in this process continues from as well.
    if (name === 'a backup that is not noted') await track.expectResumes(what)
  })
  expect(left.size).toBe(places.length)
})

const byHelm = ({ method, url, body }: GateRequest) =>
  method !== 'GET' &&
  !url.includes('dryRun=') &&
  (url.includes('fieldManager=helm') || `${url}${body}`.includes('sh.helm.release'))

test('killed together with Helm, which leaves its release pending, the same command continues', {
  timeout: 600_000,
}, async () => {
  const statuses: string[] = []
  await share([1, 13, 8], workers, async (at, worker) => {
    const { track } = worker
    const { model } = track
    const what = `${model.application}, killed after write ${at} of Helm`
    await track.reset({ handMade: true })
    expect([what, (await run(worker, { side: 'cluster', at, only: byHelm })).killed]).toEqual([what, true])
    statuses.push((await readRelease(here.client, model.release))?.status ?? '')
    await track.expectNothingLost(what)
    // With the real Helm the first and the last time it leaves a release pending. The dead one is given a second.
    if (at !== 8) {
      await track.expectResumes(what, { deploy: () => here.deploy(track) })
      expect([what, (await readRelease(here.client, model.release))?.status]).toEqual([what, 'deployed'])
    } else await track.expectResumes(what)
  })
  expect(statuses.filter((status) => status === 'pending-upgrade').length).toBe(3)
})

test('on a disk that has no room for the backup file nothing continues, and with room the same command ends well', async () => {
  const [worker] = workers as [(typeof workers)[number]]
  const { track, repository } = worker
  await track.reset({ handMade: false })
  here.emulator.resetRequests()
  const file = join(folder, 'backup.json')
  const args = ['migrate', '--environment', 'dev', '--assign', 'SENTRY_DSN=api,web', '--yes', '--backup', file]
  const node = [process.execPath, compiledCli, ...args]
  const env = { ...track.env, TSX_DISABLE_CACHE: '1' }
  // No file may become longer than 1 KiB, which stands for a full disk.
  const full = await tryRun('sh', ['-c', 'ulimit -f 2; exec "$0" "$@"', ...node], {
    cwd: repository.folder,
    env,
    input: passphrase,
  })
  expect(full.stderr).toMatch(
    /backup\.json: can't be written: .*\n {2}fix: Free disk space.*\n {2}\(FILE_NOT_WRITTEN\)/,
  )
  expect([
    full.exitCode,
    await readdir(folder).then((names) => names.filter((name) => name.includes('backup') || name.endsWith('.tmp'))),
  ]).toEqual([3, []])
  expect(here.emulator.requests().entries.filter(({ method }) => method !== 'GET')).toEqual([])
  await track.expectNothingLost('a full disk')
  // Nothing else is in its way either: through the same gates it comes to its end.
  expect(await run(worker, undefined, '--backup', file)).toEqual({ killed: false, exitCode: 0 })
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await track.expectResumes('a disk with room')
})

test('no value is in any output, argument or object that is not a Secret', async () => {
  const kindsToSearch = [kinds.configMap, kinds.event, kinds.lease, kinds.externalSecret]
  const lists = await Promise.all(kindsToSearch.map((kind) => here.client.list<KubernetesObject>(kind)))
  const secrets = [passphrase, ...here.tracks.flatMap((track) => [...track.secrets])]
  expect(secrets.length).toBeGreaterThan(30)
  for (const [place, text] of Object.entries({ traces, objects: JSON.stringify(lists) }))
    expect([place, secrets.filter((secret) => text.includes(secret)).length]).toEqual([place, 0])
})
