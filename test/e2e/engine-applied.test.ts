import { afterAll, beforeAll, expect, test } from 'vitest'
import { readRelease } from '../../scripts/cluster/helm-release.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { RunResult } from '../../scripts/lib/exec.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { resolve } from '../../scripts/model/resolve.ts'
import type { Application, EnvironmentSpec } from '../../scripts/model/types.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { helm4 } from '../helpers/chart.ts'
import { startRegistry } from '../helpers/registry.ts'
import { folderWith, type Repository } from '../helpers/repository.ts'
import { createConsumers } from './consumers.ts'
import { manifestsForArgoCd, publish, releaseAsFlux, syncAsArgoCd, type ToApply } from './engines.ts'
import { type OwnedWorld, ownedWorld } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

/** Two environments in one cluster: Argo CD delivers `staging`, Flux `production`. The tests follow their life, in this order. */
const repository = 'https://git.example.test/acme/kiosk.git'
const { staging, production } = kiosk.environments as Readonly<Record<Name, EnvironmentSpec>>
const application: Application = {
  catalogue: kiosk.catalogue,
  environments: {
    staging: { ...staging, delivery: { engine: 'argocd', repository } },
    production: { ...production, delivery: { engine: 'flux', repository } },
  },
}
type Name = 'staging' | 'production'
const models = { staging: resolve(application, 'staging'), production: resolve(application, 'production') }

/** Its step wherever something is missing or differs. */
const steps = {
  staging: 'or see why it is behind: `argocd app get argocd/kiosk-staging-secrets`',
  production: 'or see why it is behind: `kubectl describe helmrelease kiosk-secrets --namespace flux-system`',
}

let world: World
let owned: OwnedWorld
let client: KubernetesClient
/** What the team has, and what it had before it said who delivers. */
let delivered: Repository
let before: Repository

beforeAll(async () => {
  world = await startWorld({ application, environment: 'production' })
  owned = ownedWorld(world)
  client = world.stack.client
  const seed = { account: owned.owner, organizationId: owned.owner.organizationId, model: models.staging }
  await writeTierCredentials(client, models.staging, await seedAccount(seed))
  ;[delivered, before] = await Promise.all([folderOf(application), folderOf(kiosk)])
})
afterAll(() => world?.[Symbol.asyncDispose]())

async function folderOf(one: Application): Promise<Repository> {
  const folder = await folderWith(one)
  expect(await folder.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  return folder
}

async function cliIn(folder: Repository, command: string, name: Name, ...args: readonly string[]): Promise<RunResult> {
  const result = await folder.cli([command, '--environment', name, ...args], { ...owned.env, HELM_BIN: helm4 })
  expect(result.stderr).not.toMatch(/bug of tiered-secrets|^ {4}at /m)
  return result
}
const cli = (command: string, name: Name, ...args: readonly string[]) => cliIn(delivered, command, name, ...args)

interface Told {
  readonly code: string
  readonly where: string
  readonly fix: string
}

interface Planned {
  readonly exitCode: number
  /** `none Role/kiosk-staging-web/secrets-viewer` */
  readonly objects: readonly string[]
  readonly problems: readonly Told[]
  readonly next: string | null
}

async function planned(name: Name, folder = delivered, ...args: readonly string[]): Promise<Planned> {
  const { stdout, exitCode } = await cliIn(folder, 'plan', name, '--output', 'json', ...args)
  const { objects, ...plan } = JSON.parse(stdout) as Omit<Planned, 'objects'> & {
    readonly objects: readonly { action: string; kind: string; namespace?: string; name: string }[]
  }
  const texts = objects.map((one) => {
    return `${one.action} ${[one.kind, one.namespace, one.name].filter((part) => part !== undefined).join('/')}`
  })
  return { ...plan, exitCode, objects: texts }
}

const changesOf = ({ objects }: Planned) => objects.filter((text) => !text.startsWith('none '))
const codesOf = ({ problems }: Planned) => problems.map(({ code }) => code)

const toApply = (name: Name): ToApply => ({
  folder: delivered.folder,
  model: models[name],
  set: { 'scaleway.apiUrl': world.stack.emulator.url },
  kubeconfig: world.stack.controlPlane.kubeconfigPath,
})

const syncStaging = async () => syncAsArgoCd(client, await manifestsForArgoCd(toApply('staging')), models.staging)

/** Every command that looks finds all as it should be, whoever applied it. */
async function expectArrived(name: Name): Promise<void> {
  for (const tier of models[name].tiers) await createConsumers(client, tier)
  expect(await cli('wait', name)).toMatchObject({ exitCode: 0 })
  const status = await cli('status', name)
  expect([status.exitCode, status.stderr]).toEqual([0, expect.not.stringMatching(/_ABSENT|NOT_DEPLOYED|_DIFFERS/)])
  expect(await cli('doctor', name)).toMatchObject({ exitCode: 0, stdout: expect.stringContaining('no cause found') })
  const plan = await planned(name)
  expect([plan.exitCode, changesOf(plan), plan.problems, plan.next]).toEqual([0, [], [], null])
}

/** Neither a deployment, nor its dry run, where somebody else writes; and what it would have been is still as it was. */
async function expectRefused(name: Name, engine: string): Promise<void> {
  for (const option of ['--yes', '--dry-run']) {
    const { exitCode, stdout, stderr } = await cli('deploy', name, option)
    expect([exitCode, stdout]).toEqual([3, ''])
    expect(stderr).toContain(
      `environment "${name}": is delivered by ${engine}, which would undo what a command deploys.`,
    )
    expect(stderr).toContain(`${steps[name]}. To deploy it by commands from now on, `)
    expect(stderr).toContain('(DELIVERED_BY_ENGINE)')
  }
}

/** Where nobody has told us of an engine, the marks of its objects do. */
async function expectSeen(name: Name, owner: string): Promise<void> {
  const { exitCode, stderr } = await cliIn(before, 'deploy', name, '--yes')
  expect([exitCode, stderr]).toEqual([3, expect.stringContaining(`--adopt-from ${owner}`)])
  expect(stderr).toContain('(OBJECT_OF_OTHER)')
}

test('a first plan says what Argo CD will add, and what is to be done for it', async () => {
  const plan = await planned('staging')
  expect([plan.exitCode, codesOf(plan)]).toEqual([0, []])
  expect(plan.objects).toContain('add SecretStore/kiosk-staging-web/web-secretstore')
  expect(plan.next).toBe(
    `next: commit and push; Argo CD applies what main of ${repository} has, by itself; \`npm run wait -- --environment staging\` ends when its secrets are there`,
  )
})

test('what Helm has deployed goes over to Argo CD, and the release that is left is reported until it is forgotten', async () => {
  expect(await cliIn(before, 'deploy', 'staging', '--yes')).toMatchObject({ exitCode: 0 })
  await syncStaging()
  await expectSeen('staging', 'argocd/kiosk-staging-secrets')

  const plan = await planned('staging')
  expect([plan.exitCode, changesOf(plan), codesOf(plan)]).toEqual([0, [], ['RELEASE_LEFT']])
  const [, namespace = '', labelSelector = ''] =
    /--namespace (\S+) --selector (\S+)`/.exec(plan.problems[0]?.fix ?? '') ?? []
  const { items } = await client.list(kinds.secret, { namespace, labelSelector })
  expect(items).toHaveLength(1)
  for (const { metadata } of items) await client.delete(kinds.secret, metadata)
  expect(await readRelease(client, models.staging.release)).toBeUndefined()
  await expectArrived('staging')
})

test('nobody deploys into what Argo CD delivers', async () => {
  await expectRefused('staging', 'Argo CD')
  expect(await readRelease(client, models.staging.release)).toBeUndefined()
})

const policy = { namespace: 'kiosk-staging-web', name: 'default-deny' }
const letIn = (ingress: readonly object[] | null) =>
  client.mergePatch<KubernetesObject>(kinds.networkPolicy, policy, { spec: { ingress } } as object)

test('what somebody changes or deletes is put right in Git or by Argo CD, as every command says', async () => {
  await client.delete(kinds.externalSecret, { namespace: 'kiosk-staging-worker', name: 'worker-files' })
  await letIn([{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }])
  const told = [
    await cli('wait', 'staging', '--timeout', '0s'),
    await cli('status', 'staging'),
    await cli('doctor', 'staging'),
  ]
  for (const { exitCode, stdout, stderr } of told) {
    const text = `${stdout}\n${stderr}`
    expect([exitCode, text]).toEqual([3, expect.stringContaining(steps.staging)])
    expect(text).toContain('ExternalSecret/kiosk-staging-worker/worker-files')
    expect(text).not.toMatch(/run deploy|helm /)
  }
  const plan = await planned('staging')
  expect(changesOf(plan)).toEqual([
    'change NetworkPolicy/kiosk-staging-web/default-deny',
    'add ExternalSecret/kiosk-staging-worker/worker-files',
  ])
  expect(codesOf(plan)).toEqual(['FOREIGN_FIELDS'])

  // As we say: what the chart renders is back, and what was added stays until somebody takes it out.
  await syncStaging()
  const after = await planned('staging')
  expect([after.exitCode, changesOf(after), codesOf(after)]).toEqual([
    0,
    ['change NetworkPolicy/kiosk-staging-web/default-deny'],
    ['FOREIGN_FIELDS'],
  ])
  expect(after.next).toBeNull()
  expect(after.problems[0]?.fix).toContain('leaves fields that others have added: remove these by hand.')
  await letIn(null)
  await expectArrived('staging')
})

test('what goes from the catalogue is removed as Argo CD prunes: namespaces stay', async () => {
  const { front: _, ...tiers } = kiosk.catalogue.tiers
  const gone = (tier: string, variable: string) => tier === 'front' || variable === 'SESSION_KEY'
  const secrets = kiosk.catalogue.secrets.filter(({ tier, variable }) => !gone(tier, variable))
  const { gateway: __, ...workloads } = tiers.web?.workloads ?? {}
  const catalogue = { ...kiosk.catalogue, secrets, tiers: { ...tiers, web: { ...tiers.web, workloads } } }
  const withoutFront = ({ iamApplications: { front: ___, ...others } = {}, ...spec }: EnvironmentSpec) =>
    ({ ...spec, iamApplications: others }) as EnvironmentSpec
  const environments = Object.entries(application.environments).map(([name, spec]) => [name, withoutFront(spec)])
  const smaller = await folderOf({ catalogue, environments: Object.fromEntries(environments) } as Application)
  const plan = await planned('staging', smaller)
  expect(plan.exitCode).toBe(3)
  expect(changesOf(plan)).toContain('keep Namespace/kiosk-staging-front')
  expect(changesOf(plan)).toContain('remove ExternalSecret/kiosk-staging-front/front-optional-secrets')
  expect(plan.problems.filter(({ fix }) => /deploy/.test(fix))).toEqual([])
  expect(codesOf(plan)).toContain('KEY_REMOVED')
  expect(await planned('staging', smaller, '--accept-removals')).toMatchObject({ exitCode: 0 })
})

test('Flux installs by digest what was published, and every command sees it', async () => {
  await using registry = await startRegistry()
  await releaseAsFlux(toApply('production'), await publish(delivered, registry, '1.2.3'), registry)
  await expectArrived('production')
  const labels = { 'helm.toolkit.fluxcd.io/name': 'kiosk-secrets' }
  const store = await client.get<KubernetesObject>(kinds.secretStore, {
    namespace: 'kiosk-web',
    name: 'web-secretstore',
  })
  expect(store?.metadata.labels).toMatchObject(labels)
})

test('nobody deploys into what Flux delivers, and a change is its own to undo', async () => {
  await expectRefused('production', 'Flux')
  await expectSeen('production', 'flux/flux-system/kiosk-secrets')
  await client.delete(kinds.externalSecret, { namespace: 'kiosk-worker', name: 'worker-files' })
  const { exitCode, stdout } = await cli('doctor', 'production')
  expect([exitCode, stdout]).toEqual([3, expect.stringContaining(steps.production)])
  expect(await readRelease(client, models.production.release)).toMatchObject({ revision: 1, status: 'deployed' })
})
