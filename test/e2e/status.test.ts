import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { surveyCluster } from '../../scripts/inspect/survey/cluster-survey.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { loadKubeconfig } from '../../scripts/kubernetes/kubeconfig.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { remoteNameOf } from '../../scripts/model/specs.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'
import { findSecret } from '../../scripts/scaleway/secrets.ts'
import { createVersion, disableVersion } from '../../scripts/scaleway/versions.ts'
import { loadApplication } from '../../scripts/session/application.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder, textsBelow } from '../helpers/folders.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { withOperator } from '../helpers/operator-deployment.ts'
import { folderWith } from '../helpers/repository.ts'
import { createConsumer, createConsumers, runPod } from './consumers.ts'
import { forceRefresh } from './refresh.ts'
import { startWorld, type World } from './world.ts'

const { folder: root } = await folderWith(trackdechets)

const environment = 'recette'

let world: World
let backend: TierModel

beforeAll(async () => {
  world = await startWorld({ application: trackdechets, environment })
  backend = world.stack.model.tiers.find(({ name }) => name === 'backend') as TierModel
})
afterAll(() => world?.[Symbol.asyncDispose]())

const account = () => ({ apiUrl: world.stack.emulator.url, secretKey: world.stack.emulator.owner.secretKey })

interface Shown {
  readonly exitCode: number
  readonly stdout: string
  readonly stderr: string
}

async function status(args: readonly string[] = [], more: Readonly<Record<string, string>> = {}): Promise<Shown> {
  const { emulator, controlPlane } = world.stack
  const env = {
    KUBECONFIG: controlPlane.kubeconfigPath,
    SCW_API_URL: emulator.url,
    SCW_SECRET_KEY: emulator.owner.secretKey,
    ...more,
  }
  const shown = await hostedCli(['status', '--environment', environment, ...args], { cwd: root, env })
  expect(shown.stderr).not.toMatch(/bug of tiered-secrets|^ {4}at |Warning:/m)
  for (const { spec } of everyEntry()) {
    const value = world.valueFor(spec)
    if (value.length > 8) expect(`${shown.stdout}${shown.stderr}`.includes(value)).toBe(false)
  }
  return shown
}

/** The exit code, and for each row its state. */
async function statesOf(
  ...args: string[]
): Promise<{ exitCode: number; states: Record<string, string>; codes: string[] }> {
  const { exitCode, stdout } = await status(['--output', 'json', ...args])
  const { version, secrets, problems } = JSON.parse(stdout)
  expect(version).toBe(1)
  return {
    exitCode,
    states: Object.fromEntries(
      secrets.map(({ tier, variable, state }: Record<string, string>) => [`${tier} ${variable}`, state]),
    ),
    codes: [...new Set<string>(problems.map(({ code }: { code: string }) => code))].sort(),
  }
}

const everyEntry = () =>
  world.stack.model.tiers.flatMap(({ remoteSecrets }) =>
    remoteSecrets.flatMap((remote) => remote.specs.map((spec) => ({ remote, spec }))),
  )

async function secretId(name: string): Promise<string> {
  const scope = { region: world.stack.model.region, projectId: backend.projectId }
  return (await findSecret(account(), scope, { path: backend.remotePath, name }))?.id ?? ''
}

/** Pods of every workload of the backend that started now. */
async function startPods(): Promise<void> {
  const { controlPlane, client } = world.stack
  const now = new Date()
  for (const name of ['api', 'notifier', 'cron']) await runPod(controlPlane, client, backend, name, now)
}

describe('npm run status', () => {
  test('before a deployment says what is absent, and that Scaleway has everything', async () => {
    const { exitCode, states, codes } = await statesOf()
    expect(codes).toEqual(['CONSUMER_ABSENT', 'EXTERNAL_SECRET_ABSENT', 'STORE_ABSENT'])
    expect(new Set(Object.values(states))).toEqual(new Set(['STORE_ABSENT']))
    expect(Object.keys(states)).toHaveLength(34)
    expect(exitCode).toBe(3)
  })

  test('with everything synced and no workload yet, warns of these', async () => {
    await world.install()
    await world.sync()
    const { exitCode, stdout, stderr } = await status()
    expect(stdout).toMatch(/^backend +REDIS_URL +v1, \d+ s +synced, \d+ s +0 of 8 +CONSUMER_ABSENT$/m)
    expect(stderr).toContain('34 secrets: 34 with a warning')
    expect(exitCode).toBe(0)
  })

  test('says that all four sides agree when they do', async () => {
    for (const tier of world.stack.model.tiers) await createConsumers(world.stack.client, tier)
    await startPods()
    const { exitCode, stdout, stderr } = await status(['--formats'])
    expect(stderr.trimEnd()).toBe('34 secrets, all four sides agree')
    expect(stdout.match(/ OK$/gm)).toHaveLength(34)
    expect(exitCode).toBe(0)
    expect(await status(['--problems'])).toMatchObject({
      exitCode: 0,
      stdout: 'nothing is wrong: 34 secrets, all four sides agree',
      stderr: '',
    })
  })

  test('of one tier tells that tier alone, and knows no other', async () => {
    const { exitCode, states } = await statesOf('--tier', 'frontend')
    expect([exitCode, states]).toEqual([0, { 'frontend API_ENDPOINT': 'OK', 'frontend SENTRY_DSN': 'OK' }])
    const unknown = await status(['--tier', 'fronted'])
    expect(unknown.stderr).toMatch(/^--tier fronted: there is no such tier\. Did you mean "frontend"\?/)
    expect(unknown.exitCode).toBe(2)
  })

  test('warns of an operator with a known fault', async () => {
    const image = 'registry.example/external-secrets/external-secrets:v0.20.4'
    const { exitCode, stdout, stderr } = await withOperator(world.stack.client, { image }, () => status())
    expect(stdout.match(/ OK$/gm)).toHaveLength(34)
    expect(stderr).toMatch(
      /^34 secrets, all four sides agree\nwarning: Deployment\/external-secrets\/external-secrets: is version 0\.20\.4 .*GHSA-77v3-r3jw-j2v2.*\n.*\n {2}\(OPERATOR_VULNERABLE\)$/,
    )
    expect(exitCode).toBe(0)
  })

  test('tells an ExternalSecret of the release that the catalogue does not imply any more, and no other', async () => {
    const { client, model } = world.stack
    const tier = model.tiers.find(({ name }) => name === 'frontend') as TierModel
    const without = { ...tier, externalSecrets: tier.externalSecrets.filter(({ optional }) => !optional) }
    const tiers = model.tiers.map((one) => (one === tier ? without : one))
    const views = await surveyCluster(client, { ...model, tiers })
    expect(views.map(({ leftovers }) => leftovers)).toEqual([[], ['frontend-optional-secrets']])
    expect((await surveyCluster(client, model)).flatMap(({ leftovers }) => leftovers)).toEqual([])
  })

  test('follows a new value: it waits in Scaleway, then the workloads are outdated, until they start again', async () => {
    const { client, model } = world.stack
    const ref = { namespace: backend.namespace, name: 'backend-secrets' }
    // A refresh that changes nothing is not a change of the target.
    await forceRefresh(client, ref)
    await world.sync()
    expect((await statesOf()).codes).toEqual([])

    const value = world.valueFor({ tier: 'backend', variable: 'REDIS_URL' })
    await createVersion(account(), model.region, await secretId('redis-url'), `${value}?v=2`)
    const waiting = await statesOf()
    expect([waiting.exitCode, waiting.states['backend REDIS_URL']]).toEqual([0, 'VERSION_WAITING'])
    expect(waiting.states['backend MONGO_URL']).toBe('OK')

    const before = await world.digests(ref.namespace, ref.name)
    await forceRefresh(client, ref)
    await eventually(
      () => world.digests(ref.namespace, ref.name),
      (now) => now?.REDIS_URL !== before?.REDIS_URL,
    )
    const outdated = await statesOf()
    expect([outdated.exitCode, outdated.codes]).toEqual([3, ['CONSUMER_OUTDATED']])
    await new Promise((resolve) => setTimeout(resolve, 1000))
    await startPods()
    expect((await statesOf()).codes).toEqual([])
  })

  test('names a workload that does not read its target', async () => {
    await createConsumer(world.stack.client, backend, 'cron', [{ secretRef: { name: 'trackdechets-secrets' } }])
    const { exitCode, stderr } = await status()
    expect(stderr).toMatch(
      /^Deployment\/trackdechets-backend\/cron: does not read API_TOKEN_SECRET, .* from Secret backend-secrets\./m,
    )
    expect(exitCode).toBe(3)
    await createConsumer(world.stack.client, backend, 'cron')
  })

  test('reads values only for --formats, and names what misfits without showing it', async () => {
    const { emulator, model } = world.stack
    const reads = () => emulator.requests().byPrincipal.owner?.['versions.access'] ?? 0
    await createVersion(account(), model.region, await secretId('elasticsearch-url'), 'ftp://hunter2.example')
    const before = reads()
    expect((await statesOf()).states['backend ELASTIC_SEARCH_URL']).toBe('VERSION_WAITING')
    expect(reads()).toBe(before)
    const { exitCode, stdout, stderr } = await status(['--formats'])
    expect(stdout).toMatch(/^backend +ELASTIC_SEARCH_URL .* VALUE_MISFIT$/m)
    expect(stderr).toMatch(/^\/trackdechets-backend\/elasticsearch-url: .*Expected http-url\.$/m)
    expect(`${stdout}${stderr}`).not.toContain('hunter2')
    expect(exitCode).toBe(3)
    await disableVersion(account(), model.region, await secretId('elasticsearch-url'), 2)
  })

  test('puts the cause above what follows from it', async () => {
    const { client, model } = world.stack
    await disableVersion(account(), model.region, await secretId('sib-apikey'), 1)
    await forceRefresh(client, { namespace: backend.namespace, name: 'backend-secrets' })
    await eventually(
      () => statesOf(),
      ({ codes }) => codes.includes('NOT_SYNCED'),
    )
    const { exitCode, stdout } = await status()
    expect(stdout.split('\n')[1]).toMatch(/^backend +SIB_APIKEY +none +failed, .* VERSION_ABSENT$/)
    expect(stdout.match(/ NOT_SYNCED$/gm)).toHaveLength(30)
    expect(exitCode).toBe(3)
    const wrong = await status(['--problems'])
    expect(wrong.stdout.split('\n')).toHaveLength(1 + 31)
    expect(
      wrong.stderr.match(/^ExternalSecret\/trackdechets-backend\/backend-secrets: .*\n {2}rows: .*$/gm),
    ).toHaveLength(1)
    expect(wrong.exitCode).toBe(3)
  })

  test('shows as much as a viewer may see', async () => {
    const { client, controlPlane, model } = world.stack
    const viewer = { namespace: 'default', name: 'viewer' }
    await client.create(kinds.serviceAccount, { metadata: viewer })
    for (const { namespace } of model.tiers) {
      const binding = {
        metadata: { namespace, name: 'a-viewer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'secrets-viewer' },
        subjects: [{ kind: 'ServiceAccount', ...viewer }],
      }
      await client.create(kinds.roleBinding, binding as KubernetesObject)
    }
    const path = join(await temporaryFolder(), 'kubeconfig')
    const token = await tokenOf(viewer.name)
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane, token }))
    const image = 'registry.example/external-secrets/external-secrets:v0.20.4'
    const { stdout, stderr } = await withOperator(client, { image }, () =>
      status(['--output', 'json'], { KUBECONFIG: path }),
    )
    expect(stderr).toContain('not checked: the version of the operator; you may not list Deployments of all namespaces')
    expect(`${stdout}${stderr}`).not.toContain('OPERATOR_')
    expect(stderr).toMatch(
      /ExternalSecret\/\S+ and \d more: you may not read its target.*\n {2}also: .*ExternalSecret\/trackdechets-frontend\/frontend-secrets/,
    )
    expect(stderr).toMatch(
      /Namespace\/trackdechets-backend and 1 more: you may not list its workloads.*\n {2}also: Namespace\/trackdechets-frontend$/m,
    )
    expect(
      JSON.parse(stdout).secrets.find(({ variable }: { variable: string }) => variable === 'API_ENDPOINT'),
    ).toMatchObject({
      state: 'UNREADABLE',
      externalSecret: { state: 'synced' },
      consumers: null,
    })
  })

  test.each([
    ['Scaleway', { SCW_API_URL: 'http://127.0.0.1:1' }, 'SCALEWAY_UNREACHABLE'],
    [
      'a key that Scaleway does not know',
      { SCW_SECRET_KEY: '00000000-0000-4000-8000-000000000000' },
      'SCALEWAY_REFUSED',
    ],
  ])('ends with exit code 4 where it can not ask: %s', async (_, env, code) => {
    const { exitCode, stdout, stderr } = await status([], env)
    expect(stderr).toContain(`(${code})`)
    expect([exitCode, stdout]).toEqual([4, ''])
  })

  test('ends with exit code 4 where the cluster is out of reach', async () => {
    const path = join(await temporaryFolder(), 'kubeconfig')
    const server = 'https://127.0.0.1:1'
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...world.stack.controlPlane, server }))
    const { exitCode, stdout, stderr } = await status([], { KUBECONFIG: path })
    expect(stderr).toContain('(CLUSTER_UNREACHABLE)')
    expect([exitCode, stdout]).toEqual([4, ''])
  })
})

/** A token of a ServiceAccount of the namespace `default`. */
async function tokenOf(name: string): Promise<string> {
  const kind = { apiVersion: 'v1', kind: 'TokenRequest', plural: `serviceaccounts/${name}/token`, namespaced: true }
  const request = { apiVersion: 'authentication.k8s.io/v1', metadata: { namespace: 'default', name }, spec: {} }
  const { status } = await world.stack.client.create<typeof request & { status?: { token: string } }>(kind, request)
  return status?.token ?? ''
}

describe('npm run import', () => {
  test('drafts the catalogue from the cluster, with every remote secret and workload, and no value', async () => {
    const { controlPlane, client, model } = world.stack
    await world.install()
    for (const tier of model.tiers) await createConsumers(client, tier)
    const out = await temporaryFolder()
    const env = { KUBECONFIG: controlPlane.kubeconfigPath }
    const context = (await loadKubeconfig(env)).currentContext ?? ''
    const live = ['import', '--cluster', '--context', context, '--out', out, '--output', 'json']
    const { exitCode, stdout, stderr } = await hostedCli(live, { cwd: out, env })
    expect([exitCode, stderr.split('\n').at(-1)]).toEqual([
      0,
      'Drafted scripts/catalogue.ts and scripts/environments.ts.',
    ])
    const { catalogue, environments } = await loadApplication({ userFolder: out })
    expect(Object.keys(environments)).toEqual([environment])
    const remotes = (secrets: readonly SecretSpec[]) =>
      secrets.map((one) => `${one.tier} ${one.variable} ${remoteNameOf(one)} ${one.optional === true}`).sort()
    expect(remotes(catalogue.secrets)).toEqual(remotes(trackdechets.catalogue.secrets))
    for (const [tier, { workloads }] of Object.entries(trackdechets.catalogue.tiers))
      expect(Object.keys(catalogue.tiers[tier]?.workloads ?? {}).sort()).toEqual(Object.keys(workloads).sort())
    const shown = `${stdout}${stderr}${await textsBelow(out)}`
    for (const { spec } of everyEntry()) {
      const value = world.valueFor(spec)
      if (value.length > 8) expect(shown.includes(value)).toBe(false)
    }
  })

  test('needs to be told which cluster, and reads none without', async () => {
    const out = await temporaryFolder()
    const asked = (...args: string[]) => hostedCli(['import', '--out', out, ...args], { cwd: out })
    expect(await asked('--cluster')).toMatchObject({
      exitCode: 2,
      stderr: expect.stringContaining('--context together'),
    })
    expect(await asked('--context', 'x')).toMatchObject({ exitCode: 2 })
    expect(await asked()).toMatchObject({ exitCode: 2, stderr: expect.stringContaining('there is no input') })
  })
})
