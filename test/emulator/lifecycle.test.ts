import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { base64, type Clients, project, seed, startWorld, statusOf, type World } from './clients.ts'

const day = 24 * 3600 * 1000
const start = Date.parse('2026-11-24T10:00:00Z')
let world: World
let owner: Clients
let time = start

beforeAll(async () => {
  world = await startWorld({ now: () => new Date(time), limits: { secrets: 1000 } })
  owner = world.owner
})
beforeEach(() => {
  time = start
})
afterAll(() => world[Symbol.asyncDispose]())

const access = (secretId: string, revision = '1') => statusOf(owner.secrets.accessSecretVersion({ secretId, revision }))
const names = async (scheduledForDeletion: boolean, path: string) =>
  (await owner.secrets.listSecrets({ path, scheduledForDeletion })).secrets.map(({ name }) => name)

describe('a deleted secret', () => {
  test('stays readable about for 7 days, and nothing else', async () => {
    const secretId = await seed(owner, '/deleted/s', 'one')
    await owner.secrets.deleteSecret({ secretId })
    const read = await owner.secrets.getSecret({ secretId })
    expect(read).toMatchObject({ status: 'ready', versionCount: 1, deletionRequestedAt: new Date(start) })
    expect(await names(false, '/deleted')).toEqual([])
    expect(await names(true, '/deleted')).toEqual(['s'])
    for (const call of [
      () => owner.secrets.accessSecretVersion({ secretId, revision: '1' }),
      () => owner.secrets.createSecretVersion({ secretId, data: base64('x') }),
      () => owner.secrets.updateSecret({ secretId, description: 'x' }),
      () => owner.secrets.protectSecret({ secretId }),
      () => owner.secrets.addSecretOwner({ secretId }),
      () => owner.secrets.enableSecretVersion({ secretId, revision: '1' }),
      () => owner.secrets.deleteSecretVersion({ secretId, revision: '1' }),
      () => owner.secrets.deleteSecret({ secretId }),
    ])
      expect(await statusOf(call())).toBe(412)
    const place = { secretPath: '/deleted', secretName: 's', revision: '1' }
    expect(await statusOf(owner.secrets.accessSecretVersionByPath(place))).toBe(404)

    time = start + 7 * day - 1
    expect(await statusOf(owner.secrets.getSecret({ secretId }))).toBe(200)
    time = start + 7 * day
    expect(await statusOf(owner.secrets.getSecret({ secretId }))).toBe(404)
    expect(await names(true, '/deleted')).toEqual([])
  })

  test('comes back with its versions as they were', async () => {
    const secretId = await seed(owner, '/restored/s', 'one', 'two')
    await owner.secrets.disableSecretVersion({ secretId, revision: '1' })
    await owner.secrets.deleteSecret({ secretId })
    const { versions } = await owner.secrets.listSecretVersions({ secretId })
    expect(versions.map(({ status }) => status)).toEqual(['scheduled_for_deletion', 'scheduled_for_deletion'])
    time += 6 * day
    expect(await owner.secrets.restoreSecret({ secretId })).toMatchObject({ deletionRequestedAt: undefined })
    time += 30 * day
    expect(await access(secretId, '2')).toBe(200)
    expect(await access(secretId, '1')).toBe(412)
    expect(await statusOf(owner.secrets.restoreSecret({ secretId }))).toBe(412)
    expect(await names(false, '/restored')).toEqual(['s'])
  })

  // Recorded: `secretVersionNameBasic` was created again 6 days and 20 hours after its deletion.
  test('leaves its name to a new one, and cannot come back then', async () => {
    const old = await seed(owner, '/reused/s', 'old')
    await owner.secrets.deleteSecret({ secretId: old })
    const fresh = await seed(owner, '/reused/s', 'new')
    expect(await statusOf(owner.secrets.restoreSecret({ secretId: old }))).toBe(409)
    await owner.secrets.deleteSecret({ secretId: fresh })
    await owner.secrets.restoreSecret({ secretId: old })
    const place = { secretPath: '/reused', secretName: 's', revision: '1' }
    expect(await owner.secrets.accessSecretVersionByPath(place)).toMatchObject({ secretId: old })
  })
})

describe('a deleted version', () => {
  test('counts for 7 days, can come back as it was, then is gone for good', async () => {
    const secretId = await seed(owner, '/version/s', 'one', 'two')
    const version = { secretId, revision: '2' }
    await owner.secrets.disableSecretVersion(version)
    await owner.secrets.deleteSecretVersion(version)
    expect(await owner.secrets.getSecretVersion(version)).toMatchObject({
      status: 'scheduled_for_deletion',
      latest: true,
      deletionRequestedAt: new Date(start),
    })
    expect((await owner.secrets.getSecret({ secretId })).versionCount).toBe(2)
    expect(await owner.secrets.restoreSecretVersion(version)).toMatchObject({ status: 'disabled' })
    expect(await statusOf(owner.secrets.restoreSecretVersion(version))).toBe(412)

    await owner.secrets.deleteSecretVersion(version)
    time = start + 7 * day
    expect(await owner.secrets.getSecretVersion(version)).toMatchObject({
      status: 'deleted',
      latest: false,
      deletedAt: new Date(time),
    })
    expect((await owner.secrets.getSecret({ secretId })).versionCount).toBe(1)
    expect(await statusOf(owner.secrets.restoreSecretVersion(version))).toBe(412)
    expect(await statusOf(owner.secrets.enableSecretVersion(version))).toBe(412)
    expect(await owner.secrets.createSecretVersion({ secretId, data: base64('three') })).toMatchObject({ revision: 3 })
  })
})

describe('ephemeral secrets', () => {
  const ephemeral = async (name: string, ephemeralPolicy: object) => {
    const policy = ephemeralPolicy as { action: 'delete' | 'disable' }
    const secret = await owner.secrets.createSecret({ name, path: '/e', ephemeralPolicy: policy, protected: false })
    await owner.secrets.createSecretVersion({ secretId: secret.id, data: base64('x') })
    return secret.id
  }

  test('lose each version when its time is over', async () => {
    const secretId = await ephemeral('ttl', { timeToLive: '1800.000000000s', action: 'disable' })
    expect((await owner.secrets.getSecret({ secretId })).ephemeralPolicy).toMatchObject({ timeToLive: '1800s' })
    const version = await owner.secrets.getSecretVersion({ secretId, revision: '1' })
    expect(version.ephemeralProperties).toMatchObject({ expiresAt: new Date(start + 1_800_000), action: 'disable' })
    time = start + 1_800_000 - 1
    expect(await access(secretId)).toBe(200)
    time++
    expect(await access(secretId)).toBe(412)
    expect((await owner.secrets.getSecretVersion({ secretId, revision: '1' })).status).toBe('disabled')
  })

  test('are read once when the policy says so', async () => {
    const secretId = await ephemeral('once', { expiresOnceAccessed: true, action: 'delete' })
    expect(await access(secretId)).toBe(200)
    expect(await access(secretId)).toBe(412)
    expect((await owner.secrets.getSecretVersion({ secretId, revision: '1' })).status).toBe('deleted')
  })

  test('are deleted at once, without a way back', async () => {
    const secretId = await ephemeral('gone', { timeToLive: '60s', action: 'disable' })
    await owner.secrets.deleteSecretVersion({ secretId, revision: '1' })
    expect((await owner.secrets.getSecretVersion({ secretId, revision: '1' })).status).toBe('deleted')
    await owner.secrets.deleteSecret({ secretId })
    expect(await statusOf(owner.secrets.restoreSecret({ secretId }))).toBe(404)
  })

  test('change their policy, while others cannot get one', async () => {
    const secretId = await ephemeral('changed', { timeToLive: '60s', action: 'disable' })
    const ephemeralPolicy = { timeToLive: '18000s', expiresOnceAccessed: true, action: 'delete' } as const
    const patched = await owner.secrets.updateSecret({ secretId, ephemeralPolicy })
    expect(patched.ephemeralPolicy).toEqual(ephemeralPolicy)
    const plain = await seed(owner, '/e/plain')
    expect(await statusOf(owner.secrets.updateSecret({ secretId: plain, ephemeralPolicy }))).toBe(412)
  })

  test('a version can be given an end of its own', async () => {
    const secretId = await seed(owner, '/e/version', 'x')
    const expiresAt = new Date(start + 5000)
    const ephemeralProperties = { expiresAt, action: 'delete' } as const
    await owner.secrets.updateSecretVersion({ secretId, revision: '1', ephemeralProperties })
    expect(await access(secretId)).toBe(200)
    time += 5000
    expect(await access(secretId)).toBe(412)
  })

  test.each([
    { action: 'disable' },
    { timeToLive: '0s', action: 'disable' },
    { timeToLive: '31536001s', action: 'disable' },
    { timeToLive: '1h', action: 'disable' },
    { timeToLive: '60s', action: 'unknown_action' },
    { timeToLive: '60s' },
  ])('the policy %j is refused', async (policy) => {
    expect(await statusOf(ephemeral('refused', policy))).toBe(400)
  })
})

test('the clock of the emulator can be moved on by the admin port', async () => {
  const secretId = await seed(owner, '/clock/s', 'one')
  await owner.secrets.deleteSecret({ secretId })
  const body = JSON.stringify({ seconds: 7 * 24 * 3600 })
  const answer = await fetch(`${world.emulator.adminUrl}/clock/advance`, { method: 'POST', body })
  expect(await answer.json()).toEqual({ now: new Date(start + 7 * day).toISOString() })
  expect(await statusOf(owner.secrets.getSecret({ secretId }))).toBe(404)
  expect(await statusOf(owner.secrets.listSecrets({ projectId: project, scheduledForDeletion: false }))).toBe(200)
})
