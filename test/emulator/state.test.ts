import { mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { application, base64, clientsOf, project, seed, startWorld, statusOf } from './clients.ts'

let folder: string
let stateFile: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'emulator-state-'))
  stateFile = join(folder, 'deep', 'state.json')
})
afterEach(() => rm(folder, { recursive: true, force: true }))

describe('a state file', () => {
  test('brings back secrets, payloads, applications, policies and keys', async () => {
    const first = await startWorld({ stateFile })
    const secretId = await seed(first.owner, '/shop/db', 'one', 'two')
    await first.owner.secrets.disableSecretVersion({ secretId, revision: '1' })
    const ephemeralPolicy = { timeToLive: '3600s', action: 'delete' } as const
    const ephemeral = await first.owner.secrets.createSecret({
      name: 'e',
      ephemeralPolicy,
      protected: true,
      tags: ['t'],
    })
    await first.owner.secrets.createSecretVersion({ secretId: ephemeral.id, data: base64(new Uint8Array([0, 255])) })
    const deleted = await seed(first.owner, '/shop/deleted', 'x')
    await first.owner.secrets.deleteSecret({ secretId: deleted })
    const condition = 'resource.name.startsWith("/shop/") || !has(resource.id)'
    const tier = await application(first, { sets: ['SecretManagerFullAccess'], condition })
    const everything = async (secrets: typeof tier.secrets) => ({
      live: await secrets.listSecrets({ projectId: project, scheduledForDeletion: false }),
      deleted: await secrets.listSecrets({ projectId: project, scheduledForDeletion: true }),
      versions: await secrets.listSecretVersions({ secretId }),
      payload: await secrets.accessSecretVersion({ secretId, revision: 'latest_enabled' }),
    })
    const before = await everything(tier.secrets)
    await first[Symbol.asyncDispose]()

    await using second = await startWorld({ stateFile })
    const again = clientsOf(second.emulator, tier)
    expect(await everything(again.secrets)).toEqual(before)
    expect(await statusOf(again.secrets.getSecret({ secretId: ephemeral.id }))).toBe(403)
    const bytes = await second.owner.secrets.accessSecretVersion({ secretId: ephemeral.id, revision: '1' })
    expect(bytes.data).toBe(base64(new Uint8Array([0, 255])))
    expect(second.emulator.owner.organizationId).toBe(first.emulator.owner.organizationId)
    // Each start has one owner key: the one of the start before opens nothing.
    const oldOwner = clientsOf(second.emulator, first.emulator.owner)
    expect(await statusOf(oldOwner.secrets.listTags())).toBe(401)
    second.emulator.advanceClock(3600)
    expect(await statusOf(second.owner.secrets.accessSecretVersion({ secretId: ephemeral.id, revision: '1' }))).toBe(
      412,
    )
  })

  test('is mode 0600, holds payloads in base64, and no secret key', async () => {
    await using world = await startWorld({ stateFile })
    await seed(world.owner, '/shop/db', 'the payload')
    const tier = await application(world, { sets: ['SecretManagerFullAccess'] })
    expect(await world.emulator.save()).toBe(true)
    expect((await stat(stateFile)).mode & 0o777).toBe(0o600)
    const text = await readFile(stateFile, 'utf8')
    expect(JSON.parse(text)).toMatchObject({ version: 2 })
    expect(text).toContain(base64('the payload'))
    for (const key of [tier.secretKey, world.owner.secretKey]) expect(text).not.toContain(key)
    expect(await readdir(join(folder, 'deep'))).toEqual(['state.json'])
  })

  test('is written soon after a change, by the admin port at once, and never without being asked for', async () => {
    await using world = await startWorld({ stateFile })
    await seed(world.owner, '/shop/db', 'soon')
    const content = () => readFile(stateFile, 'utf8').catch(() => '')
    await expect.poll(content).toContain(base64('soon'))
    const save = await fetch(`${world.emulator.adminUrl}/state/save`, { method: 'POST' })
    expect(await save.json()).toEqual({ saved: true })
    await using inMemory = await startWorld()
    expect(await inMemory.emulator.save()).toBe(false)
  })

  test.each([
    ['no JSON', '{"version":2,', 'STATE_UNREADABLE'],
    ['empty', '', 'STATE_UNREADABLE'],
    ['another version', '{"version":1}', 'STATE_VERSION'],
    ['no state', '[]', 'STATE_VERSION'],
    ['half a state', '{"version":2,"organizationId":"x"}', 'STATE_UNREADABLE'],
  ])('that is %s stops the start with its code, and is left as it is', async (_, text, code) => {
    const path = join(folder, 'state.json')
    await writeFile(path, text)
    const error = await startEmulator({ stateFile: path }).catch((reason: unknown) => reason)
    expect(error).toBeInstanceOf(ProblemError)
    expect((error as ProblemError).problems).toMatchObject([{ code, where: path }])
    expect(await readFile(path, 'utf8')).toBe(text)
  })

  test('with a damaged payload is refused without showing it', async () => {
    const first = await startWorld({ stateFile })
    await seed(first.owner, '/shop/db', 'the payload')
    await first[Symbol.asyncDispose]()
    const text = await readFile(stateFile, 'utf8')
    await writeFile(stateFile, text.replace(base64('the payload'), 'hunter2!'))
    const error = await startEmulator({ stateFile }).catch((reason: unknown) => reason)
    expect(String(error)).toContain('"secrets.0.versions.0.payload"')
    expect(String(error)).not.toContain('hunter2')
  })

  test('of another organization is refused', async () => {
    await (await startWorld({ stateFile })).emulator.stop()
    const error = await startEmulator({ stateFile, organizationId: project }).catch((reason: unknown) => reason)
    expect((error as ProblemError).problems).toMatchObject([{ code: 'STATE_ORGANIZATION' }])
  })
})

describe('starting', () => {
  test('on a port in use says so, and leaves nothing running', async () => {
    await using first = await startWorld()
    const port = Number(new URL(first.emulator.url).port)
    const freePort = async () => {
      const probe = await startEmulator()
      await probe.stop()
      return Number(new URL(probe.url).port)
    }
    const apiPort = await freePort()
    for (const options of [{ port }, { port: apiPort, adminPort: port }]) {
      const error = await startEmulator(options).catch((reason: unknown) => reason)
      expect(error).toMatchObject({ problems: [{ code: 'PORT_IN_USE', where: `127.0.0.1:${port}` }], exitCode: 2 })
    }
    await using next = await startWorld({ port: apiPort })
    expect(next.emulator.url).toBe(`http://127.0.0.1:${apiPort}`)
  })

  test('takes the owner key it is given, and refuses a malformed one without showing it', async () => {
    const owner = { accessKey: 'SCWABCDEFGHIJ0123456', secretKey: '0b8cc93b-dfd2-4427-b674-8d27affb0334' }
    await using world = await startWorld({ owner, organizationId: project })
    expect(world.emulator.owner).toMatchObject({ ...owner, organizationId: project })
    expect(await statusOf(world.owner.secrets.listTags())).toBe(200)
    const secretKey = 'not-a-uuid-but-secret'
    const error = await startEmulator({ owner: { ...owner, secretKey } }).catch((reason: unknown) => reason)
    expect((error as ProblemError).problems).toMatchObject([{ code: 'OWNER_KEY_MALFORMED' }])
    expect(JSON.stringify((error as ProblemError).problems)).not.toContain(secretKey)
    await expect(startEmulator({ organizationId: 'mine' })).rejects.toMatchObject({
      problems: [{ code: 'ORGANIZATION_ID_MALFORMED' }],
    })
  })

  test('and stopping can be done twice', async () => {
    const { emulator } = await startWorld()
    await emulator.stop()
    await emulator.stop()
    await expect(fetch(emulator.url)).rejects.toThrow()
    await expect(fetch(emulator.adminUrl)).rejects.toThrow()
  })
})
