import { afterAll, beforeAll, expect, test } from 'vitest'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { keyedDigest } from '../../scripts/lib/keyed-digest.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { userFolder } from '../helpers/repository.ts'
import { requiredKeys } from '../helpers/targets.ts'
import { encoded, type MigrationWorld, oldValues, startMigrationWorld, tellTales } from './migration-world.ts'

const { folder: root } = await userFolder()

const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }
const optional = { namespace: 'trackdechets-backend', name: 'backend-optional-secrets' }
const frontend = { namespace: 'trackdechets-frontend', name: 'frontend-secrets' }
const copy = { namespace: 'trackdechets-backend', name: 'backend-secrets-before-migration' }
const choices = ['--assign', 'SENTRY_DSN=frontend']
const digest = keyedDigest()

let world: MigrationWorld
let values: Record<string, string>
let byHand: Record<string, string>

beforeAll(async () => {
  world = await startMigrationWorld(trackdechets, 'recette', root)
  values = oldValues(world.model)
  byHand = {
    DATABASE_URL: values.DATABASE_URL ?? '',
    REDIS_URL: 'redis://by-hand.example:6379/1',
    FEATURE_TOKEN: 'a token that only this Secret has',
    FORGOTTEN: 'nobody remembers what it was for',
  }
  await world.putSecret('trackdechets', 'trackdechets-secrets', values)
  // Their namespaces are made by hand too, and Helm knows nothing of them.
  await world.putSecret(backend.namespace, backend.name, byHand)
  await world.putSecret(optional.namespace, optional.name, { SENTRY_DSN: 'https://0123456789abcdef@by-hand.example/1' })
  await world.putSecret(
    frontend.namespace,
    frontend.name,
    { API_ENDPOINT: values.API_ENDPOINT ?? '' },
    { immutable: true },
  )
  const container = { name: 'main', image: 'example.org/worker', envFrom: [{ secretRef: { name: backend.name } }] }
  const spec = {
    selector: { matchLabels: { app: 'worker' } },
    template: { metadata: { labels: { app: 'worker' } }, spec: { containers: [container] } },
  }
  await world.client.create(kinds.deployment, {
    metadata: { name: 'worker', namespace: backend.namespace },
    spec,
  } as never)
  await world.giveKeys()
})
afterAll(() => world?.[Symbol.asyncDispose]())

const migrate = (...args: string[]) => world.run('migrate', args)
const told = (stderr: string) =>
  [...stderr.matchAll(/^((?:warning: )?[A-Z]\S+): .*\n {2}fix: .*\n {2}\(([A-Z_]+)\)$/gm)].map(
    ([, place, code]) => `${place} ${code}`,
  )
const data = async ({ namespace, name }: typeof backend) => (await world.secret(namespace, name))?.data ?? {}
/** Keys whose bytes are as wanted; no value is kept. */
const same = (found: Readonly<Record<string, string>>, wanted: Readonly<Record<string, string>>) =>
  Object.keys(found)
    .filter((key) => digest(Buffer.from(found[key] ?? '', 'base64')) === digest(wanted[key] ?? ''))
    .sort()

test('what a target made by hand holds alone is reported, and nothing is done to it', async () => {
  const before = [await data(backend), await data(optional), await data(frontend)]
  const { exitCode, stderr, stdout } = await migrate('--yes', ...choices)
  expect(exitCode).toBe(3)
  expect(told(stderr)).toEqual([
    'Secret/trackdechets-backend/backend-optional-secrets TARGET_VALUE_NOT_FILLED',
    'Secret/trackdechets-backend/backend-secrets TARGET_VALUE_DIFFERS',
    'Secret/trackdechets-frontend/frontend-secrets TARGET_IMMUTABLE',
  ])
  expect(stdout).toMatch(/^backup +done +4 Secrets sealed in /m)
  expect(stderr).toContain('--from-secret trackdechets-backend/backend-optional-secrets --only backend.SENTRY_DSN')
  expect(
    JSON.stringify([await data(backend), await data(optional), await data(frontend)]) === JSON.stringify(before),
  ).toBe(true)
})

test.each([
  [
    'is of a type that a Secret keeps for ever',
    { type: 'kubernetes.io/basic-auth' },
    { username: 'x', password: 'y' },
    'TARGET_TYPE_DIFFERS',
  ],
  ['is written by somebody else', { metadata: { name: '', ownerReferences: [] } }, {}, 'TARGET_HAS_OTHER_WRITER'],
])('a target that %s is reported', async (_, parts, more, code) => {
  await world.client.delete(kinds.secret, frontend)
  const owner = await world.client.create<KubernetesObject>(kinds.configMap, {
    metadata: { name: `owner-${code.toLowerCase().replaceAll('_', '-')}`, namespace: frontend.namespace },
  })
  const reference = {
    apiVersion: 'v1',
    kind: 'ConfigMap',
    name: owner.metadata.name,
    uid: owner.metadata.uid ?? '',
    controller: true,
  }
  const isOwned = 'metadata' in parts
  await world.putSecret(
    frontend.namespace,
    frontend.name,
    { API_ENDPOINT: values.API_ENDPOINT ?? '', ...more },
    isOwned ? { metadata: { name: '', ownerReferences: [reference] } } : parts,
  )
  const { exitCode, stderr } = await migrate('--dry-run', '--replace')
  expect(exitCode).toBe(0)
  expect(told(stderr)).toEqual([`warning: Secret/trackdechets-frontend/frontend-secrets ${code}`])
})

test('a namespace of another release is reported', async () => {
  await world.client.delete(kinds.secret, frontend)
  await world.putSecret(frontend.namespace, frontend.name, { API_ENDPOINT: values.API_ENDPOINT ?? '' })
  const { namespace: name } = frontend
  const mark = (release: string | null) =>
    world.client.mergePatch(
      kinds.namespace,
      { name },
      { metadata: { annotations: { 'meta.helm.sh/release-name': release } } },
    )
  await mark('another-release')
  const { exitCode, stderr } = await migrate('--yes')
  expect([exitCode, told(stderr)]).toEqual([3, ['Namespace/trackdechets-frontend NAMESPACE_OF_OTHER_RELEASE']])
  await mark(null)
})

test('what only the target has is copied beside it, and who reads it is named before the operator takes it away', async () => {
  await world.client.mergePatch(kinds.secret, backend, { data: encoded({ REDIS_URL: values.REDIS_URL ?? '' }) })
  const { exitCode, stderr } = await migrate('--yes', '--replace', '--leave', 'FORGOTTEN')
  expect([exitCode, told(stderr)]).toEqual([3, ['Deployment/trackdechets-backend/worker TARGET_KEYS_IN_USE']])
  expect(stderr).toContain('reads FEATURE_TOKEN from Secret backend-secrets, which the operator removes from it.')
  expect(same(await data(copy), byHand)).toEqual(['FEATURE_TOKEN', 'FORGOTTEN'])
  expect(Object.keys(await data(copy)).sort()).toEqual(['FEATURE_TOKEN', 'FORGOTTEN'])
  // The operator's own value of the optional one is in its copy, since --replace was said.
  expect(Object.keys(await data({ ...optional, name: 'backend-optional-secrets-before-migration' }))).toEqual([
    'SENTRY_DSN',
  ])
  expect(Object.keys(await data(backend)).sort()).toEqual(Object.keys(byHand).sort())
})

test('a copy that holds another value is never written over', async () => {
  await world.client.mergePatch(kinds.secret, copy, { data: encoded({ FEATURE_TOKEN: 'another token' }) })
  const { exitCode, stderr } = await migrate('--yes', '--replace')
  expect([exitCode, told(stderr)]).toEqual([
    3,
    ['Secret/trackdechets-backend/backend-secrets-before-migration COPY_DIFFERS'],
  ])
  await world.client.mergePatch(kinds.secret, copy, { data: encoded({ FEATURE_TOKEN: byHand.FEATURE_TOKEN ?? '' }) })
})

test('once the workload reads the copy, the operator takes the targets over, and no key is lost', async () => {
  const envFrom = [backend, copy].map(({ name }) => ({ secretRef: { name } }))
  const containers = [{ name: 'main', image: 'example.org/worker', envFrom }]
  await world.client.mergePatch(
    kinds.deployment,
    { namespace: backend.namespace, name: 'worker' },
    { spec: { template: { spec: { containers } } } },
  )
  const { stdout, stderr } = await migrate('--yes', '--replace')
  expect(told(stderr)).toEqual(['Secret/trackdechets/trackdechets-secrets DELETION_UNCONFIRMED'])
  expect(stdout).toMatch(/^compare +done +33 values the same, byte for byte$/m)
  const tier = world.model.tiers.find(({ name }) => name === 'backend')
  const keys = requiredKeys(tier)
  expect(keys.length).toBeGreaterThan(30)
  expect(same(await data(backend), values)).toEqual(keys)
  expect(same(await data(copy), byHand)).toEqual(['FEATURE_TOKEN', 'FORGOTTEN'])
  const { metadata } = (await world.secret(backend.namespace, backend.name)) as SecretObject
  expect(metadata.ownerReferences).toMatchObject([{ kind: 'ExternalSecret', name: 'backend-secrets' }])
  const namespace = await world.client.get<KubernetesObject>(kinds.namespace, { name: backend.namespace })
  expect(namespace?.metadata.labels).toMatchObject({ 'pod-security.kubernetes.io/enforce': 'baseline' })
})

test('the operator wipes what is not catalogued, which is why it is copied before', async () => {
  await world.client.mergePatch(kinds.secret, backend, { data: encoded({ ADDED_BY_HAND: 'lost' }) })
  await world.client.mergePatch(kinds.externalSecret, backend, { metadata: { annotations: { 'force-sync': 'now' } } })
  await eventually(
    async () => Object.keys(await data(backend)),
    (keys) => !keys.includes('ADDED_BY_HAND'),
  )
})

test('a namespace that is going is reported', async () => {
  const held = { metadata: { name: 'held', namespace: frontend.namespace, finalizers: ['example.org/held'] } }
  await world.client.create(kinds.configMap, held)
  await world.client.delete(kinds.namespace, { name: frontend.namespace })
  const { exitCode, stderr } = await migrate('--yes')
  expect([exitCode, told(stderr)]).toEqual([3, ['Namespace/trackdechets-frontend NAMESPACE_GOES']])
  await world.client.mergePatch(kinds.configMap, held.metadata, { metadata: { finalizers: null } })
})

test('no value is in any output', () => {
  const printed = world.printed()
  const secrets = [...tellTales(values), ...tellTales(byHand)]
  expect(secrets.length).toBeGreaterThan(50)
  expect(secrets.filter((secret) => printed.includes(secret)).length).toBe(0)
})
