import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import type { ScalewayAccount } from '../../scripts/scaleway/http.ts'
import { type GateAnswer, type Gatekeeper, type GateRequest, startGate } from '../helpers/gate.ts'
import { allArguments } from '../helpers/processes.ts'
import { clientThrough, kubeconfigThrough } from './credentials-world.ts'
import type { World } from './world.ts'

export const sides = ['scaleway', 'cluster'] as const
export type Side = (typeof sides)[number]

/** What happens to one request of a run, counted from 1 on its side. */
export interface Disturbance {
  readonly side: Side
  readonly at: number
  /** Reads are not counted. Default: false */
  readonly writesOnly?: boolean
  /** Also to the same request when it is tried again. Default: only once */
  readonly lasting?: boolean
  act(forward: () => Promise<GateAnswer>): ReturnType<Gatekeeper>
}

/** Two gates, one before Scaleway and one before the API server. */
export interface DisturbedGates<Account extends ScalewayAccount> extends AsyncDisposable {
  /** Arms the gates for one run; the answer tells which request was disturbed, once it was. */
  disturb(disturbance: Disturbance): () => GateRequest | undefined
  calm(): void
  readonly client: KubernetesClient
  readonly account: Account
  /** The environment of a command line that goes through the gates. */
  readonly env: Readonly<Record<string, string>>
}

/**
 * @param folder for what a command line needs to find them
 * @param onAnswer called with the body of every answer
 */
export async function startDisturbedGates<Account extends ScalewayAccount>(
  world: World,
  owner: Account,
  folder: string,
  onAnswer: (body: string) => void = () => undefined,
): Promise<DisturbedGates<Account>> {
  const { controlPlane } = world.stack
  let armed: Disturbance | undefined
  let counted = 0
  let hit: GateRequest | undefined
  const keeper =
    (side: Side): Gatekeeper =>
    async (request, forward) => {
      const forwarded = async () => {
        const answer = await forward()
        onAnswer(answer.body)
        return answer
      }
      const current = armed
      if (current?.side !== side || (current.writesOnly && request.method === 'GET')) return forwarded()
      const isAgain = current.lasting === true && hit?.method === request.method && hit.url === request.url
      if (!isAgain && ++counted !== current.at) return forwarded()
      hit = request
      return current.act(forwarded)
    }
  const scaleway = await startGate({ url: owner.apiUrl }, keeper('scaleway'))
  const cluster = await startGate({ url: controlPlane.server, ca: controlPlane.ca }, keeper('cluster'))
  const client = clientThrough(world, cluster.url)
  return {
    client,
    account: { ...owner, apiUrl: scaleway.url, retryMs: 2 },
    env: {
      KUBECONFIG: await kubeconfigThrough(world, cluster.url, folder),
      SCW_API_URL: scaleway.url,
      TMPDIR: await mkdtemp(join(folder, 'tmp-')),
    },
    disturb(disturbance) {
      armed = disturbance
      counted = 0
      hit = undefined
      return () => hit
    },
    calm() {
      armed = undefined
    },
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await scaleway[Symbol.asyncDispose]()
      await cluster[Symbol.asyncDispose]()
    },
  }
}

/** What a command line left behind. */
export interface KilledRun {
  readonly killed: boolean
  readonly output: string
}

/** A command line as it is typed, and where. */
export interface CommandLine {
  readonly folder: string
  readonly env: Readonly<Record<string, string>>
  readonly args: readonly string[]
}

/**
 * Runs a command and kills it with SIGKILL at one of its requests: before the server gets it, or after it was done and
 * before the answer arrives, which makes a difference for writes only.
 */
export async function killedRun(
  { folder, env, args }: CommandLine,
  gates: Pick<DisturbedGates<ScalewayAccount>, 'disturb' | 'calm' | 'env'>,
  { side, at, when }: { readonly side: Side; readonly at: number; readonly when: 'before' | 'after' },
): Promise<KilledRun> {
  let kill = async () => {}
  const hit = gates.disturb({
    side,
    at,
    writesOnly: when === 'after',
    async act(forward) {
      if (when === 'after') await forward()
      await kill()
      return 'reset'
    },
  })
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/cli.ts', ...args], {
    cwd: folder,
    env: { ...process.env, ...env, ...gates.env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const closed = once(child, 'close')
  let output = ''
  for (const stream of [child.stdout, child.stderr]) stream.setEncoding('utf8').on('data', (text) => (output += text))
  kill = async () => {
    output += allArguments()
    child.kill('SIGKILL')
    await closed
  }
  await closed
  gates.calm()
  return { killed: hit() !== undefined, output }
}

const refusal = (status: number, type: string, headers = {}): GateAnswer => ({
  status,
  headers: { 'content-type': 'application/json', ...headers },
  body: JSON.stringify({ type, message: type }),
})

/** Everything that can become of a request. */
export const faults: readonly [string, Pick<Disturbance, 'side' | 'act'>][] = [
  ['403', { side: 'scaleway', act: async () => refusal(403, 'permissions_denied') }],
  ['429', { side: 'scaleway', act: async () => refusal(429, 'too_many_requests', { 'retry-after': '0' }) }],
  ['500', { side: 'scaleway', act: async () => refusal(500, 'internal_error') }],
  ['no answer', { side: 'scaleway', act: async () => 'hang' }],
  ['a broken connection', { side: 'scaleway', act: async () => 'reset' }],
  ['an answer that is lost', { side: 'scaleway', act: (forward) => forward().then(() => 'reset' as const) }],
  [
    '403 of the cluster',
    { side: 'cluster', act: async () => ({ status: 403, body: '{"reason":"Forbidden","message":"no"}' }) },
  ],
  [
    'an answer of the cluster that is lost',
    { side: 'cluster', act: (forward) => forward().then(() => 'reset' as const) },
  ],
]

/** What else can become of a request to the API server. */
export const clusterFaults: typeof faults = [
  ['a broken connection to the cluster', { side: 'cluster', act: async () => 'reset' }],
  ['429 of the cluster', { side: 'cluster', act: async () => refusal(429, 'TooManyRequests', { 'retry-after': '1' }) }],
  ['500 of the cluster', { side: 'cluster', act: async () => refusal(500, 'InternalError') }],
]

/** What ends a run has to be told as everything is. */
export function expectSentence(error: unknown, what: string): void {
  if (!(error instanceof Error) || !('problems' in error || error.name === 'KubernetesError')) throw error
  if (!(error instanceof ProblemError)) return
  for (const { message, fix, where } of error.problems) {
    expect([what, where, message]).toEqual([
      what,
      expect.stringMatching(/\S/),
      expect.stringMatching(/\. Expected .*\.$/s),
    ])
    expect([what, fix]).toEqual([what, expect.stringMatching(/^[A-Z`].*\.?$/)])
  }
  expect([what, [3, 4].includes(error.exitCode)]).toEqual([what, true])
}

/** Does every job once, with as many at the same time as there are workers. */
export async function share<Job, Worker>(
  workers: readonly Worker[],
  jobs: readonly Job[],
  work: (job: Job, worker: Worker) => Promise<void>,
): Promise<void> {
  const left = [...jobs]
  const serve = async (worker: Worker) => {
    for (let job = left.shift(); job !== undefined; job = left.shift()) await work(job, worker)
  }
  await Promise.all(workers.map(serve))
}

/** Every file below a folder, as one text. */
export async function textsBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))).join('\n')
}
