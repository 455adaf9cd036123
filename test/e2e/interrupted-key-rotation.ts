import { expect } from 'vitest'
import type { KeyRotationContext } from '../../scripts/change/key-rotation/key-rotation-context.ts'
import { rotateKey } from '../../scripts/change/key-rotation/rotate-key.ts'
import { writeCredentials } from '../../scripts/cluster/credentials-secret.ts'
import { waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { type ApiKeyEntry, createApiKey, deleteApiKey, findApplication } from '../../scripts/scaleway/iam.ts'
import { eventually } from '../helpers/eventually.ts'
import { type KilledRun, killedRun } from '../helpers/killed-run.ts'
import type { LeftStates } from '../helpers/left-states.ts'
import type { CredentialsWorld } from './credentials-world.ts'
import { startWorldGates, type WorldGates } from './world-gates.ts'

/** A tier whose rotations go through two gates, one before Scaleway and one before the API server. */
export interface Disturbed extends WorldGates<CredentialsWorld['owner']> {
  readonly tier: TierModel
  readonly context: KeyRotationContext
  /** The same with no patience for an answer. */
  readonly hasty: KeyRotationContext
  /** Every key that Scaleway handed out so far. */
  readonly secrets: ReadonlySet<string>
}

export async function disturbedTier(here: CredentialsWorld, name: string, folder: string): Promise<Disturbed> {
  const tier = here.tier(name)
  const secrets = new Set<string>()
  const gates = await startWorldGates(here.world, here.owner, folder, (body) => collectKeys(body, secrets))
  const { client, account } = gates
  return {
    ...gates,
    tier,
    secrets,
    context: here.context(tier, { client, account }),
    hasty: here.context(tier, { client, account: { ...account, timeoutMs: 300 } }),
  }
}

/** Runs `npm run credentials -- --rotate` and kills it with SIGKILL at one of its requests. */
export function killedRotation(
  here: CredentialsWorld,
  disturbed: Disturbed,
  when: Parameters<typeof killedRun>[2],
): Promise<KilledRun> {
  const { environment } = here.world.stack.model
  const args = ['credentials', '--environment', environment, '--tier', disturbed.tier.name, '--rotate', '--yes']
  return killedRun({ folder: here.repository.folder, env: { ...here.env, ...disturbed.env }, args }, disturbed, when)
}

/** What must hold after any interruption, at once: the key in the Secret works. */
export async function expectWorkingKey(here: CredentialsWorld, tier: TierModel, what: string): Promise<void> {
  const stored = await here.stored(tier)
  expect([what, await here.statusOf(tier, stored?.secretKey ?? '')]).toEqual([what, 200])
}

/**
 * Checks what a rotation has left behind that was interrupted somewhere: the key in the Secret works, and the same command
 * again brings it to its end. From a state that another round left behind too, it has done so already.
 */
export async function expectGoesOn(
  here: CredentialsWorld,
  disturbed: Disturbed,
  states: LeftStates,
  what: string,
): Promise<void> {
  await expectWorkingKey(here, disturbed.tier, what)
  if (states.isNew(await leftBehind(here, disturbed))) await expectResumes(here, disturbed, what)
  else await startOver(here, disturbed)
}

/** What a rotation has left, without what differs from run to run: its phase, and every key of the tier by what it is. */
export async function leftBehind(here: CredentialsWorld, { tier }: Disturbed): Promise<unknown> {
  const [stored, keys] = await Promise.all([here.stored(tier), here.keys(tier)])
  const roleOf = ({ access_key }: ApiKeyEntry) => {
    if (access_key === stored?.accessKey) return 'in use'
    return access_key === stored?.rotation?.previousAccessKey ? 'before' : 'other'
  }
  return {
    phase: stored?.rotation?.phase,
    keys: keys.map((key) => `${roleOf(key)}${isRetired(key) ? ', retired' : ''}`).sort(),
  }
}

/** Runs the rotation again, to its end, and checks what it leaves. */
async function expectResumes(here: CredentialsWorld, { context, tier }: Disturbed, what: string): Promise<void> {
  await here.runOutLease(tier)
  await rotateKey(context)
  await expectWorkingKey(here, tier, what)
  const stored = await here.stored(tier)
  expect([what, stored?.rotation?.phase]).toEqual([what, 'disabled'])
  const keys = await here.keys(tier)
  const alive = keys.filter(({ expires_at }) => expires_at === null || Date.parse(expires_at) > Date.now())
  expect([what, alive.map(({ access_key }) => access_key)]).toEqual([what, [stored?.accessKey]])
  // The one in use and the one before: no orphan.
  expect([what, keys.length]).toEqual([what, 2])
  const refs = tier.externalSecrets.map(({ name }) => ({ namespace: tier.namespace, name }))
  const reports = await waitForSync(here.client, refs, { timeoutMs: 120_000 })
  expect([what, ...reports.map(({ state }) => state)]).toEqual([what, ...refs.map(() => 'synced')])
}

// --- internal ---

/** Retired keys end within moments, others after months. */
const isRetired = ({ expires_at }: ApiKeyEntry) =>
  expires_at !== null && Date.parse(expires_at) < Date.now() + 3_600_000

/** As after a rotation that nothing happened to: the key in use, one before that has expired, and a free lease. */
async function startOver(here: CredentialsWorld, { tier }: Disturbed): Promise<void> {
  const { owner, client } = here
  await here.runOutLease(tier)
  const [stored, keys, application] = await Promise.all([
    here.stored(tier),
    here.keys(tier),
    findApplication(owner, owner.organizationId, tier.iamApplication),
  ])
  const inUse = keys.find(({ access_key }) => access_key === stored?.accessKey)
  if (!stored || !inUse || !application) throw new Error(`no key of ${tier.name} is in use`)
  for (const { access_key } of keys) if (access_key !== inUse.access_key) await deleteApiKey(owner, access_key)
  // Scaleway takes no expiry in the past, and then this machine was busy.
  const create = async (aheadMs: number): Promise<readonly [{ readonly access_key: string }, Date]> => {
    const expiresAt = new Date(Date.now() + aheadMs)
    const options = { description: inUse.description, expiresAt }
    const made = createApiKey(owner, application.id, options)
    return made.then(
      (key) => [key, expiresAt] as const,
      (error: { status?: number }) => {
        if (error.status === 400 && aheadMs < 10_000) return create(2 * aheadMs)
        throw error
      },
    )
  }
  const [before, expiresAt] = await create(100)
  const { resourceVersion } = stored
  await writeCredentials(client, tier, stored, {
    rotation: { phase: 'disabled', previousAccessKey: before.access_key },
    resourceVersion,
  })
  await eventually(
    () => Date.now(),
    (now) => now > expiresAt.getTime(),
    { pollMs: 20 },
  )
}

/** Both halves of a key that an answer tells. */
function collectKeys(body: string, secrets: Set<string>): void {
  for (const [, half = ''] of body.matchAll(/"(?:access_key|secret_key)":"([^"]+)"/g)) secrets.add(half)
}
