import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { RemoteSecretModel, TierModel } from '../../scripts/model/resolve.ts'
import type { Application, SecretSpec } from '../../scripts/model/types.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { folderWith } from '../helpers/repository.ts'
import { createConsumers } from './consumers.ts'
import { ownedWorld } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

const { folder: root } = await folderWith(trackdechets)

const environment = 'recette'
const { catalogue, environments } = trackdechets

let world: World
let backend: TierModel

beforeAll(async () => {
  const without = (remote: RemoteSecretModel) => remote.name === 'redis-url' || remote.optional
  world = await startWorld({ application: trackdechets, environment, without })
  backend = world.stack.model.tiers.find(({ name }) => name === 'backend') as TierModel
})
afterAll(() => world?.[Symbol.asyncDispose]())

/** What a plan to deploy the committed catalogue says. */
async function plan(...args: string[]) {
  const { env } = ownedWorld(world)
  const shown = await hostedCli(['plan', '--environment', environment, ...args], { cwd: root, env })
  expect(shown.stderr).not.toMatch(/bug of tiered-secrets|^ {4}at |Warning:/m)
  return shown
}

interface PlannedObject {
  readonly kind: string
  readonly name: string
  readonly namespace?: string
  readonly action: string
  readonly fields: readonly string[]
  readonly unasked?: string
}

async function planned() {
  const { exitCode, stdout } = await plan('--output', 'json')
  const document = JSON.parse(stdout)
  const objects = document.objects as PlannedObject[]
  const of = (action: string) => objects.filter((object) => object.action === action)
  const place = ({ kind, namespace, name }: PlannedObject) => [kind, namespace, name].filter(Boolean).join('/')
  const problems = document.problems as {
    code: string
    where: string
    severity?: string
    message: string
    fix: string
  }[]
  return { exitCode, document, problems, of: (action: string) => of(action).map(place), objects }
}

/** Nothing that a plan does may change what is there. */
async function everything(): Promise<string[]> {
  const { client } = world.stack
  const versions = await Promise.all(
    [kinds.namespace, kinds.secret, kinds.secretStore, kinds.externalSecret, kinds.networkPolicy, kinds.role].map(
      async (kind) =>
        (await client.list<KubernetesObject>(kind)).items.map(
          // The operator writes the status of an ExternalSecret at any time.
          ({ metadata: { uid, generation, resourceVersion } }) => `${uid} ${generation ?? resourceVersion}`,
        ),
    ),
  )
  return versions.flat().sort()
}

const changedSecrets = (change: (secret: SecretSpec) => SecretSpec): Application => ({
  environments,
  catalogue: { ...catalogue, secrets: catalogue.secrets.map(change) },
})

describe('before anything is deployed', () => {
  test('everything is added, and what Scaleway lacks is named with its owner and the command', async () => {
    const before = await everything()
    const { exitCode, of, problems, document } = await planned()
    // They came with the credentials.
    expect(of('change')).toEqual(['Namespace/trackdechets-backend', 'Namespace/trackdechets-frontend'])
    expect(of('remove')).toEqual([])
    expect(of('add')).toEqual(
      expect.arrayContaining([
        'SecretStore/trackdechets-backend/backend-secretstore',
        'ExternalSecret/trackdechets-frontend/frontend-optional-secrets',
        'ValidatingAdmissionPolicy/trackdechets-secret-stores',
      ]),
    )
    expect(document.missing).toMatchObject([
      { remoteSecret: '/trackdechets-backend/redis-url', optional: false, owners: ['Trackdéchets'] },
      { remoteSecret: '/trackdechets-backend/sentry-dsn', optional: true },
      { remoteSecret: '/trackdechets-frontend/sentry-dsn', optional: true },
    ])
    expect(problems).toMatchObject([
      {
        code: 'REMOTE_ABSENT',
        where: '/trackdechets-backend/redis-url',
        fix: 'Create it: `npm run fill -- --environment recette --tier backend --only REDIS_URL --from <file>` (owner Trackdéchets)',
      },
    ])
    expect(document.requests).toEqual({ before: 0, after: 48 * 24 + 2 * 288 })
    expect(document.quota).toEqual({ now: 13, after: 16, limit: 100 })
    expect(exitCode).toBe(3)
    expect(await everything()).toEqual(before)
  })

  test('what the API server would refuse is reported in its words', async () => {
    const { client } = world.stack
    const ref = { namespace: backend.namespace, name: 'no-stores' }
    const quota: Kind = kinds.resourceQuota
    const hard = { 'count/secretstores.external-secrets.io': '0' }
    await client.create(quota, { metadata: ref, spec: { hard } } as KubernetesObject)
    await eventually(
      () => client.get<KubernetesObject & { status?: { used?: object } }>(quota, ref),
      (found) => found?.status?.used !== undefined,
      { timeoutMs: 60_000 },
    )
    const { exitCode, problems, objects } = await planned()
    expect(problems).toContainEqual(
      expect.objectContaining({
        code: 'PLAN_REFUSED',
        where: 'SecretStore/trackdechets-backend/backend-secretstore',
        message: expect.stringMatching(/exceeded quota: no-stores/),
      }),
    )
    expect(
      objects.find(({ kind, namespace }) => kind === 'SecretStore' && namespace === backend.namespace),
    ).toMatchObject({
      unasked: 'the API server refuses it',
    })
    expect(exitCode).toBe(3)
    const { stdout, stderr } = await plan()
    expect(stdout).toMatch(/^Objects: .*; the API server refuses 1 of them$/m)
    expect(`${stdout}${stderr}`).not.toContain('Nothing has to be done')
    await client.delete(quota, ref)
  })
})

describe('over another version', () => {
  const rest = async () => (await planned()).problems.filter(({ where }) => where !== '/trackdechets-backend/redis-url')

  test('the same catalogue changes nothing', async () => {
    await world.install()
    const { of, document } = await planned()
    expect([of('add'), of('change'), of('remove'), of('keep')]).toEqual([[], [], [], []])
    expect(of('none').length).toBeGreaterThan(30)
    expect(document.requests.before).toBe(document.requests.after)
    expect((await plan()).stdout).toMatch(
      /^Objects: 0 to add, 0 to change, 0 to remove, \d+ unchanged: nothing changes$/m,
    )
  })

  test('each field that changes is named, and the workloads that need a restart, and what it costs', async () => {
    for (const tier of world.stack.model.tiers) await createConsumers(world.stack.client, tier)
    const moved = changedSecrets((one) => (one.variable === 'REDIS_URL' ? { ...one, remoteName: 'mongo-url' } : one))
    const recette = { ...environments.recette, refreshInterval: '30m', without: ['network-policies'] }
    await world.install({ ...moved, environments: { ...environments, recette } as Application['environments'] })
    const { of, objects, document } = await planned()
    const changed = objects.find(({ name, action }) => name === 'backend-secrets' && action === 'change')
    expect(changed?.fields).toEqual([
      'spec.data[REDIS_URL].remoteRef.key: "path:/trackdechets-backend/mongo-url" → "path:/trackdechets-backend/redis-url"',
      'spec.refreshInterval: "30m0s" → "1h0m0s"',
    ])
    expect(of('change')).toHaveLength(4)
    expect(new Set(of('add').map((place) => place.split('/')[0]))).toEqual(new Set(['NetworkPolicy']))
    const deployments = Object.entries(backend.workloads).filter(([, { kind }]) => kind === 'Deployment')
    expect(document.restarts).toEqual(
      deployments.map(([name]) => ({
        isCatalogued: true,
        workload: `Deployment/trackdechets-backend/${name}`,
        keys: ['REDIS_URL'],
      })),
    )
    expect(document.requests).toEqual({ before: 48 * 48 + 2 * 288, after: 48 * 24 + 2 * 288 })
  })

  test('a target that goes is loud; its namespace stays', async () => {
    const third = { description: 'A tier that is given up', workloads: {} }
    const secret = { ...catalogue.secrets[0], tier: 'batch', variable: 'X', remoteName: 'x', format: 'token' }
    const withThird = Object.entries(environments).map(([name, one]) => {
      return [
        name,
        { ...one, iamApplications: { ...one.iamApplications, batch: `trackdechets-${name}-batch-secrets` } },
      ]
    })
    await world.install({
      environments: Object.fromEntries(withThird) as Application['environments'],
      catalogue: {
        ...catalogue,
        tiers: { ...catalogue.tiers, batch: third },
        secrets: [...catalogue.secrets, secret as SecretSpec],
      },
    })
    const before = await everything()
    const { of } = await planned()
    expect(of('remove')).toEqual(
      expect.arrayContaining([
        'ExternalSecret/trackdechets-batch/batch-secrets',
        'SecretStore/trackdechets-batch/batch-secretstore',
      ]),
    )
    expect(of('keep')).toEqual(['Namespace/trackdechets-batch'])
    expect(await rest()).toMatchObject([
      {
        code: 'TARGET_REMOVED',
        where: 'Secret/trackdechets-batch/batch-secrets',
        message: expect.stringMatching(/DELETED.*; no workload of its namespace reads it\./),
        severity: 'warning',
      },
    ])
    const reader = { namespace: 'trackdechets-batch', name: 'loader' }
    const labels = { app: 'loader' }
    const container = { name: 'x', image: 'x', envFrom: [{ secretRef: { name: 'batch-secrets' } }] }
    const template = { metadata: { labels }, spec: { containers: [container] } }
    const deployment = { metadata: reader, spec: { replicas: 0, selector: { matchLabels: labels }, template } }
    await world.stack.client.create(kinds.deployment, deployment as KubernetesObject)
    const read = await rest()
    expect(read).toMatchObject([
      { code: 'TARGET_REMOVED', message: expect.stringContaining('Deployment/loader (does NOT start without it)') },
    ])
    expect(read[0]?.severity).toBeUndefined()
    await world.stack.client.delete(kinds.deployment, reader)
    const { stdout } = await plan('--output', 'markdown')
    expect(stdout).toMatch(/^### trackdechets, recette: what a deployment changes$/m)
    expect(stdout).toMatch(/^\| REMOVE \| `ExternalSecret\/trackdechets-batch\/batch-secrets` \|/m)
    expect(stdout).toContain('Secret/trackdechets-batch/batch-secrets: will be DELETED')
    expect(await everything()).toEqual(before)
    await world.install()
    expect((await planned()).of('remove')).toEqual([])
  })

  test('a move to another project is not judged by the boundary it replaces', async () => {
    const recette = { ...environments.recette, projectId: '11111111-2222-4333-8444-555555555555' }
    await world.install({ catalogue, environments: { ...environments, recette } as Application['environments'] })
    const problems = await rest()
    expect(problems.map(({ code, where, severity }) => `${severity} ${code} ${where}`)).toEqual([
      'warning PLAN_NOT_JUDGED SecretStore/trackdechets-backend/backend-secretstore',
      'warning PLAN_NOT_JUDGED SecretStore/trackdechets-frontend/frontend-secretstore',
    ])
    const { stdout, stderr } = await plan()
    expect(stdout.match(/ SecretStore\/\S+ +judged by the boundary that changes first$/gm)).toHaveLength(2)
    expect(`${stdout}${stderr}`).not.toMatch(/API server refuses|[Nn]othing has to be done/)
    await world.install()
    expect(await rest()).toEqual([])
  })
})
