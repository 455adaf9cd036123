import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import type { Application, SecretSpec } from '../../scripts/model/types.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { eventually } from '../helpers/eventually.ts'
import { requiredKeys } from '../helpers/targets.ts'
import { forceRefresh, replacePayload } from './refresh.ts'
import { startWorld, type World } from './world.ts'

const application: Application = { catalogue, environments }
const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }
const frontend = { namespace: 'trackdechets-frontend', name: 'frontend-secrets' }

describe('an installed environment', () => {
  let world: World

  beforeAll(async () => {
    world = await startWorld({ application, environment: 'recette' })
    await world.install()
    await world.sync()
  })
  afterAll(() => world[Symbol.asyncDispose]())

  const backendDigests = () => world.digests(backend.namespace, backend.name)

  test('delivers a new version after a forced refresh', async () => {
    const expected = world.digest('rediss://default:changed@redis.internal.example:6379/0')
    await replacePayload(
      world.stack,
      'backend',
      'redis-url',
      () => 'rediss://default:changed@redis.internal.example:6379/0',
    )
    expect((await backendDigests())?.REDIS_URL).not.toBe(expected)
    await forceRefresh(world.stack.client, backend)
    await eventually(backendDigests, (digests) => digests?.REDIS_URL === expected)
  })

  test('brings a deleted target back', async () => {
    const before = await world.digests(frontend.namespace, frontend.name)
    await world.stack.client.delete(kinds.secret, frontend)
    await eventually(
      () => world.digests(frontend.namespace, frontend.name),
      (now) => now !== undefined,
    )
    expect(await world.digests(frontend.namespace, frontend.name)).toEqual(before)
  })

  test('delivers exactly the catalogued keys of a bundle, whatever else its JSON holds', async () => {
    const before = await backendDigests()
    const foreign = { UNCATALOGUED: 'x', DATABASE_URL: 'from the wrong place', GOTENBERG_URL: 'from another bundle' }
    await replacePayload(world.stack, 'backend', 's3', (payload) =>
      JSON.stringify({ ...JSON.parse(payload), ...foreign, S3_BUCKET: 'bucket-changed' }),
    )
    await forceRefresh(world.stack.client, backend)
    const changed = { ...before, S3_BUCKET: world.digest('bucket-changed') }
    await eventually(backendDigests, (now) => now?.S3_BUCKET === changed.S3_BUCKET)
    expect(await backendDigests()).toEqual(changed)
    const tier = world.stack.model.tiers.find(({ name }) => name === 'backend')
    expect(Object.keys(changed).sort()).toEqual(requiredKeys(tier))
  })

  test('changes nothing in the cluster when it is installed again', async () => {
    const versions = async () => {
      const { items } = await world.stack.client.list(kinds.externalSecret)
      return items.map(({ metadata }) => `${metadata.name} ${metadata.generation}`)
    }
    const before = await versions()
    await world.install()
    expect(await versions()).toEqual(before)
  })

  test('adds, changes and removes exactly what the next catalogue implies', async () => {
    const before = await backendDigests()
    const frontendBefore = await world.digests(frontend.namespace, frontend.name)
    const secrets = catalogue.secrets as readonly SecretSpec[]
    const next: Application = {
      environments,
      catalogue: {
        ...catalogue,
        secrets: secrets
          .filter(({ variable }) => variable !== 'SIB_APIKEY')
          .map((secret) => (secret.variable === 'REDIS_URL' ? { ...secret, remoteName: 'mongo-url' } : secret))
          .concat({ ...(secrets[2] as SecretSpec), variable: 'SEARCH_URL', remoteName: 'elasticsearch-url' }),
      },
    }
    await world.install(next)
    const { SIB_APIKEY: _, ...kept } = before ?? {}
    const expected = { ...kept, REDIS_URL: kept.MONGO_URL, SEARCH_URL: kept.ELASTIC_SEARCH_URL }
    await eventually(backendDigests, (now) => now?.SIB_APIKEY === undefined, { timeoutMs: 60_000 })
    expect(await backendDigests()).toEqual(expected)
    expect(await world.digests(frontend.namespace, frontend.name)).toEqual(frontendBefore)
  })

  test('removes the target of a tier whose optional secrets are gone from the catalogue', async () => {
    const secrets = (catalogue.secrets as readonly SecretSpec[]).filter(({ optional }) => !optional)
    await world.install({ environments, catalogue: { ...catalogue, secrets } })
    await eventually(
      () => world.digests(backend.namespace, 'backend-optional-secrets'),
      (now) => now === undefined,
      { timeoutMs: 60_000 },
    )
    expect(await backendDigests()).toBeDefined()
  })

  test('leaves the namespaces and the credentials when it is uninstalled', async () => {
    const { helm, model, controlPlane, client } = world.stack
    const { name, namespace } = model.release
    const env = { KUBECONFIG: controlPlane.kubeconfigPath }
    await run(helm, ['uninstall', name, '--namespace', namespace, '--wait'], { env })
    await eventually(backendDigests, (now) => now === undefined, { timeoutMs: 60_000 })
    for (const tier of model.tiers) {
      const found = await client.get(kinds.namespace, { name: tier.namespace })
      expect(found?.metadata.deletionTimestamp).toBeUndefined()
      expect(found?.metadata.name).toBe(tier.namespace)
      const credentials = await client.get(kinds.secret, { namespace: tier.namespace, name: tier.credentialsSecret })
      expect(credentials).toBeDefined()
    }
    const left = await client.list(kinds.externalSecret)
    expect(left.items).toEqual([])
  })
})
