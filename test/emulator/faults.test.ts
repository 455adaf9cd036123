import { readFile } from 'node:fs/promises'
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest'
import { api, application, type Clients, project, raw, seed, startWorld, statusOf, type World } from './clients.ts'

let world: World
let owner: Clients
let secretId: string

beforeAll(async () => {
  world = await startWorld()
  owner = world.owner
  secretId = await seed(owner, '/s', 'value')
})
afterEach(() => {
  world.emulator.faults.clear()
})
afterAll(() => world[Symbol.asyncDispose]())

const access = (as = owner) => statusOf(as.secrets.accessSecretVersion({ secretId, revision: '1' }))
const list = (as = owner) => statusOf(as.secrets.listTags())
const admin = async (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) => {
  const sent = body === undefined ? {} : { body: JSON.stringify(body) }
  const response = await fetch(`${world.emulator.adminUrl}${path}`, { method, headers, ...sent })
  const text = await response.text()
  return { status: response.status, body: text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>) }
}

describe('faults', () => {
  test('strike as many requests as they are reported, then no more', async () => {
    world.emulator.faults.add({ kind: 'internal_error', count: 2 })
    expect([await list(), await list(), await list()]).toEqual([500, 500, 200])
    expect(world.emulator.faults.list()).toMatchObject([
      { id: expect.stringMatching(/^fault-/), remaining: 0, hits: 2 },
    ])
  })

  test('last until cleared without a count', async () => {
    const { id } = world.emulator.faults.add({ kind: 'internal_error' })
    for (let index = 0; index < 5; index++) expect(await list()).toBe(500)
    expect(world.emulator.faults.clear('fault-0')).toBe(0)
    expect(world.emulator.faults.clear(id)).toBe(1)
    expect(await list()).toBe(200)
  })

  test('too_many_requests is a 429 with its body and Retry-After', async () => {
    world.emulator.faults.add({ kind: 'too_many_requests', retryAfterSeconds: 7 })
    const answer = await raw(world.emulator, 'GET', `${api}/tags?project_id=${project}`, { token: owner.secretKey })
    expect(answer).toMatchObject({
      status: 429,
      body: { type: 'too_many_requests', reset_seconds: 7, limit: { quota: 50, window_seconds: 1 } },
    })
    expect(answer.headers.get('retry-after')).toBe('7')
    await expect(owner.secrets.listTags()).rejects.toMatchObject({ name: 'TooManyRequestsError' })
  })

  test('expired_key is the 401 of a key that is over', async () => {
    world.emulator.faults.add({ kind: 'expired_key', count: 1 })
    await expect(owner.secrets.listTags()).rejects.toMatchObject({
      name: 'DeniedAuthenticationError',
      reason: 'expired',
    })
  })

  test('reset cuts the connection without an answer', async () => {
    world.emulator.faults.add({ kind: 'reset', count: 1 })
    await expect(owner.secrets.listTags()).rejects.toMatchObject({ cause: { code: 'ECONNRESET' } })
    expect(await list()).toBe(200)
  })

  test('latency holds the answer back, and adds to other faults', async () => {
    world.emulator.faults.add({ kind: 'latency', delayMs: 60 })
    world.emulator.faults.add({ kind: 'latency', delayMs: 60 })
    world.emulator.faults.add({ kind: 'internal_error', count: 1 })
    const started = performance.now()
    expect(await list()).toBe(500)
    expect(performance.now() - started).toBeGreaterThan(115)
    expect(await list()).toBe(200)
  })

  test('do not hold up the end of the emulator', async () => {
    const slow = await startWorld()
    slow.emulator.faults.add({ kind: 'latency', delayMs: 60_000 })
    const call = expect(slow.owner.secrets.listTags()).rejects.toThrow()
    const waits = async () => slow.emulator.faults.list()[0]?.hits === 1
    await expect.poll(waits).toBe(true)
    const started = performance.now()
    await slow.emulator.stop()
    await call
    expect(performance.now() - started).toBeLessThan(20_000)
  })
})

describe('a fault strikes only what it names', () => {
  test.each([
    [{ route: 'versions.access' }, 500, 200],
    [{ route: 'versions.*' }, 500, 200],
    [{ route: '*.list' }, 200, 500],
    [{ route: 'versions' }, 200, 200],
    [{ route: 'v*s.a*s' }, 500, 200],
    [{ route: 'versions.acc*access' }, 200, 200],
    [{ path: '*/access' }, 500, 200],
    [{ path: '/secret-manager/*/fr-par/*' }, 500, 500],
    [{ path: '*/nl-ams/*' }, 200, 200],
    [{ method: 'get' }, 500, 500],
    [{ method: 'POST' }, 200, 200],
    [{ route: '*.list', method: 'POST' }, 200, 200],
  ])('%j', async (filter, forAccess, forList) => {
    world.emulator.faults.add({ kind: 'internal_error', ...filter })
    expect([await access(), await list()]).toEqual([forAccess, forList])
  })

  test('a principal, by access key, by id or by name', async () => {
    const tier = await application(world, { sets: ['SecretManagerFullAccess'] })
    const { applicationId = '' } = await owner.iam.getAPIKey({ accessKey: tier.accessKey })
    for (const principal of [tier.accessKey, applicationId, 'app']) {
      const { id } = world.emulator.faults.add({ kind: 'internal_error', principal })
      expect([await access(tier), await access()]).toEqual([500, 200])
      world.emulator.faults.clear(id)
    }
    world.emulator.faults.add({ kind: 'internal_error', principal: 'owner' })
    expect([await access(tier), await access()]).toEqual([200, 500])
  })
})

describe('the admin port', () => {
  test('adds, lists and clears faults', async () => {
    const added = await admin('POST', '/faults', { kind: 'latency', route: 'tags.*', delay_ms: 1, count: 3 })
    expect(added).toMatchObject({ status: 200, body: { kind: 'latency', delay_ms: 1, remaining: 3, hits: 0 } })
    expect(await list()).toBe(200)
    expect((await admin('GET', '/faults')).body).toMatchObject({ faults: [{ remaining: 2, hits: 1 }] })
    expect((await admin('DELETE', `/faults/${added.body?.id}`)).status).toBe(204)
    expect((await admin('DELETE', `/faults/${added.body?.id}`)).status).toBe(404)
    expect((await admin('DELETE', '/faults')).status).toBe(204)
    expect((await admin('GET', '/faults')).body).toEqual({ faults: [] })
  })

  test('refuses a fault it does not know', async () => {
    for (const [body, problem] of [
      [{}, 'kind'],
      [{ kind: 'fire' }, 'kind'],
      [{ kind: null }, 'kind'],
      [{ kind: 'reset', count: 0 }, 'count'],
      [{ kind: 'latency', delay_ms: 'long' }, 'delay_ms'],
    ] as const)
      expect(await admin('POST', '/faults', body)).toMatchObject({
        status: 400,
        body: { details: [{ argument_name: problem }] },
      })
    expect((await admin('POST', '/clock/advance', { seconds: 'long' })).body?.details).toHaveLength(1)
    expect((await admin('POST', '/fault', {})).status).toBe(404)
    expect((await admin('PATCH', '/faults', {})).status).toBe(405)
  })

  test('refuses fields it does not know, and names them', async () => {
    const wrong = await admin('POST', '/faults', { kind: 'reset', retryAfterSeconds: 2, delayMs: 1 })
    expect(wrong).toMatchObject({
      status: 400,
      body: { details: [{ argument_name: 'retryAfterSeconds' }, { argument_name: 'delayMs' }] },
    })
    expect((await admin('POST', '/clock/advance', { seconds: 0, minutes: 1 })).status).toBe(400)
    expect((await admin('GET', '/faults')).body).toEqual({ faults: [] })
  })

  test('takes the fault of the documentation whole', async () => {
    const page = await readFile('docs/emulator.md', 'utf8')
    const [, fault = ''] = /-d '(\{"kind".*\})'/.exec(page) ?? []
    expect(await admin('POST', '/faults', JSON.parse(fault))).toMatchObject({
      status: 200,
      body: { kind: 'too_many_requests', retry_after_seconds: 2 },
    })
  })

  test('says that it is healthy', async () => {
    expect(await admin('GET', '/health')).toEqual({
      status: 200,
      body: { status: 'ok', api_url: world.emulator.url },
    })
  })

  test('switches keys off and on', async () => {
    const tier = await application(world, { sets: ['SecretManagerFullAccess'] })
    expect((await admin('POST', `/api-keys/${tier.accessKey}/disable`)).status).toBe(204)
    expect(await list(tier)).toBe(401)
    await admin('POST', `/api-keys/${tier.accessKey}/enable`)
    expect(await list(tier)).toBe(200)
    expect((await admin('POST', '/api-keys/SCWXXXXXXXXXXXXXXXXX/disable')).status).toBe(404)
  })

  test('is for programs of this machine, not for pages in a browser', async () => {
    expect(world.emulator.adminUrl).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/)
    expect((await admin('GET', '/health', undefined, { origin: 'https://example.com' })).status).toBe(403)
  })
})
