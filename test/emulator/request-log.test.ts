import { expect, test } from 'vitest'
import type { RequestEntry } from '../../scripts/local/emulator/admin/request-log.ts'
import { api, application, base64, project, raw, seed, startWorld, statusOf } from './clients.ts'

test('counts requests per route, per principal and per status', async () => {
  await using world = await startWorld()
  const secretId = await seed(world.owner, '/folder/s', 'value')
  const as = await application(world, { sets: ['SecretManagerSecretAccess'] })
  world.emulator.resetRequests()

  await as.secrets.accessSecretVersion({ secretId, revision: '1' })
  await as.secrets.accessSecretVersion({ secretId, revision: 'latest' })
  expect(await statusOf(as.secrets.listTags())).toBe(403)
  await world.owner.secrets.listSecrets({ name: 's', path: '/folder', scheduledForDeletion: false })
  await raw(world.emulator, 'GET', '/nowhere')
  world.emulator.faults.add({ kind: 'reset', count: 1 })
  await expect(as.secrets.listTags()).rejects.toThrow()

  const { entries, ...counts } = world.emulator.requests()
  expect(counts).toEqual({
    total: 6,
    byRoute: { 'secrets.list': 1, 'tags.list': 2, unknown: 1, 'versions.access': 2 },
    byStatus: { '0': 1, '200': 3, '403': 1, '404': 1 },
    byPrincipal: {
      app: { 'tags.list': 2, 'versions.access': 2 },
      owner: { 'secrets.list': 1 },
      unauthenticated: { unknown: 1 },
    },
  })
  expect(entries[0]).toMatchObject({
    method: 'GET',
    route: 'versions.access',
    region: 'fr-par',
    secretId,
    secretName: 's',
    secretPath: '/folder',
    principal: 'app',
    accessKey: as.accessKey,
    status: 200,
  })
  expect(entries[3]).toMatchObject({ route: 'secrets.list', secretName: 's', secretPath: '/folder' })
  expect(entries[5]).toMatchObject({ status: 0, fault: 'reset' })
})

test('an entry has the X-Request-Id of its answer, and is told to a listener', async () => {
  const told: RequestEntry[] = []
  await using world = await startWorld({ onRequest: (entry) => told.push(entry) })
  const { headers } = await raw(world.emulator, 'GET', `${api}/tags?project_id=${project}`)
  expect(told).toHaveLength(1)
  expect(told[0]).toMatchObject({ id: headers.get('x-request-id'), status: 401, principal: 'unauthenticated' })
  expect(world.emulator.requests().entries).toEqual(told)
})

test('holds no payload, no token and no secret key', async () => {
  await using world = await startWorld()
  const payload = 'correct horse battery staple'
  const secretId = await seed(world.owner, '/folder/s', payload)
  const as = await application(world, { sets: ['SecretManagerFullAccess'] })
  await as.secrets.createSecretVersion({ secretId, data: base64(payload), description: payload })
  await as.secrets.accessSecretVersion({ secretId, revision: '1' })
  const wrongToken = '12345678-1234-4123-8123-123456789abc'
  await raw(world.emulator, 'POST', `${api}/secrets/${secretId}/versions?token=${wrongToken}`, {
    token: wrongToken,
    body: `{"data": "${payload}`,
  })
  const answer = await fetch(`${world.emulator.adminUrl}/requests`)
  const text = `${await answer.text()}${JSON.stringify(world.emulator.requests())}`
  expect(text).toContain('versions.create')
  for (const value of [payload, base64(payload), wrongToken, as.secretKey, world.owner.secretKey])
    expect(text).not.toContain(value)
})

test('is read and emptied by the admin port', async () => {
  await using world = await startWorld()
  await world.owner.secrets.listTags()
  const read = async () => (await fetch(`${world.emulator.adminUrl}/requests`)).json()
  expect(await read()).toMatchObject({
    total: 1,
    by_route: { 'tags.list': 1 },
    by_status: { '200': 1 },
    by_principal: { owner: { 'tags.list': 1 } },
    entries: [{ route: 'tags.list', principal: 'owner', access_key: world.owner.accessKey, status: 200 }],
  })
  expect((await fetch(`${world.emulator.adminUrl}/requests`, { method: 'DELETE' })).status).toBe(204)
  expect(await read()).toEqual({ total: 0, by_route: {}, by_status: {}, by_principal: {}, entries: [] })
})

test('counts all and keeps the newest 10,000', async () => {
  const { createRequestLog } = await import('../../scripts/local/emulator/admin/request-log.ts')
  const log = createRequestLog()
  const at = new Date(0)
  for (let index = 0; index < 25_000; index++)
    log.add({ id: String(index), at, method: 'GET', route: 'r', principal: 'p', status: 200 })
  const { total, entries } = log.summary()
  expect([total, entries.length, entries[0]?.id]).toEqual([25_000, 10_000, '15000'])
})
