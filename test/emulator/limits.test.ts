import { describe, expect, test } from 'vitest'
import { createSecretStore } from '../../scripts/local/emulator/secrets/store.ts'
import { api, application, base64, otherProject, project, raw, seed, startWorld, statusOf } from './clients.ts'

describe('quotas', () => {
  test('100 secrets per organization, all projects and regions together', async () => {
    await using world = await startWorld()
    const { secrets } = world.owner
    for (let index = 0; index < 98; index++) await secrets.createSecret({ name: `s${index}`, protected: false })
    await secrets.createSecret({ name: 'other', projectId: otherProject, protected: false })
    const last = await secrets.createSecret({ name: 'last', region: 'nl-ams', protected: false })
    const more = () => secrets.createSecret({ name: 'more', protected: false })
    await expect(more()).rejects.toMatchObject({
      name: 'QuotasExceededError',
      status: 403,
      list: [{ resource: 'secret', quota: 100, current: 100 }],
    })
    // One that can still be restored counts.
    await secrets.deleteSecret({ secretId: last.id, region: 'nl-ams' })
    expect(await statusOf(more())).toBe(403)
    world.emulator.advanceClock(7 * 24 * 3600)
    expect(await statusOf(more())).toBe(200)
  })

  test('20 versions per secret, those scheduled for deletion included', async () => {
    await using world = await startWorld()
    const { secrets } = world.owner
    const payloads = Array.from({ length: 20 }, (_, index) => `v${index}`)
    const secretId = await seed(world.owner, '/s', ...payloads)
    const more = () => secrets.createSecretVersion({ secretId, data: base64('more') })
    await expect(more()).rejects.toMatchObject({ name: 'QuotasExceededError', list: [{ quota: 20, current: 20 }] })
    await secrets.deleteSecretVersion({ secretId, revision: '1' })
    expect(await statusOf(more())).toBe(403)
    world.emulator.advanceClock(7 * 24 * 3600)
    expect(await more()).toMatchObject({ revision: 21 })
  })

  test('64 KiB per payload', async () => {
    await using world = await startWorld()
    const secretId = await seed(world.owner, '/s')
    const put = (size: number) =>
      statusOf(world.owner.secrets.createSecretVersion({ secretId, data: base64(new Uint8Array(size)) }))
    expect(await put(65_536)).toBe(200)
    expect(await put(65_537)).toBe(400)
  })

  test('applications, groups, policies and keys of an organization', async () => {
    await using world = await startWorld({ limits: { applications: 2, groups: 1, policies: 1, apiKeys: 3 } })
    await application(world, { sets: ['SecretManagerReadOnly'] })
    const { iam } = world.owner
    const { id } = await iam.createApplication({ name: 'second', description: '' })
    expect(await statusOf(iam.createApplication({ name: 'third', description: '' }))).toBe(403)
    expect(await statusOf(iam.createGroup({ name: 'one', description: '' }))).toBe(200)
    expect(await statusOf(iam.createGroup({ name: 'two', description: '' }))).toBe(403)
    const noPrincipal = { name: 'p', description: '', noPrincipal: true, rules: [] }
    expect(await statusOf(iam.createPolicy(noPrincipal))).toBe(403)
    // The owner's key is the third.
    expect(await statusOf(iam.createAPIKey({ applicationId: id, description: '' }))).toBe(200)
    expect(await statusOf(iam.createAPIKey({ applicationId: id, description: '' }))).toBe(403)
  })
})

test('a rate limit, when asked for, is per second and source address, in the recorded headers', async () => {
  let time = Date.parse('2026-11-24T10:00:00Z')
  await using world = await startWorld({
    requestsPerSecond: 2,
    trustForwardedFor: true,
    now: () => new Date(time),
  })
  const get = (address: string) =>
    raw(world.emulator, 'GET', `${api}/tags?project_id=${project}`, {
      token: world.owner.secretKey,
      headers: { 'x-forwarded-for': address },
    })
  const first = await get('51.15.1.2')
  expect(first.headers.get('x-ratelimit-limit')).toBe('2, 2;w=1')
  expect(first.headers.get('x-ratelimit-remaining')).toBe('1')
  expect((await get('51.15.1.2')).status).toBe(200)
  expect(await get('51.15.1.2')).toMatchObject({
    status: 429,
    body: { type: 'too_many_requests', limit: { quota: 2 } },
  })
  expect((await get('51.15.1.3')).status).toBe(200)
  time += 1000
  expect((await get('51.15.1.2')).status).toBe(200)
})

test('with 10,000 secrets the indexes narrow a list before any secret is checked', () => {
  const store = createSecretStore()
  const at = new Date(0)
  const region = 'fr-par'
  for (let index = 0; index < 10_000; index++)
    store.add({
      id: String(index),
      region,
      projectId: index % 2 ? project : otherProject,
      type: 'opaque',
      createdAt: at,
      updatedAt: at,
      keyId: null,
      name: `s${index % 5000}`,
      path: `/folder-${index % 100}`,
      tags: [],
      description: '',
      protected: false,
      ephemeralPolicy: null,
      usedBy: [],
      deletionRequestedAt: null,
      versions: [],
    })
  const looked = (narrowing: object) => [...store.candidates({ region, projectId: project, ...narrowing })].length
  expect(looked({})).toBe(5000)
  expect(looked({ path: '/folder-1' })).toBe(100)
  expect(looked({ name: 's1' })).toBe(2)
  expect(looked({ name: 's1', path: '/folder-1' })).toBe(2)
  expect(looked({ name: 'none' })).toBe(0)
})
