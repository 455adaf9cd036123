import type { ChildProcess } from 'node:child_process'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest'
import type { MigrationContext } from '../../scripts/change/migration/migration-context.ts'
import { migrate, nextStep } from '../../scripts/change/migration/run.ts'
import { createClient } from '../../scripts/kubernetes/client.ts'
import { clusterProblem } from '../../scripts/kubernetes/errors.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { type Emulator, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { eventually } from '../helpers/eventually.ts'
import { type Gatekeeper, startGate } from '../helpers/gate.ts'
import { killed, processesIn, programOf } from '../helpers/processes.ts'
import type { MigrationTrack } from './migration-track.ts'
import { type MigrationTracks, startTracks } from './migration-tracks.ts'

let folder: string
let stateFile: string
let here: MigrationTracks
let track: MigrationTrack
/** What took the place of something that was killed. */
const successors: (ChildProcess | Emulator)[] = []

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'migrate-'))
  stateFile = join(folder, 'scaleway.json')
  here = await startTracks(1, folder, { stateFile })
  track = here.tracks[0] as MigrationTrack
}, 120_000)
afterAll(async () => {
  for (const one of successors) await ('stop' in one ? one.stop() : stopped(one))
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function stopped(child: ChildProcess): Promise<void> {
  if (child.pid !== undefined && child.exitCode === null && child.signalCode === null)
    process.kill(-child.pid, 'SIGKILL')
}

/** What ends a run, as the command line would tell it; undefined when nothing does. */
async function toldBy(
  context: MigrationContext,
): Promise<{ readonly code: string; readonly exitCode: number } | undefined> {
  const reason = await migrate(context).then(
    () => undefined,
    (error: unknown) => clusterProblem(error),
  )
  if (reason === undefined) return undefined
  if (!(reason instanceof ProblemError)) throw reason
  return { code: reason.problems[0]?.code ?? '', exitCode: reason.exitCode }
}

/** A process of the control plane or the operator. */
function pidOf(name: string): number {
  const { folder } = here.controlPlane
  const found = processesIn(folder).find((pid) => programOf(pid).endsWith(`/${name}`))
  if (found === undefined) throw new Error(`${name} does not run`)
  return found
}

/** The run as it looks with other gates in between. */
async function through(scaleway: Gatekeeper, cluster: Gatekeeper): Promise<Partial<MigrationContext>> {
  const { account } = track.context()
  const { server, ca, token } = here.controlPlane
  const first = await startGate({ url: here.emulator.url }, scaleway)
  const second = await startGate({ url: server, ca, token }, cluster)
  const client = createClient({ server: second.url, token })
  onTestFinished(async () => {
    client[Symbol.dispose]()
    await first[Symbol.asyncDispose]()
    await second[Symbol.asyncDispose]()
  })
  return { client, account: { ...account, apiUrl: first.url } }
}

const pass: Gatekeeper = (_request, forward) => forward()

test('a burst in which every request of Scaleway is refused once by 429, then answered 500, is sat out', async () => {
  await track.reset({ handMade: true })
  const times = new Map<string, number>()
  const burst: Gatekeeper = async ({ method, url }, forward) => {
    const seen = (times.get(`${method} ${url}`) ?? 0) + 1
    times.set(`${method} ${url}`, seen)
    const type = seen === 1 ? 'too_many_requests' : 'internal_error'
    if (seen > 2) return forward()
    return { status: seen === 1 ? 429 : 500, headers: { 'retry-after': '0' }, body: JSON.stringify({ type }) }
  }
  expect(await toldBy(track.context(await through(burst, pass)))).toBeUndefined()
  expect(times.size).toBeGreaterThan(20)
  await track.expectResumes('a burst')
})

test('answers that are slow on both sides change nothing', async () => {
  await track.reset({ handMade: true })
  const slow: Gatekeeper = (_request, forward) => sleep(100).then(forward)
  expect(await toldBy(track.context(await through(slow, slow)))).toBeUndefined()
  await track.expectResumes('slow answers')
})

test.each([1, 4, 9])('with Scaleway gone after write %i it stops, and continues when it is back', async (at) => {
  await track.reset({ handMade: true })
  const { port } = new URL(here.emulator.url)
  const current = (successors.findLast((one) => 'stop' in one) as Emulator | undefined) ?? here.emulator
  track.gates.disturb({
    side: 'scaleway',
    at,
    writesOnly: true,
    async act(forward) {
      const answer = await forward()
      await current.stop()
      return answer
    },
  })
  const { account } = track.context()
  const told = await toldBy(track.context({ account: { ...account, retryMs: 5 } }))
  track.gates.calm()
  expect([at, told]).toEqual([at, { code: 'SCALEWAY_UNREACHABLE', exitCode: 4 }])
  successors.push(
    await startEmulator({ port: Number(port), stateFile, owner: here.emulator.owner, limits: { secrets: 100_000 } }),
  )
  await track.expectNothingLost(`Scaleway gone after write ${at}`)
  await track.expectResumes(`Scaleway gone after write ${at}`)
})

test.each([3, 14])('with the API server killed after write %i it stops, and continues when it is back', async (at) => {
  await track.reset({ handMade: true })
  let again: (() => ChildProcess) | undefined
  track.gates.disturb({
    side: 'cluster',
    at,
    writesOnly: true,
    async act(forward) {
      const answer = await forward()
      again = await killed(pidOf('kube-apiserver'))
      return answer
    },
  })
  const told = await toldBy(track.context())
  track.gates.calm()
  expect([at, told]).toEqual([at, { code: 'CLUSTER_UNREACHABLE', exitCode: 4 }])
  if (again) successors.push(again())
  const isBack = () =>
    here.client.list(kinds.externalSecret).then(
      () => true,
      () => false,
    )
  await eventually(isBack, (back) => back, { timeoutMs: 60_000 })
  await track.expectNothingLost(`API server killed after write ${at}`)
  await track.expectResumes(`API server killed after write ${at}`)
})

test('with the operator killed it says what has not arrived, and continues when it runs again', async () => {
  await track.reset({ handMade: true })
  const again = await killed(pidOf('external-secrets'))
  const { choices } = track.context()
  const told = await toldBy(track.context({ choices: { ...choices, timeout: '2s' } }))
  expect(told).toEqual({ code: 'NOT_SYNCED', exitCode: 3 })
  await track.expectNothingLost('operator killed')
  successors.push(again())
  await track.expectResumes('operator killed')
})

test('with the operator killed, a value that has not arrived is reported, and arrives when it runs again', async () => {
  await track.reset({ handMade: false })
  const again = await killed(pidOf('external-secrets'))
  const { waits } = track.context()
  const told = await toldBy(track.context({ waits: { ...waits, refresh: { timeoutMs: 1_000, pollMs: 50 } } }))
  expect(told).toEqual({ code: 'VALUE_NOT_ARRIVED', exitCode: 3 })
  await track.expectNothingLost('operator killed')
  successors.push(again())
  await track.expectResumes('operator killed')
})

test('with its own key revoked in the middle it stops, and continues with a key that works', async () => {
  await track.reset({ handMade: true })
  const emulator = (successors.findLast((one) => 'stop' in one) as Emulator | undefined) ?? here.emulator
  const { accessKey } = here.emulator.owner
  track.gates.disturb({
    side: 'scaleway',
    at: 5,
    writesOnly: true,
    act(forward) {
      emulator.setKeyDisabled(accessKey, true)
      return forward()
    },
  })
  const told = await toldBy(track.context())
  track.gates.calm()
  emulator.setKeyDisabled(accessKey, false)
  expect(told).toEqual({ code: 'SCALEWAY_REFUSED', exitCode: 4 })
  await track.expectNothingLost('key revoked')
  await track.expectResumes('key revoked')
})

test('with the key of a tier revoked it waits for a person, and deploys nothing with it', async () => {
  await track.reset({ handMade: true })
  const emulator = (successors.findLast((one) => 'stop' in one) as Emulator | undefined) ?? here.emulator
  const stored = await here.client.get<{ data?: Record<string, string> } & { metadata: { name: string } }>(
    kinds.secret,
    {
      namespace: `${track.model.application}-web`,
      name: 'scw-web-credentials',
    },
  )
  const accessKey = Buffer.from(stored?.data?.['access-key'] ?? '', 'base64').toString()
  expect(emulator.setKeyDisabled(accessKey, true)).toBe(true)
  const view = await migrate(track.context())
  emulator.setKeyDisabled(accessKey, false)
  expect([nextStep(view)?.name, view.problems.map(({ code }) => code)]).toEqual(['credentials', ['KEY_UNKNOWN']])
  await track.expectResumes('key of a tier revoked')
})

test('of two at once one does it, and the other is reported who', async () => {
  await track.reset({ handMade: true })
  let isHeld = false
  let release: () => void = () => undefined
  const released = new Promise<void>((resolve) => {
    release = resolve
  })
  const holding: Gatekeeper = async ({ method, url }, forward) => {
    if (method !== 'GET' && url.includes('/configmaps')) {
      isHeld = true
      await released
    }
    return forward()
  }
  const first = toldBy(track.context({ holder: 'run 1', ...(await through(pass, holding)) }))
  await eventually(() => isHeld, Boolean)
  expect(await toldBy(track.context({ holder: 'run 2' }))).toEqual({ code: 'LEASE_HELD', exitCode: 3 })
  release()
  expect(await first).toBeUndefined()
  await track.expectResumes('two at once')
})

test('a run that hangs while another takes over can not write any more once it continues', async () => {
  await track.reset({ handMade: true })
  let thaw: () => void = () => undefined
  const frozen = new Promise<void>((resolve) => {
    thaw = resolve
  })
  let isFrozen = false
  let notes = 0
  const freezing: Gatekeeper = async ({ method, url }, forward) => {
    if (method !== 'GET' && url.includes('/configmaps') && ++notes === 4) isFrozen = true
    if (isFrozen) await frozen
    return forward()
  }
  const { waits } = track.context()
  // Whoever waits for a lease waits for as long as its holder wanted to have it: the second one's own lease need not be short.
  const brief = { waits: { ...waits, leaseMs: 3_000 } }
  const hanging = toldBy(track.context({ ...brief, ...(await through(pass, freezing)) }))
  await eventually(() => isFrozen, Boolean)
  expect(await toldBy(track.context())).toBeUndefined()
  thaw()
  expect(['LEASE_LOST', 'JOURNAL_CHANGED']).toContain((await hanging)?.code)
  await track.expectResumes('a run that hung')
})
