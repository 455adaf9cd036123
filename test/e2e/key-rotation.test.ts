import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { finishKeyRotation, rotateKey } from '../../scripts/change/key-rotation/rotate-key.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { acquireLease } from '../../scripts/kubernetes/lease.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { createApiKey, expireApiKey } from '../../scripts/scaleway/iam.ts'
import { eventually } from '../helpers/eventually.ts'
import { type GateAnswer, startGate } from '../helpers/gate.ts'
import { problemOf } from '../helpers/problems.ts'
import { type CredentialsWorld, clientThrough, quickWaits, startCredentialsWorld } from './credentials-world.ts'

let here: CredentialsWorld
beforeAll(async () => {
  here = await startCredentialsWorld('preview')
  await here.world.install()
  await here.world.sync()
})
afterAll(() => here?.[Symbol.asyncDispose]())

/** Access keys that the operator used for a tier's values since the last reset, each with its number of values. */
function usedBy(tier: TierModel): Record<string, number> {
  const { entries } = here.world.stack.emulator.requests()
  const counts: Record<string, number> = {}
  for (const { route, status, accessKey = '', secretPath } of entries) {
    if (route !== 'versions.access' || status !== 200 || secretPath !== tier.remotePath) continue
    counts[accessKey] = (counts[accessKey] ?? 0) + 1
  }
  return counts
}

const lastFour = (accessKey: string | undefined) => `API key …${accessKey?.slice(-4)}`

describe('npm run credentials -- --rotate', () => {
  const args = (tier: string, ...more: string[]) => ['--tier', tier, '--rotate', ...more]

  test('asks, so that without a terminal it needs --yes', async () => {
    const { exitCode, stdout, stderr } = await here.credentials(args('orders'))
    expect(stderr).toMatch(/^--rotate: confirmation needs a terminal\. Expected a terminal, or --yes\.$/m)
    expect([exitCode, stdout]).toEqual([2, ''])
  })

  test('with --dry-run tells the steps and changes nothing', async () => {
    const { emulator } = here.world.stack
    const before = await here.stored(here.tier('orders'))
    emulator.resetRequests()
    const { exitCode, stdout } = await here.credentials(args('orders', '--dry-run'))
    expect(stdout.split('\n')).toEqual([
      'create a key of bookshop-preview-orders-secrets that expires in 90 days, and probe it',
      `write it to Secret bookshop-orders/scw-orders-credentials in place of ${lastFour(before?.accessKey)}`,
      'refresh every ExternalSecret of bookshop-orders and wait until it is synced',
      'make the previous key expire in 3 s; Scaleway knows no other way to disable a key',
      'refresh and wait again, which proves that nothing needs the previous key',
    ])
    expect([exitCode, await here.stored(here.tier('orders'))]).toEqual([0, before])
    expect(new Set(emulator.requests().entries.map(({ method }) => method))).toEqual(new Set(['GET']))
  })

  test('replaces the key: the operator reads with the new one, and the one before is dead', async () => {
    const tier = here.tier('orders')
    const { emulator } = here.world.stack
    const before = await here.stored(tier)
    emulator.resetRequests()
    const { exitCode, stdout, stderr } = await here.credentials(args('orders', '--yes', '--output', 'json'))
    const after = await here.stored(tier)
    expect(stderr).toContain(`disabled ${lastFour(before?.accessKey)}: it expires in 3 s`)
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      environment: 'preview',
      tier: 'orders',
      newKey: lastFour(after?.accessKey),
      disabledKey: lastFour(before?.accessKey),
      resumed: false,
    })
    expect(exitCode).toBe(0)
    expect(after?.accessKey).not.toBe(before?.accessKey)
    expect([
      await here.statusOf(tier, before?.secretKey ?? ''),
      await here.statusOf(tier, after?.secretKey ?? ''),
    ]).toEqual([401, 200])
    // One value that the probe read, and every remote secret of the tier in each of the two refreshes.
    const counts = usedBy(tier)
    expect(Object.keys(counts)).toEqual([after?.accessKey])
    expect(counts[after?.accessKey ?? '']).toBeGreaterThanOrEqual(1 + 2 * tier.remoteSecrets.length)
    const made = (await here.keys(tier)).find(({ access_key }) => access_key === after?.accessKey)
    expect(made?.description).toMatch(/^tiered-secrets preview\/orders [0-9a-f-]{36}$/)
    const days = (Date.parse(made?.expires_at ?? '') - Date.now()) / 86_400_000
    expect(Math.round(days)).toBe(here.world.stack.model.keyLifetimeDays)
    expect(`${stdout}${stderr}`).not.toContain(after?.accessKey)
  })

  test('with --finish deletes the disabled key, and nothing when there is none', async () => {
    const tier = here.tier('orders')
    const current = await here.stored(tier)
    const finishing = args('orders', '--finish', '--yes')
    expect(await here.credentials(finishing)).toMatchObject({ exitCode: 0, stdout: 'deleted keys: 1' })
    expect((await here.keys(tier)).map(({ access_key }) => access_key)).toEqual([current?.accessKey])
    expect(await here.credentials(finishing)).toMatchObject({ exitCode: 0, stdout: 'deleted keys: 0' })
    expect((await here.stored(tier))?.rotation).toBeUndefined()
  })

  test('again deletes the key that the rotation before has disabled', async () => {
    const tier = here.tier('orders')
    await rotateKey(here.context(tier))
    await rotateKey(here.context(tier))
    const stored = await here.stored(tier)
    const left = (await here.keys(tier)).map(({ access_key }) => access_key)
    expect(left.sort()).toEqual([stored?.accessKey, stored?.rotation?.previousAccessKey].sort())
  })

  test('never touches a key that somebody made by hand', async () => {
    const tier = here.tier('mailer')
    const [found] = await here.keys(tier)
    const expiresAt = new Date(Date.now() + 3_600_000)
    const byHand = await createApiKey(here.owner, found?.application_id ?? '', { description: 'by hand', expiresAt })
    await rotateKey(here.context(tier))
    await finishKeyRotation(here.context(tier))
    expect(await here.statusOf(tier, byHand.secret_key)).toBe(200)
  })

  test('gives the key before back when something fails to sync without it, and continues the next time', async () => {
    const tier = here.tier('mailer')
    const { emulator } = here.world.stack
    const before = await here.stored(tier)
    const log: string[] = []
    const stopping = here.context(tier, {
      waits: { ...quickWaits, refresh: { timeoutMs: 2_000, pollMs: 50 } },
      log(line) {
        log.push(line)
        const principal = tier.iamApplication
        if (line.startsWith('disabled '))
          emulator.faults.add({ kind: 'internal_error', route: 'versions.*', principal })
      },
    })
    const problem = await problemOf(rotateKey(stopping))
    emulator.faults.clear()
    const [externalSecret] = tier.externalSecrets
    expect(problem).toMatchObject({
      code: 'NOT_SYNCED',
      where: `ExternalSecret/${tier.namespace}/${externalSecret?.name}`,
      exitCode: 3,
    })
    expect(log.at(-1)).toMatch(/^API key …\w{4} works again until /)
    expect(await here.statusOf(tier, before?.secretKey ?? '')).toBe(200)
    expect(await problemOf(finishKeyRotation(here.context(tier)))).toMatchObject({ code: 'ROTATION_UNFINISHED' })
    expect(await rotateKey(here.context(tier))).toMatchObject({
      resumed: true,
      disabledKey: lastFour(before?.accessKey),
    })
    expect(await here.statusOf(tier, before?.secretKey ?? '')).toBe(401)
    expect(await here.statusOf(tier, (await here.stored(tier))?.secretKey ?? '')).toBe(200)
  })

  test('refuses to delete a disabled key that somebody brought back to life', async () => {
    const tier = here.tier('mailer')
    const previous = (await here.stored(tier))?.rotation?.previousAccessKey ?? ''
    await expireApiKey(here.owner, previous, new Date(Date.now() + 3_600_000))
    expect(await problemOf(finishKeyRotation(here.context(tier)))).toMatchObject({
      code: 'RETIRED_KEY_ALIVE',
      where: lastFour(previous),
    })
    expect((await here.keys(tier)).map(({ access_key }) => access_key)).toContain(previous)
  })
})

describe('two at once', () => {
  test('the second is reported who is at it', async () => {
    const tier = here.tier('storefront')
    const ref = { namespace: tier.namespace, name: tier.credentialsSecret }
    await using _lease = await acquireLease(here.client, ref, { holder: 'alice@laptop, process 1', renewMs: 500 })
    const waits: string[] = []
    const problem = await problemOf(rotateKey(here.context(tier, { log: (line) => waits.push(line) })))
    expect(problem).toMatchObject({
      code: 'LEASE_HELD',
      where: 'Lease/bookshop-storefront/scw-storefront-credentials',
      message: expect.stringMatching(/^is held by alice@laptop, process 1, which renewed it at 20/),
      exitCode: 3,
    })
    expect(waits).toHaveLength(1)
  })

  test('a lease that nobody renews is waited for and taken over', async () => {
    const tier = here.tier('storefront')
    const ref = { namespace: tier.namespace, name: tier.credentialsSecret }
    await acquireLease(here.client, ref, { holder: 'dead', durationMs: 1_000, renewMs: 60_000 })
    const started = Date.now()
    expect(await rotateKey(here.context(tier))).toMatchObject({ resumed: false })
    expect(Date.now() - started).toBeGreaterThan(900)
  })

  test('a run that lost the lease is stopped', async () => {
    const tier = here.tier('storefront')
    const ref = { namespace: tier.namespace, name: 'contested' }
    await using lease = await acquireLease(here.client, ref, { holder: 'slow', durationMs: 600 })
    await here.client.mergePatch(kinds.lease, ref, { spec: { holderIdentity: 'fast' } })
    await eventually(
      () => lease.signal.aborted,
      (aborted) => aborted,
    )
    expect(lease.signal.reason).toMatchObject({ problems: [{ code: 'LEASE_LOST' }] })
  })

  test('a run that hung while another took over cannot put its key back', async () => {
    const tier = here.tier('storefront')
    const { controlPlane } = here.world.stack
    const [hung, goOn] = [milestone(), milestone()]
    const target = { url: controlPlane.server, ca: controlPlane.ca }
    await using gate = await startGate(target, async ({ method, url }, forward): Promise<GateAnswer> => {
      if (method === 'PATCH' && url.includes('/secrets/') && url.includes('force=true')) {
        hung.reach()
        await goOn.reached
      }
      return forward()
    })
    using slowClient = clientThrough(here.world, gate.url)
    const slow = problemOf(rotateKey(here.context(tier, { client: slowClient })))
    await hung.reached
    await here.runOutLease(tier)
    await rotateKey(here.context(tier))
    const winner = await here.stored(tier)
    goOn.reach()
    expect(['CREDENTIALS_CHANGED', 'LEASE_LOST']).toContain((await slow).code)
    expect(await here.stored(tier)).toEqual(winner)
    expect(await here.statusOf(tier, winner?.secretKey ?? '')).toBe(200)
  })
})

function milestone() {
  let reach = () => {}
  const reached = new Promise<void>((resolve) => {
    reach = resolve
  })
  return { reached, reach: () => reach() }
}
