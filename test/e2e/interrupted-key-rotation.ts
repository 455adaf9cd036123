import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { RotationContext } from '../../scripts/credentials/context.ts'
import { rotate } from '../../scripts/credentials/rotate.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { waitForSync } from '../../scripts/kubernetes/wait-for-sync.ts'
import { externalSecrets, type TierModel } from '../../scripts/model/resolve.ts'
import { type Disturbance, type Side, startDisturbedGates } from '../helpers/disturbance.ts'
import type { GateRequest } from '../helpers/gate.ts'
import { allArguments } from '../helpers/processes.ts'
import { type CredentialsWorld, clientThrough, kubeconfigThrough } from './credentials-world.ts'

/** A tier whose rotations go through two gates, one before Scaleway and one before the API server. */
export interface Disturbed extends AsyncDisposable {
  readonly tier: TierModel
  /** Arms the gates for one run; the answer tells which request was disturbed, once it was. */
  disturb(disturbance: Disturbance): () => GateRequest | undefined
  calm(): void
  readonly client: KubernetesClient
  readonly context: RotationContext
  /** The same with no patience for an answer. */
  readonly hasty: RotationContext
  /** The environment of a command line that goes through the gates. */
  readonly env: Readonly<Record<string, string>>
  /** Every key that Scaleway handed out so far. */
  readonly secrets: ReadonlySet<string>
}

export async function disturbedTier(here: CredentialsWorld, name: string, folder: string): Promise<Disturbed> {
  const { world, owner } = here
  const { controlPlane } = world.stack
  const tier = here.tier(name)
  const secrets = new Set<string>()
  const gates = await startDisturbedGates({
    scaleway: owner.apiUrl,
    cluster: controlPlane,
    onAnswer: ({ body }) => collectKeys(body, secrets),
  })
  const client = clientThrough(world, gates.clusterUrl)
  const account = { ...owner, apiUrl: gates.scalewayUrl, retryMs: 2 }
  return {
    tier,
    client,
    secrets,
    context: here.context(tier, { client, account }),
    hasty: here.context(tier, { client, account: { ...account, timeoutMs: 300 } }),
    env: {
      KUBECONFIG: await kubeconfigThrough(world, gates.clusterUrl, folder),
      SCW_API_URL: gates.scalewayUrl,
      TMPDIR: await mkdtemp(join(folder, 'tmp-')),
    },
    disturb: gates.disturb,
    calm: gates.calm,
    async [Symbol.asyncDispose]() {
      client[Symbol.dispose]()
      await gates[Symbol.asyncDispose]()
    },
  }
}

/** What a command line left behind. */
export interface KilledRun {
  readonly killed: boolean
  readonly output: string
}

/**
 * Runs `npm run credentials -- --rotate` and kills it with SIGKILL at one of its requests: before the server gets it, or
 * after it was done and before the answer arrives, which makes a difference for writes only.
 */
export async function killedRun(
  here: CredentialsWorld,
  disturbed: Disturbed,
  { side, at, when }: { readonly side: Side; readonly at: number; readonly when: 'before' | 'after' },
): Promise<KilledRun> {
  const { environment } = here.world.stack.model
  const options = ['--environment', environment, '--tier', disturbed.tier.name, '--rotate', '--yes']
  let kill = async () => {}
  const hit = disturbed.disturb({
    side,
    at,
    writesOnly: when === 'after',
    async act(forward) {
      if (when === 'after') await forward()
      await kill()
      return 'reset'
    },
  })
  const child = spawn(process.execPath, ['--import', 'tsx', 'scripts/cli.ts', 'credentials', ...options], {
    cwd: here.repository.folder,
    env: { ...process.env, ...here.env, ...disturbed.env },
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
  disturbed.calm()
  return { killed: hit() !== undefined, output }
}

/** What must hold after any interruption, at once: the key in the Secret works. */
export async function expectWorkingKey(here: CredentialsWorld, tier: TierModel, what: string): Promise<void> {
  const stored = await here.stored(tier)
  expect([what, await here.statusOf(tier, stored?.secretKey ?? '')]).toEqual([what, 200])
}

/** Runs the rotation again, to its end, and checks what it leaves. */
export async function expectResumes(here: CredentialsWorld, { context, tier }: Disturbed, what: string): Promise<void> {
  await here.runOutLease(tier)
  await rotate(context)
  await expectWorkingKey(here, tier, what)
  const stored = await here.stored(tier)
  expect([what, stored?.rotation?.phase]).toEqual([what, 'disabled'])
  const keys = await here.keys(tier)
  const alive = keys.filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > Date.now())
  expect([what, alive.map(({ access_key }) => access_key)]).toEqual([what, [stored?.accessKey]])
  // The one in use and the one before: no orphan.
  expect([what, keys.length]).toEqual([what, 2])
  const refs = externalSecrets(tier).map(({ name }) => ({ namespace: tier.namespace, name }))
  const reports = await waitForSync(here.client, refs, { timeoutMs: 10_000 })
  expect([what, ...reports.map(({ state }) => state)]).toEqual([what, ...refs.map(() => 'synced')])
}

/** Every file below a folder, as one text. */
export async function textsBelow(folder: string): Promise<string> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true })
  const files = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name))
  return (await Promise.all(files.map((file) => readFile(file, 'utf8').catch(() => '')))).join('\n')
}

// --- internal ---

/** Both halves of a key that an answer tells. */
function collectKeys(body: string, secrets: Set<string>): void {
  for (const [, half = ''] of body.matchAll(/"(?:access_key|secret_key)":"([^"]+)"/g)) secrets.add(half)
}
