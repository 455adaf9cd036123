import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { type RunResult, run } from '../../scripts/lib/exec.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { type ChartKind, chartKinds } from '../../scripts/model/chart-objects.ts'
import { type EnvironmentModel, resolve } from '../../scripts/model/resolve.ts'
import type { Application, EnvironmentSpec } from '../../scripts/model/types.ts'
import { createVersion } from '../../scripts/scaleway/versions.ts'
import { kiosk } from '../fixtures/kiosk.ts'
import { testCertificate } from '../helpers/certificate.ts'
import { testAuthority } from '../helpers/certificate-authority.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { type Kubelet, startKubelet, workloadControllers } from '../helpers/kubelet.ts'
import { httpProxy, tlsServer } from '../helpers/proxy.ts'
import { adoptApplication, folderWith } from '../helpers/repository.ts'
import { sharedFolder } from '../helpers/shared-folder.ts'
import { deployWorkloads, type WorkloadParts, workloadKinds } from '../helpers/workloads.ts'
import { type OwnedWorld, ownedWorld } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

/** Two environments of one application in one cluster and one organization. The tests follow their life, in this order. */
const names = ['staging', 'production'] as const
type Name = (typeof names)[number]

let world: World
let kubelet: Kubelet
let owned: OwnedWorld
let cli: (command: string, environment: Name, ...args: readonly string[]) => Promise<RunResult>
const models = Object.fromEntries(names.map((name) => [name, resolve(kiosk, name)])) as Record<Name, EnvironmentModel>

beforeAll(async () => {
  const nothing = () => true
  const controllers = workloadControllers
  world = await startWorld({ application: kiosk, environment: 'production', controllers, without: nothing })
  owned = ownedWorld(world)
  kubelet = await startKubelet(world.stack.controlPlane)
  const { organizationId } = owned.owner
  const seed = { account: owned.owner, organizationId, model: models.staging, without: nothing }
  await writeTierCredentials(world.stack.client, models.staging, await seedAccount(seed))
  const repository = await folderWith(kiosk)
  cli = (command, environment, ...args) =>
    hostedCli([command, '--environment', environment, ...args], { cwd: repository.folder, env: owned.env })
  expect(await repository.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
})
afterAll(async () => {
  await kubelet?.[Symbol.asyncDispose]()
  await world?.[Symbol.asyncDispose]()
})

/** What a command says of both; each is as in an environment that is alone. */
async function both(command: string, ...args: readonly string[]): Promise<string[]> {
  const told: string[] = []
  for (const name of names) {
    const { exitCode, stdout, stderr } = await cli(command, name, ...args)
    expect([command, name, exitCode, stdout, stderr]).toEqual([command, name, 0, stdout, stderr])
    told.push(stdout)
  }
  return told
}

/** Every object of an environment, and whether it has changed since. Of a Secret too, but no value. */
async function versions(model: EnvironmentModel): Promise<Readonly<Record<string, string | undefined>>> {
  const { client } = world.stack
  const found: Record<string, string | undefined> = {}
  const read = async (kind: ChartKind, ref: { readonly namespace?: string; readonly name: string }) => {
    const object = await client.get(kind, ref)
    found[`${kind.kind}/${ref.namespace ?? ''}/${ref.name}`] = object?.metadata.resourceVersion
  }
  for (const kind of Object.values<ChartKind>(chartKinds))
    for (const object of kind.objects(model)) await read(kind, object)
  for (const tier of model.tiers) {
    for (const { name } of tier.externalSecrets) await read(chartKinds.secret, { namespace: tier.namespace, name })
    await read(chartKinds.secret, { namespace: tier.namespace, name: tier.credentialsSecret })
    for (const [name, { kind }] of Object.entries(tier.workloads)) {
      const { metadata } = (await client.get(workloadKinds[kind], { namespace: tier.namespace, name })) ?? {
        metadata: undefined,
      }
      // The kubelet's status comes when it comes.
      found[`${kind}/${tier.namespace}/${name}`] = String(metadata?.generation)
    }
  }
  return found
}

const digestsOf = (name: Name) =>
  Promise.all(models[name].tiers.map((tier) => world.digests(tier.namespace, `${tier.name}-secrets`)))

const filesOf = (name: Name) => {
  const worker = models[name].tiers.find((tier) => tier.name === 'worker')
  return world.digests(worker?.namespace ?? '', 'worker-files')
}

/** The gateway has its own name for the key, and the reports read theirs as a file. */
function workloadsOf(tier: string): Readonly<Record<string, WorkloadParts>> {
  if (tier === 'worker') return { reports: { reads: 'files' } }
  const key = { name: 'web-secrets', key: 'SESSION_KEY' }
  return tier === 'web' ? { gateway: { env: [{ name: 'COOKIE_SECRET', valueFrom: { secretKeyRef: key } }] } } : {}
}

describe('two environments in one cluster', () => {
  test('are filled, each in its own project and with its own values', async () => {
    const pem = join(await temporaryFolder(), 'signing.pem')
    await writeFile(pem, testCertificate().key, { mode: 0o600 })
    await both('fill', '--generate', '--from', `SIGNING_KEY=@${pem}`, '--yes')
    const told = await both('iam', '--verify')
    expect(told[0]).toContain('kiosk-staging-web-secrets')
    expect(told[1]).toContain('kiosk-web-secrets')
  })

  test('are deployed beside each other, and a second time without a change', async () => {
    await both('deploy', '--yes')
    for (const name of names)
      for (const tier of models[name].tiers) await deployWorkloads(world.stack.client, tier, workloadsOf(tier.name))
    for (const name of names) {
      const plan = await cli('plan', name, '--output', 'json')
      expect([
        plan.exitCode,
        JSON.parse(plan.stdout).objects.filter(({ action }: { action: string }) => action !== 'none'),
      ]).toEqual([0, []])
    }
    const [staging, production] = [await versions(models.staging), await versions(models.production)]
    expect(Object.values({ ...staging, ...production })).not.toContain(undefined)
    expect(Object.keys(staging).filter((object) => object in production)).toEqual([])
    const [one, other] = [await digestsOf('staging'), await digestsOf('production')]
    const values = [...one, ...other].flatMap((digests) => Object.values(digests ?? {}))
    expect(values).toHaveLength(12)
    // The tiers of one environment share their values, and no two environments do.
    expect(new Set(values).size).toBe(6)
    const files = await Promise.all(names.map((name) => filesOf(name)))
    expect(files.map((digests) => Object.keys(digests ?? {}))).toEqual([['signing.pem'], ['signing.pem']])
  })

  test('have each a status and a doctor that find nothing wrong', async () => {
    await both('wait', '--timeout', '60s')
    for (const told of await both('status', '--output', 'json'))
      expect(JSON.parse(told).secrets.map(({ state }: { state: string }) => state)).toEqual(Array(8).fill('OK'))
    for (const told of await both('doctor')) expect(told).toMatch(/^no cause found/)
    await both('restart', '--yes')
  })

  test('a store of one can not be turned to the project of the other', async () => {
    const [web] = models.staging.tiers.filter(({ name }) => name === 'web')
    const patch = { spec: { provider: { scaleway: { projectId: models.production.tiers[0]?.projectId } } } }
    const ref = { namespace: web?.namespace ?? '', name: web?.secretStore ?? '' }
    await expect(world.stack.client.mergePatch(kinds.secretStore, ref, patch)).rejects.toThrow('STORE_PROJECT')
  })

  test('what one rotates leaves all of the other as it is', async () => {
    const [before, staging] = [await versions(models.production), await digestsOf('staging')]
    const result = await cli('rotate', 'staging', 'web.SESSION_KEY', '--generate', '--yes', '--output', 'json')
    const { outcome, workloads } = JSON.parse(result.stdout)
    expect([result.exitCode, outcome]).toEqual([0, 'rotated'])
    expect(workloads.map(({ name }: { name: string }) => name).sort()).toEqual(['gateway', 'jobs', 'site'])
    const rotated = await digestsOf('staging')
    const keys = (tiers: typeof rotated) => tiers.flatMap((digests) => digests?.SESSION_KEY ?? [])
    expect(new Set([...keys(staging), ...keys(rotated)]).size).toBe(2)
    expect(await versions(models.production)).toEqual(before)
    const journals = await world.stack.client.list(kinds.configMap, {})
    const places = journals.items.filter(({ metadata }) => metadata.name.startsWith('rotate-'))
    expect(places.map(({ metadata }) => metadata.namespace)).toEqual(['kiosk-staging-secrets'])
    expect((await cli('status', 'production')).exitCode).toBe(0)
  })

  test('the same can be rotated in both at once', async () => {
    const results = await Promise.all(
      names.map((name) => cli('rotate', name, 'worker-mail', '--generate', '--yes', '--output', 'json')),
    )
    expect(results.map(({ stdout }) => JSON.parse(stdout).outcome)).toEqual(['rotated', 'rotated'])
    // A Secret tells when it changed, and not which of its keys: the gateway, which reads another one, counts as older.
    await both('restart', '--yes')
    await both('status')
  })

  describe('in a cluster that its UID tells', () => {
    const host = 'api.scaleway.example'
    const authority = testAuthority()
    let ca: string
    beforeAll(async () => {
      ca = join(await sharedFolder(), 'ca.pem')
      await writeFile(ca, authority.certificate)
    })

    /** The commands with an account and a cluster that are not taken for local ones. */
    async function real(fields: Partial<EnvironmentSpec>, broken: Application['environments'] = {}) {
      const server = await tlsServer(authority.issue({ names: [host] }), new URL(owned.owner.apiUrl))
      const proxy = await httpProxy({ routes: { [`${host}:443`]: server.port } })
      const production = { ...kiosk.environments.production, ...fields } as EnvironmentSpec
      const environments = { ...kiosk.environments, production }
      const repository = await folderWith({ catalogue: kiosk.catalogue, environments })
      const { folder, cli } = repository
      const { invalid, ...whole }: Application['environments'] = { ...environments, ...broken }
      await adoptApplication(repository, { catalogue: kiosk.catalogue, environments: whole })
      expect(await cli(['gen-values'])).toMatchObject({ exitCode: 0 })
      if (invalid)
        await adoptApplication(repository, { catalogue: kiosk.catalogue, environments: { ...whole, invalid } })
      const kubeconfig = join(folder, 'kubeconfig')
      const config = JSON.parse(kubeconfigText({ context: 'kiosk', ...world.stack.controlPlane }))
      const [context] = config.contexts
      const contexts = [context, { ...context, name: 'mine' }, { ...context, name: 'elsewhere' }]
      const down = { name: 'down', cluster: { ...config.clusters[0].cluster, server: 'https://127.0.0.1:1' } }
      const clusters = [...config.clusters, down]
      contexts.push({ name: 'down', context: { ...context.context, cluster: 'down' } })
      await writeFile(kubeconfig, JSON.stringify({ ...config, clusters, contexts, 'current-context': 'elsewhere' }))
      const env = {
        ...owned.env,
        SCW_API_URL: `https://${host}`,
        SCW_CONFIG_PATH: '/nowhere',
        HTTPS_PROXY: proxy.url,
        NODE_EXTRA_CA_CERTS: ca,
        KUBECONFIG: kubeconfig,
      }
      return (...args: readonly string[]) => cli(args, env)
    }

    test('all of them are examined by one command, each in its own context, and a broken one hides no other', async () => {
      const cluster = (await world.stack.client.get(kinds.namespace, { name: 'kube-system' }))?.metadata.uid ?? ''
      const { staging } = kiosk.environments
      const another = (name: string, number: number, fields: object) => ({
        ...staging,
        baseName: `kiosk-${name}`,
        projectId: `6f2c8a1e-7b3d-4c6f-9a0e-1d2b3c4e5f1${number}`,
        iamApplications: Object.fromEntries(models.staging.tiers.map((tier) => [tier.name, `${name}-${tier.name}`])),
        ...fields,
      })
      const broken = {
        down: another('down', 1, { kubeContext: 'down' }),
        invalid: another('invalid', 2, { refreshInterval: 'often' }),
        lost: another('lost', 3, { kubeContext: 'nowhere' }),
        other: another('other', 4, { cluster: '00000000-0000-4000-8000-000000000000', kubeContext: 'mine' }),
      }
      const run = await real({ cluster, kubeContext: 'mine' }, broken as unknown as Application['environments'])
      const runWhole = await real({ cluster, kubeContext: 'mine' })
      for (const [command, ...args] of [['status'], ['plan'], ['wait', '--timeout', '60s']] as const) {
        const json = await run(command, '--all', ...args, '--output', 'json')
        const { environments } = JSON.parse(json.stdout)
        const alone = await runWhole(
          command,
          '--environment',
          'staging',
          '--context',
          'kiosk',
          ...args,
          '--output',
          'json',
        )
        const codes = environments.map((row: { environment: string; exitCode: number }) => [
          row.environment,
          row.exitCode,
        ])
        expect([command, codes]).toEqual([
          command,
          [
            ['down', 4],
            ['invalid', 3],
            ['lost', 3],
            ['other', 3],
            ['production', alone.exitCode],
            ['staging', alone.exitCode],
          ],
        ])
        expect(json.exitCode).toBe(4)
        const [{ result }] = environments.slice(-1)
        expect([result.environment, Object.keys(result)]).toEqual(['staging', Object.keys(JSON.parse(alone.stdout))])
        for (const told of ['UNKNOWN_CONTEXT', 'CLUSTER_UNREACHABLE', 'CLUSTER_DIFFERS', 'REFRESH_INTERVAL_INVALID'])
          expect(json.stderr).toContain(`(${told})`)
      }
      const table = await run('plan', '--all')
      expect(table.stdout).toMatch(/^staging +ok +0 to add, \d+ to change, 0 to remove, \d+ unchanged$/m)
      const markdown = await run('plan', '--all', '--output', 'markdown')
      expect(markdown.stdout.match(/^#+ .*$/gm)).toEqual([
        '## kiosk, all environments',
        '### kiosk, production: what a deployment changes',
        '### kiosk, staging: what a deployment changes',
      ])
      const both = await run('status', '--all', '--context', 'mine')
      expect([both.exitCode, both.stderr]).toEqual([
        2,
        expect.stringContaining("cannot be used with option '--context"),
      ])
    })

    test('status prints the UID, where the name of the context decides still', async () => {
      const uid = (await world.stack.client.get(kinds.namespace, { name: 'kube-system' }))?.metadata.uid
      const { stderr } = await (await real({}))('status', '--environment', 'production', '--context', 'kiosk')
      expect(stderr).toContain(
        `the UID of the cluster is ${uid}: cluster: '${uid}' at environment "production" in scripts/environments.ts takes it under any kube context`,
      )
    })

    test('what is shown to paste names the context that was given, and works as it is', async () => {
      const cluster = (await world.stack.client.get(kinds.namespace, { name: 'kube-system' }))?.metadata.uid ?? ''
      const run = await real({ cluster })
      const { client } = world.stack
      const [web, front] = [owned.tier('web'), owned.tier('front')]
      await createVersion(owned.owner, owned.model.region, await owned.idOf(web, 'session-key'), 'k'.repeat(40))
      await client.delete(kinds.secretStore, { namespace: front.namespace, name: front.secretStore })
      const told: string[] = []
      for (const args of [['status'], ['doctor'], ['restart', '--dry-run'], ['wait', '--timeout', '0s']]) {
        const [command = '', ...options] = args
        const { stdout, stderr } = await run(command, '--environment', 'production', ...options, '--context', 'mine')
        expect(stderr).not.toContain('the UID of the cluster')
        told.push(stdout, stderr)
      }
      const lines = told.join('\n').match(/`(?:npx tiered-secrets|npm run|kubectl) [^`]+`/g) ?? []
      expect(lines.join('\n')).toMatch(/ deploy (?:-- )?--environment production --context mine`/)
      expect(lines.join('\n')).toContain('`kubectl --context mine annotate externalsecret web-secrets ')
      for (const line of lines) expect(line).toContain('--context mine')
      const pasted = lines.find((line) => / deploy /.test(line))?.replaceAll('`', '') ?? ''
      const words = pasted
        .split(' ')
        .slice(2)
        .filter((word) => word !== '--')
      const dryRun = await run(...words, '--dry-run')
      expect([dryRun.exitCode, dryRun.stderr]).toEqual([0, expect.stringContaining('in kube context mine')])
      const script = await run('iam', '--environment', 'production', '--format', 'scw', '--context', 'mine')
      const calls = script.stdout.match(/(?:npx tiered-secrets|npm run --silent) credentials .*/g) ?? []
      expect(calls.length).toBeGreaterThan(1)
      for (const call of calls) expect(call).toContain('--context mine')
      // The version that only one of the tiers got.
      const share = ['--only', 'web.SESSION_KEY', '--share', 'web.SESSION_KEY', '--replace']
      for (const [command, ...options] of [['fill', ...share], ['deploy'], ['restart']] as const) {
        const { exitCode, stderr } = await cli(command, 'production', ...options, '--yes')
        expect([command, exitCode, stderr]).toEqual([command, 0, stderr])
      }
    })
  })

  test('one is removed, and the other stays whole', async () => {
    const before = await versions(models.production)
    const { name, namespace } = models.staging.release
    const env = { KUBECONFIG: world.stack.controlPlane.kubeconfigPath }
    await run(world.stack.helm, ['uninstall', name, '--namespace', namespace, '--wait'], { env })
    expect(await versions(models.production)).toEqual(before)
    const left = Object.entries(await versions(models.staging)).filter(([, version]) => version !== undefined)
    const { tiers } = models.staging
    expect(left.map(([object]) => object).sort()).toEqual(
      [
        ...tiers.map(({ namespace }) => `Namespace//${namespace}`),
        ...tiers.map(({ namespace, credentialsSecret }) => `Secret/${namespace}/${credentialsSecret}`),
        ...tiers.flatMap(({ namespace, workloads }) =>
          Object.entries(workloads).map(([workload, { kind }]) => `${kind}/${namespace}/${workload}`),
        ),
      ].sort(),
    )
    expect((await cli('status', 'production')).exitCode).toBe(0)
    const plan = await cli('plan', 'production', '--output', 'json')
    expect([
      plan.exitCode,
      JSON.parse(plan.stdout).objects.filter(({ action }: { action: string }) => action !== 'none'),
    ]).toEqual([0, []])
  })
})
