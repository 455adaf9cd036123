import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { api, application, type Clients, project, raw, seed, startWorld, type World } from './clients.ts'

// What External Secrets Operator 2.9 sends, call by call, for a ref `path:/shop-backend/db` (its Go client adds
// `order_by`, `scheduled_for_deletion` and `type` to every list).
let world: World
let tier: Clients

beforeAll(async () => {
  world = await startWorld({ limits: { secrets: 1000 } })
  await seed(world.owner, '/shop-backend/db', 'old', 'value')
  await seed(world.owner, '/shop-frontend/db', 'other')
  tier = await application(world, {
    sets: ['SecretManagerReadOnly', 'SecretManagerSecretAccess'],
    condition: 'resource.name.startsWith("/shop-backend/") || !has(resource.id)',
  })
})
afterAll(() => world[Symbol.asyncDispose]())

const always = 'order_by=name_asc&scheduled_for_deletion=false&type=unknown_type'
const get = (path: string, token = tier.secretKey) =>
  raw(world.emulator, 'GET', `${api}${path}`, { token, headers: { 'user-agent': 'external-secrets' } })
const list = async (query: string) => {
  const { status, body } = await get(`/secrets?${query}&${always}&project_id=${project}`)
  return { status, ...(body as { secrets: { id: string; name: string; path: string }[]; total_count: number }) }
}
const find = async (path: string) => {
  const { secrets } = await list(`name=db&page=1&page_size=1&path=${encodeURIComponent(path)}`)
  return secrets[0]?.id ?? 'none'
}

describe('a path ref is three calls', () => {
  test('list by name and path, get the version, access its number', async () => {
    const found = await list(`name=db&page=1&page_size=1&path=%2Fshop-backend`)
    expect(found).toMatchObject({ status: 200, total_count: 1, secrets: [{ name: 'db', path: '/shop-backend' }] })
    const id = found.secrets[0]?.id
    const version = await get(`/secrets/${id}/versions/latest_enabled`)
    expect(version).toMatchObject({ status: 200, body: { revision: 2, status: 'enabled', latest: true } })
    const access = await get(`/secrets/${id}/versions/2/access`)
    expect(access).toMatchObject({
      status: 200,
      body: { secret_id: id, revision: 2, data: 'dmFsdWU=', data_crc32: null, type: 'opaque' },
    })
  })

  test('a secret that is not there is an empty list, a missing version a typed 404', async () => {
    expect(await list('name=nothing&page=1&page_size=1&path=%2Fshop-backend')).toMatchObject({
      status: 200,
      secrets: [],
      total_count: 0,
    })
    const id = await find('/shop-backend')
    expect(await get(`/secrets/${id}/versions/7`)).toMatchObject({
      status: 404,
      body: { type: 'not_found', resource: 'secret_version' },
    })
  })

  test('the other tier is listed, and refused from there on', async () => {
    const id = await find('/shop-frontend')
    expect(await get(`/secrets/${id}/versions/latest_enabled`)).toMatchObject({
      status: 403,
      body: { type: 'permissions_denied', details: [{ action: 'read', resource: 'secret_version' }] },
    })
    expect((await get(`/secrets/${id}/versions/1/access`)).status).toBe(403)
  })

  test('a name ref without a path finds the first of all folders', async () => {
    const found = await list('name=db&page=1&page_size=1')
    expect(found).toMatchObject({ total_count: 2, secrets: [{ path: '/shop-backend' }] })
  })

  test('a ref that ends with a slash finds nothing', async () => {
    expect(await list('name=&page=1&page_size=1&path=%2Fshop-backend')).toMatchObject({ status: 200, secrets: [] })
  })
})

describe('the other calls of the operator', () => {
  test('a store is validated with a page size of 0', async () => {
    const { status } = await get(`/secrets?${always}&page_size=0&project_id=${project}`)
    expect(status).toBe(200)
  })

  test('find reads pages of 50 until as many came as were counted', async () => {
    await using many = await startWorld({ limits: { secrets: 1000 } })
    for (let index = 0; index < 120; index++) await seed(many.owner, `/many/s${index}`)
    const seen = new Set<string>()
    for (let page = 1, total = 1; seen.size < total; page++) {
      const query = `${always}&page=${page}&page_size=50&path=%2Fmany&project_id=${project}`
      const { body } = await raw(many.emulator, 'GET', `${api}/secrets?${query}`, { token: many.owner.secretKey })
      const { secrets, total_count } = body as { secrets: { id: string }[]; total_count: number }
      total = total_count
      for (const { id } of secrets) seen.add(id)
      expect(secrets.length).toBeGreaterThan(0)
    }
    expect(seen.size).toBe(120)
  })

  test('a push creates the secret, a version, and disables the one before', async () => {
    const token = world.owner.secretKey
    const post = (path: string, body: unknown) => raw(world.emulator, 'POST', `${api}${path}`, { token, body })
    const created = await post('/secrets', {
      project_id: project,
      name: 'pushed',
      tags: null,
      type: 'unknown_type',
      protected: false,
    })
    expect(created).toMatchObject({ status: 200, body: { path: '/', type: 'opaque', tags: [] } })
    const { id } = created.body as { id: string }
    for (const data of ['MQ==', 'Mg==']) expect((await post(`/secrets/${id}/versions`, { data })).status).toBe(200)
    expect(await post(`/secrets/${id}/versions/1/disable`, {})).toMatchObject({ body: { status: 'disabled' } })
  })

  test('actions may be sent without a body', async () => {
    const id = await seed(world.owner, '/bodyless/s')
    const protect = await raw(world.emulator, 'POST', `${api}/secrets/${id}/protect`, { token: world.owner.secretKey })
    expect(protect).toMatchObject({ status: 200, body: { protected: true } })
  })
})
