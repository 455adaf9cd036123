import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRelease } from '../../scripts/cluster/helm-release.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import type { Application } from '../../scripts/model/types.ts'
import { type Disturbance, sides } from '../helpers/disturbance.ts'
import type { GateRequest } from '../helpers/gate.ts'
import { allArguments } from '../helpers/processes.ts'
import { type Repository, repositoryCopy } from '../helpers/repository.ts'
import { share } from '../helpers/share.ts'
import { runOutLease } from './migration-remains.ts'
import type { MigrationTrack } from './migration-track.ts'
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
async function adopted({ catalogue, environments }: Application): Promise<Repository> {
  const repository = await repositoryCopy()
  await repository.write('scripts/catalogue.ts', `export default ${JSON.stringify(catalogue)}\n`)
  await repository.write('scripts/environments.ts', `export default ${JSON.stringify(environments)}\n`)
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
  ]
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/cli.ts', 'migrate', ...options], {
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

// Before a write everything is as after the one before it: `migrate-interrupted.test.ts` cuts off before each request.
test('killed with SIGKILL after any write, it goes on and ends as if nothing had been', {
  timeout: 1_800_000,
}, async () => {
  const counts: Record<string, number> = {}
  await share(sides, workers, async (side, worker) => {
    const { track } = worker
    for (let at = 1; ; at++) {
      const what = `${track.model.application}, killed after write ${at} to the ${side}`
      await track.reset({ handMade: false })
      const { killed, exitCode } = await run(worker, { side, at, writesOnly: true })
      await track.expectNothingLost(what)
      if (!killed) {
        expect([what, exitCode]).toEqual([what, 0])
        break
      }
      await track.expectResumes(what)
      counts[side] = at
    }
  })
  // Five remote secrets with a version each; a lease, the journal at each step, a backup, four refreshes, the deletion.
  expect(counts.scaleway).toBeGreaterThanOrEqual(10)
  expect(counts.cluster).toBeGreaterThanOrEqual(18)
})

const byHelm = ({ method, url, body }: GateRequest) =>
  method !== 'GET' &&
  !url.includes('dryRun=') &&
  (url.includes('fieldManager=helm') || `${url}${body}`.includes('sh.helm.release'))

test('killed together with Helm, which leaves its release pending, the same command goes on', {
  timeout: 600_000,
}, async () => {
  const statuses: string[] = []
  await share([1, 14, 5, 9, 12, 15], workers, async (at, worker) => {
    const { track } = worker
    const { model } = track
    const what = `${model.application}, killed after write ${at} of Helm`
    await track.reset({ handMade: true })
    expect([what, (await run(worker, { side: 'cluster', at, only: byHelm })).killed]).toEqual([what, true])
    statuses.push((await readRelease(here.client, model.release))?.status ?? '')
    await track.expectNothingLost(what)
    await runOutLease(here.client, model)
    // With the real Helm the first and the last time it leaves a release pending: each waits a minute for the dead one.
    if (at === 1 || at === 14) {
      expect([what, (await run(worker)).exitCode]).toEqual([what, 0])
      expect([what, (await readRelease(here.client, model.release))?.status]).toEqual([what, 'deployed'])
    }
    await track.expectResumes(what)
  })
  expect(statuses.filter((status) => status === 'pending-upgrade').length).toBe(5)
})

test('on a disk that has no room for the backup file nothing goes on, and with room the same command does', async () => {
  const [worker] = workers as [(typeof workers)[number]]
  const { track, repository } = worker
  await track.reset({ handMade: false })
  here.emulator.resetRequests()
  const file = join(folder, 'backup.json')
  const args = ['migrate', '--environment', 'dev', '--assign', 'SENTRY_DSN=api,web', '--yes', '--backup', file]
  const node = [process.execPath, '--import', 'tsx', 'scripts/cli.ts', ...args]
  const env = { ...track.env, TSX_DISABLE_CACHE: '1' }
  // No file may become longer than 1 KiB, which stands for a full disk.
  const full = await tryRun('sh', ['-c', 'ulimit -f 2; exec "$0" "$@"', ...node], {
    cwd: repository.folder,
    env,
    input: passphrase,
  })
  expect(full.stderr).toMatch(
    /backup\.json: can't be written: .*\n {2}fix: Free disk space .*\n {2}\(FILE_NOT_WRITTEN\)/,
  )
  expect([
    full.exitCode,
    await readdir(folder).then((names) => names.filter((name) => name.includes('backup') || name.endsWith('.tmp'))),
  ]).toEqual([3, []])
  expect(here.emulator.requests().entries.filter(({ method }) => method !== 'GET')).toEqual([])
  await track.expectNothingLost('a full disk')
  const [program = '', ...rest] = node
  const roomy = await tryRun(program, rest, { cwd: repository.folder, env, input: passphrase })
  expect(roomy.stderr).toContain('(DELETION_UNCONFIRMED)')
  expect((await stat(file)).mode & 0o777).toBe(0o600)
  await track.expectResumes('a disk with room')
})

test('no value is in any output, argument or object that is no Secret', async () => {
  const kindsToSearch = [kinds.configMap, kinds.event, kinds.lease, kinds.externalSecret]
  const lists = await Promise.all(kindsToSearch.map((kind) => here.client.list<KubernetesObject>(kind)))
  const secrets = [passphrase, ...here.tracks.flatMap((track) => [...track.secrets])]
  expect(secrets.length).toBeGreaterThan(30)
  for (const [place, text] of Object.entries({ traces, objects: JSON.stringify(lists) }))
    expect([place, secrets.filter((secret) => text.includes(secret)).length]).toEqual([place, 0])
})
