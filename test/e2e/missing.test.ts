import { describe, expect, test } from 'vitest'
import { readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { seedSecret } from '../../scripts/local/stack/seed-account.ts'
import type { RemoteSecretModel } from '../../scripts/model/resolve.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { eventually } from '../helpers/eventually.ts'
import { forceRefresh, replacePayload } from './refresh.ts'
import { startWorld } from './world.ts'

const application = { catalogue, environments }
const environment = 'recette'

describe('a secret that is missing in Scaleway', () => {
  test('blocks nothing when it is optional', async () => {
    const without = (remote: RemoteSecretModel) => remote.optional
    await using world = await startWorld({ application, environment, without })
    await world.install()
    const reports = await world.sync()
    expect(reports.map(({ ref, state }) => `${ref.name} ${state}`)).toEqual([
      'backend-secrets synced',
      'backend-optional-secrets synced',
      'frontend-secrets synced',
      'frontend-optional-secrets synced',
    ])
    expect(await world.digests('trackdechets-backend', 'backend-optional-secrets')).toEqual({})
    expect(Object.keys((await world.digests('trackdechets-backend', 'backend-secrets')) ?? {})).toHaveLength(31)
  })

  test('blocks only its own ExternalSecret when it is required, and is named', async () => {
    const without = (remote: RemoteSecretModel) => remote.name === 'redis-url'
    await using world = await startWorld({ application, environment, without })
    await world.install()
    const { client, emulator, model } = world.stack
    const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }
    const failed = await eventually(
      () => readSyncState(client, backend),
      ({ message }) => message.includes('redis-url'),
      { timeoutMs: 60_000 },
    )
    expect(failed.state).toBe('failed')
    expect(failed.message).toContain('path:/trackdechets-backend/redis-url')
    const others = (await world.sync(5000)).filter(({ ref }) => ref.name !== 'backend-secrets')
    expect(others.map(({ state }) => state)).toEqual(['synced', 'synced', 'synced'])
    expect(await world.digests(backend.namespace, backend.name)).toBeUndefined()

    const tier = model.tiers.find(({ name }) => name === 'backend')
    const remote = tier?.remoteSecrets.find(({ name }) => name === 'redis-url')
    if (!tier || !remote) throw new Error('the catalogue has no redis-url')
    const { secretKey, organizationId } = emulator.owner
    await seedSecret({ account: { apiUrl: emulator.url, secretKey }, organizationId, model }, tier, remote)
    await forceRefresh(client, backend)
    expect((await world.sync()).map(({ state }) => state)).toEqual(['synced', 'synced', 'synced', 'synced'])
  })

  test('blocks its ExternalSecret when it is one key of a bundle, and is named', async () => {
    await using world = await startWorld({ application, environment })
    const { client, emulator } = world.stack
    await replacePayload(world.stack, 'backend', 's3', (payload) => {
      const { S3_REGION: _, ...rest } = JSON.parse(payload) as Record<string, string>
      return JSON.stringify(rest)
    })
    await world.install()
    const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }
    const failed = await eventually(
      () => readSyncState(client, backend),
      ({ message }) => message.includes('S3_REGION'),
      { timeoutMs: 60_000 },
    )
    expect(failed.state).toBe('failed')
    expect(emulator.requests().byStatus['200']).toBeGreaterThan(0)
  })
})
