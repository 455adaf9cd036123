import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { command } from '../../scripts/commands/deploy.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type KubernetesObject, kinds, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import type { CommandIo } from '../../scripts/lib/command.ts'
import { tryRun } from '../../scripts/lib/exec.ts'
import type { Shown } from '../../scripts/lib/output.ts'
import { unstyled } from '../../scripts/lib/printable.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { seedSecret } from '../../scripts/local/stack/seed-account.ts'
import type { RemoteSecretModel } from '../../scripts/model/resolve.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { projects } from '../helpers/applications.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { compiledCli } from '../helpers/cli.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { startGate } from '../helpers/gate.ts'
import { root as product } from '../helpers/generating.ts'
import { withOperator } from '../helpers/operator-deployment.ts'
import { httpProxy } from '../helpers/proxy.ts'
import { type Repository, userFolder } from '../helpers/repository.ts'
import { requiredKeys } from '../helpers/targets.ts'
import { forceRefresh } from './refresh.ts'
import { startWorld, type World } from './world.ts'

// The command that runs in this process finds the application of the copies.

/** recette: real ids and the local context. production: real ids and a context of its own. sandbox: an example still. */
let repository: Repository
let controlPlane: ControlPlane
let client: KubernetesClient

beforeAll(async () => {
  ;[repository, controlPlane] = await Promise.all([userFolder(), borrowControlPlane()])
  client = createClient({ ...controlPlane, skipVerify: false })
  const environments = 'scripts/environments.ts'
  for (const [name, id, number] of [
    ['recette', projects.dev, 1],
    ['production', projects.other, 3],
  ] as const) {
    await repository.edit(environments, `00000000-0000-4000-8000-00000000000${number}`, id)
    await repository.edit(environments, new RegExp(`(kubeContext: 'trackdechets-${name}',)\n    example: true,`), '$1')
  }
  await repository.edit(environments, "kubeContext: 'trackdechets-recette'", "kubeContext: 'tiered-secrets-local'")
  expect(await repository.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
})

afterAll(async () => {
  client?.[Symbol.dispose]()
  await controlPlane?.[Symbol.asyncDispose]()
})

const deploy = (args: readonly string[], env: Readonly<Record<string, string>> = {}) =>
  repository.cli(['deploy', '--yes', ...args], { KUBECONFIG: controlPlane.kubeconfigPath, ...env })

const textOf = (text: Shown): string => unstyled(typeof text === 'function' ? text(undefined) : text)

/** The same in a terminal, where somebody answers. */
async function deployAtTerminal(answer: string) {
  const out: string[] = []
  const log: string[] = []
  const input = { isTerminal: true, read: async () => '', ask: async () => answer }
  const io: CommandIo = {
    productFolder: product,
    userFolder: (await userFolder()).folder,
    typedIn: product,
    env: {
      ...process.env,
      KUBECONFIG: controlPlane.kubeconfigPath,
      // An example environment is accepted with an emulator, and nothing is asked of it.
      SCW_API_URL: 'http://127.0.0.1:1',
    },
    signal: new AbortController().signal,
    out: (text) => void out.push(textOf(text)),
    log: (line) => void log.push(line),
    tell: (text) => void log.push(textOf(text)),
    isTerminal: true,
    input,
    commands: { titles: async () => [], load: async () => undefined },
  }
  const options = { environment: 'recette', timeout: '0s', wait: false, output: 'json' } as const
  return { exitCode: await command.run(options, io), stdout: out.join(''), log }
}

/** Everything a deployment makes, as `Kind/namespace/name`. */
async function installed(): Promise<string[]> {
  const found: string[] = []
  for (const kind of [kinds.namespace, kinds.secret, kinds.secretStore, kinds.externalSecret]) {
    const { items } = await client.list<KubernetesObject>(kind)
    const ours = items.filter(
      ({ metadata: { namespace, name } }) =>
        `${namespace} ${name}`.includes('trackdechets') && !name.endsWith('-credentials'),
    )
    found.push(...ours.map(({ metadata }) => `${kind.kind}/${metadata.namespace ?? ''}/${metadata.name}`))
  }
  return found.sort()
}

/** No tier has a key before the first deployment, which comes before what else is said, or after a dry run. */
const keyWarnings =
  /\n?(?:warning: Secret\/\S+-credentials: does not exist\. .*\n {2}fix: .*\n {2}\(CREDENTIALS_ABSENT\)\n*){2}/
const withoutKeyWarnings = (text: string) => {
  expect(text).toMatch(keyWarnings)
  return text.replace(keyWarnings, '')
}

/** As if `credentials` had been run for each tier. */
async function giveKeys(): Promise<void> {
  const key = { 'access-key': 'SCWABCDEFGHIJKLMNOPQ', 'secret-key': projects.dev }
  for (const tier of ['backend', 'frontend']) {
    const metadata = { namespace: `trackdechets-${tier}`, name: `scw-${tier}-credentials` }
    await client.create(kinds.secret, { metadata, stringData: key } as KubernetesObject)
  }
}

const release = (revision: number) => `Secret/trackdechets-secrets/sh.helm.release.v1.trackdechets-secrets.v${revision}`
const objects = [
  'ExternalSecret/trackdechets-backend/backend-optional-secrets',
  'ExternalSecret/trackdechets-backend/backend-secrets',
  'ExternalSecret/trackdechets-frontend/frontend-optional-secrets',
  'ExternalSecret/trackdechets-frontend/frontend-secrets',
  'Namespace//trackdechets-backend',
  'Namespace//trackdechets-frontend',
  'Namespace//trackdechets-secrets',
  'Secret/trackdechets-secrets/boundary-trackdechets-backend',
  'Secret/trackdechets-secrets/boundary-trackdechets-frontend',
  'SecretStore/trackdechets-backend/backend-secretstore',
  'SecretStore/trackdechets-frontend/frontend-secretstore',
]

describe('npm run deploy refuses, and installs nothing,', () => {
  test('when confirmation needs a terminal', async () => {
    const env = { KUBECONFIG: controlPlane.kubeconfigPath }
    const { exitCode, stdout, stderr } = await repository.cli(['deploy', '--environment', 'recette'], env)
    expect(stderr).toMatch(
      /^npm run deploy: confirmation needs a terminal\. Expected a terminal, --yes or --dry-run\.\n.*\n {2}\(WRONG_USAGE\)$/,
    )
    expect([exitCode, stdout, await installed()]).toEqual([2, '', []])
  })

  test('when the answer is no', async () => {
    const { exitCode, stdout, log } = await deployAtTerminal('n')
    expect(withoutKeyWarnings(log.join('\n'))).toMatch(
      /^release trackdechets-secrets in namespace trackdechets-secrets, with values\/recette\.yaml\n.*npm run plan.*\nnothing was changed$/,
    )
    expect(log).not.toContain(expect.stringContaining('deploying'))
    expect(JSON.parse(stdout)).toMatchObject({ deployed: false, release: { revision: null }, synced: null })
    expect([exitCode, await installed()]).toEqual([0, []])
  })

  test('an environment whose ids are examples, naming the field to fill in', async () => {
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'sandbox'])
    expect(stderr).toMatch(
      /^scripts\/environments\.ts sandbox\.projectId: is the example 00000000-0000-4000-8000-000000000002\. .*\n {2}fix: Fill in the id .*\n {2}\(ENVIRONMENT_IS_EXAMPLE\)$/,
    )
    expect([exitCode, stdout, await installed()]).toEqual([3, '', []])
  })

  test('when the current kube context is that of another cluster', async () => {
    for (const args of [[], ['--dry-run']]) {
      const { exitCode, stdout, stderr } = await deploy(['--environment', 'production', ...args])
      expect(stderr).toMatch(
        /^environment "production": the current kube context is "tiered-secrets-local"\. Expected "trackdechets-production"\.\n {2}fix: Run `kubectl config use-context trackdechets-production`.*\n {2}\(KUBE_CONTEXT_DIFFERS\)$/,
      )
      expect([exitCode, stdout, await installed()]).toEqual([3, '', []])
    }
  })

  test('when the right context is known, but is not the current one', async () => {
    const path = join(await temporaryFolder(), 'kubeconfig')
    const config = JSON.parse(kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane }))
    config.contexts.push({ ...config.contexts[0], name: 'elsewhere' })
    await writeFile(path, JSON.stringify({ ...config, 'current-context': 'elsewhere' }))
    const { exitCode, stderr } = await deploy(['--environment', 'recette'], { KUBECONFIG: path })
    expect(stderr).toContain('the current kube context is "elsewhere". Expected "tiered-secrets-local".')
    expect([exitCode, await installed()]).toEqual([3, []])
  })

  test('when the cluster is not the one that its environment names, whatever the context is called', async () => {
    const uid = (await client.get(kinds.namespace, { name: 'kube-system' }))?.metadata.uid ?? ''
    const config = JSON.parse(kubeconfigText({ context: 'mine', ...controlPlane }))
    await repository.write('deploy/kubeconfig', JSON.stringify({ ...config, 'current-context': '' }))
    // The files of a relative KUBECONFIG are where the command was typed.
    const env = {
      KUBECONFIG: 'gone:kubeconfig',
      INIT_CWD: join(repository.folder, 'deploy'),
      npm_package_json: join(repository.folder, 'package.json'),
    }
    const tried = (...args: string[]) => deploy(['--environment', 'recette', '--dry-run', ...args], env)
    const named = await tried('--context', 'mine')
    expect(named.stderr).toContain('the kube context of --context is "mine". Expected "tiered-secrets-local".')
    expect(named.stderr).toContain(`set cluster: '${uid}' at environment "recette" in scripts/environments.ts.`)
    expect((await tried('--context', 'min')).stderr).toMatch(/Did you mean "mine"\?.*\(UNKNOWN_CONTEXT\)$/s)
    const environments = await repository.read('scripts/environments.ts')
    const withCluster = async (cluster: string) => {
      await repository.write('scripts/environments.ts', environments)
      await repository.edit(
        'scripts/environments.ts',
        "refreshInterval: '1h',",
        `refreshInterval: '1h', cluster: '${cluster}',`,
      )
      return tried('--context', 'mine')
    }
    const other = '5b7c1f0e-83d4-4a6b-9c21-7e0d5a94b3f8'
    const refused = await withCluster(other)
    expect(refused.stderr).toContain(`the cluster of kube context "mine" has the UID ${uid}. Expected ${other}.`)
    expect([refused.exitCode, await installed()]).toEqual([3, []])
    const right = await withCluster(uid)
    expect(right.stderr).toContain('checking recette in kube context mine')
    expect(right.exitCode).toBe(0)
    await repository.write('scripts/environments.ts', environments)
  })

  test('a values file edited by hand', async () => {
    const values = 'values/recette.yaml'
    const generated = await repository.read(values)
    await repository.edit(values, 'path:/trackdechets-backend/mongo-url', 'path:/trackdechets-frontend/mongo-url')
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'recette'])
    await repository.write(values, generated)
    expect(stderr).toMatch(/^values\/recette\.yaml: differs from what the catalogue implies\..*\(STALE\)$/s)
    expect([exitCode, stdout, await installed()]).toEqual([3, '', []])
  })

  test('an operator with a known fault from which the environment does not protect', async () => {
    const image = 'registry.example/external-secrets/external-secrets:v0.20.4'
    const environments = await repository.read('scripts/environments.ts')
    await repository.edit(
      'scripts/environments.ts',
      "refreshInterval: '1h',",
      "refreshInterval: '1h', without: ['admission'],",
    )
    await repository.cli(['gen-values'])
    const [real, dry] = await withOperator(client, { image }, async () => [
      await deploy(['--environment', 'recette']),
      await deploy(['--environment', 'recette', '--dry-run']),
    ])
    await repository.write('scripts/environments.ts', environments)
    expect(await repository.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
    for (const { exitCode, stdout, stderr } of [real, dry]) {
      expect(stderr).toMatch(
        /^Deployment\/external-secrets\/external-secrets: is version 0\.20\.4 .* switches off "admission", .*\n {2}fix: Upgrade it to .*\n {2}\(OPERATOR_EXPOSED\)$/,
      )
      expect([exitCode, stdout, await installed()]).toEqual([3, '', []])
    }
  })

  test.each([
    ['is not there', { server: 'https://127.0.0.1:1' }, /^https:\/\/127\.0\.0\.1:1: .*\(CLUSTER_UNREACHABLE\)$/s],
    [
      'refuses the login',
      { token: 'nobodys' },
      /^the cluster: GET deployments: Unauthorized \(401.*\(CLUSTER_REFUSED\)$/s,
    ],
  ])('when the cluster %s, which is exit code 4', async (_, change, reason) => {
    const path = join(await temporaryFolder(), 'kubeconfig')
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane, ...change }))
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'recette'], { KUBECONFIG: path })
    expect(stderr).toMatch(reason)
    expect(stderr).not.toMatch(/bug of tiered-secrets|nobodys/)
    expect([exitCode, stdout, await installed()]).toEqual([4, '', []])
  })
})

describe('npm run deploy', () => {
  test('with --dry-run lets the API server check everything, tells what it adds, and changes nothing', async () => {
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'recette', '--dry-run'])
    expect(withoutKeyWarnings(stderr)).toMatch(
      /^checking recette in kube context tiered-secrets-local\nthe API server accepts everything but \d+ objects, which it can judge only during a deployment; nothing was changed$/,
    )
    const [, added] = /^Objects: (\d+) to add, 0 to change, 0 to remove, 0 unchanged\n\n/.exec(stdout) ?? []
    expect(stdout.match(/^add /gm)).toHaveLength(Number(added))
    expect(stdout).toMatch(
      /^add +ExternalSecret\/trackdechets-backend\/backend-secrets +its namespace does not exist yet$/m,
    )
    expect(stdout.split('\n').length).toBeLessThan(60)
    expect([exitCode, await installed()]).toEqual([0, []])
  })

  test("with --show-manifests the manifests are the result, of the kube context, wherever Helm's own variables point", async () => {
    const elsewhere = { HELM_KUBEAPISERVER: 'https://127.0.0.1:1', HELM_KUBETOKEN: 'nobodys', HELM_KUBECONTEXT: 'none' }
    const args = ['--environment', 'recette', '--dry-run', '--show-manifests']
    const { exitCode, stdout, stderr } = await deploy(args, elsewhere)
    expect(stdout).toContain('kind: ExternalSecret')
    expect(stdout).not.toMatch(/operator now reads|kubectl get|^Objects: /m)
    expect(stderr).toMatch(/^Objects: \d+ to add, /m)
    expect([exitCode, await installed()]).toEqual([0, []])
    const alone = await deploy(['--environment', 'recette', '--show-manifests'])
    expect(alone.stderr).toMatch(/^--show-manifests: means nothing alone\. Expected --dry-run with it\.\n/)
    expect([alone.exitCode, await installed()]).toEqual([2, []])
  })

  test('acts for whom the kubeconfig says, and through its proxy, in Helm as well', async () => {
    const proxy = await httpProxy()
    const path = join(await temporaryFolder(), 'kubeconfig')
    const asUser = async (user: object) => {
      const config = JSON.parse(kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane }))
      Object.assign(config.users[0].user, user)
      config.clusters[0].cluster['proxy-url'] = proxy.url
      await writeFile(path, JSON.stringify(config))
      return deploy(['--environment', 'recette', '--dry-run'], { KUBECONFIG: path, NO_PROXY: '*' })
    }
    const nobody = await asUser({ as: 'nobody-here' })
    expect(nobody.stderr).toMatch(/helm.*User "nobody-here" cannot .*\(TOOL_FAILED\)$/s)
    expect(nobody.exitCode).toBe(4)
    const before = proxy.requests.length
    expect(await asUser({ as: 'somebody', 'as-groups': ['system:masters'] })).toMatchObject({ exitCode: 0 })
    // Of the command and of Helm.
    expect(proxy.requests.length - before).toBeGreaterThanOrEqual(2)
  })

  test('interrupted in the middle ends with 130 and says so, and the same command continues', async () => {
    const interrupt = new AbortController()
    await using gate = await startGate(
      { url: controlPlane.server, ca: controlPlane.ca, token: controlPlane.token },
      async ({ method, url }, forward) => {
        if (method === 'GET' || !/\/secretstores/.test(url)) return forward()
        interrupt.abort()
        return 'hang'
      },
    )
    const path = join(await temporaryFolder(), 'kubeconfig')
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane, server: gate.url }))
    const args = [compiledCli, 'deploy', '--yes', '--environment', 'recette']
    const { exitCode, stdout, stderr } = await tryRun(process.execPath, args, {
      cwd: repository.folder,
      env: { KUBECONFIG: path },
      signal: interrupt.signal,
    })
    expect(withoutKeyWarnings(stderr)).toBe(
      'deploying recette in kube context tiered-secrets-local\nthe upgrade was interrupted; run the same command again to continue',
    )
    expect([exitCode, stdout]).toEqual([130, ''])
  })

  test('installs the environment, for the real API and with its own project, and with --no-wait does not wait', async () => {
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'recette', '--no-wait'])
    expect(withoutKeyWarnings(stderr)).toBe('deploying recette in kube context tiered-secrets-local')
    await giveKeys()
    expect(stdout).toBe('release trackdechets-secrets in namespace trackdechets-secrets: revision 2 is deployed')
    expect(exitCode).toBe(0)
    expect(await installed()).toEqual([...objects, release(1), release(2)].sort())
    const { items } = await client.list<KubernetesObject & { spec: unknown }>(kinds.secretStore)
    for (const { spec } of items) {
      expect(spec).toMatchObject({ provider: { scaleway: { region: 'fr-par', projectId: projects.dev } } })
      expect(JSON.stringify(spec)).not.toContain('apiUrl')
    }
  })

  test('upgrades what is installed, and a dry run of that changes nothing either, nor warns of an operator without a fault', async () => {
    const image = 'registry.example/external-secrets/external-secrets:v2.9.0'
    const dry = await withOperator(client, { image }, () =>
      deploy(['--environment', 'recette', '--dry-run', '--output', 'json']),
    )
    expect(JSON.parse(dry.stdout)).toMatchObject({ deployed: false, problems: [] })
    expect([dry.exitCode, dry.stderr]).toEqual([0, expect.not.stringContaining('OPERATOR_')])
    expect(await installed()).toEqual([...objects, release(1), release(2)].sort())
    const { exitCode, stdout } = await deploy(['--environment', 'recette', '--no-wait', '--output', 'json'])
    expect(JSON.parse(stdout)).toEqual({
      version: 1,
      application: 'trackdechets',
      environment: 'recette',
      dryRun: false,
      deployed: true,
      release: { name: 'trackdechets-secrets', namespace: 'trackdechets-secrets', revision: 3 },
      adopted: [],
      restored: [],
      synced: null,
      externalSecrets: null,
      problems: [],
    })
    expect(exitCode).toBe(0)
    expect(await installed()).toEqual([...objects, release(1), release(2), release(3)].sort())
  })

  test('warns of an operator with a known fault, or of an unknown version, and continues', async () => {
    const args = ['--environment', 'recette', '--no-wait', '--output', 'json']
    const repository = 'registry.example/external-secrets/external-secrets'
    const codesWith = (tag: string, ...more: string[]) =>
      withOperator(client, { image: `${repository}:${tag}` }, async () => {
        const { exitCode, stdout, stderr } = await deploy([...args, ...more])
        const { deployed, problems } = JSON.parse(stdout)
        const codes = problems.map(({ code, severity }: Record<string, string>) => `${severity} ${code}`)
        return [exitCode, deployed, ...codes, /OPERATOR_\w+/.exec(stderr)?.[0]]
      })
    expect(await codesWith('v0.20.4')).toEqual([0, true, 'warning OPERATOR_VULNERABLE', 'OPERATOR_VULNERABLE'])
    const unknown = ['warning OPERATOR_VERSION_UNKNOWN', 'OPERATOR_VERSION_UNKNOWN']
    expect(await codesWith('latest', '--dry-run')).toEqual([0, false, ...unknown])
  })

  test('says that the version was not checked where nobody may list Deployments, and continues', async () => {
    const target = { url: controlPlane.server, ca: controlPlane.ca, token: controlPlane.token }
    await using gate = await startGate(target, async ({ url }, forward) =>
      url.startsWith('/apis/apps/v1/deployments') ? { status: 403, body: '{}' } : forward(),
    )
    const path = join(await temporaryFolder(), 'kubeconfig')
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane, server: gate.url }))
    const args = ['--environment', 'recette', '--dry-run']
    const image = 'registry.example/external-secrets/external-secrets:v0.20.4'
    const shown = await withOperator(client, { image }, () => deploy(args, { KUBECONFIG: path }))
    expect(shown.stderr).toBe(
      'not checked: the version of the operator; you may not list Deployments of all namespaces\nchecking recette in kube context tiered-secrets-local\nthe API server accepts everything; nothing was changed',
    )
    expect(shown.exitCode).toBe(0)
  })

  test('is refused while another Helm is at it, or was killed, with the command that clears it', async () => {
    const name = 'trackdechets-secrets'
    const record = { namespace: name, name: `sh.helm.release.v1.${name}.v99` }
    const labels = { owner: 'helm', name, version: '99', status: 'pending-upgrade' }
    await client.create(kinds.secret, { metadata: { ...record, labels } })
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'recette', '--no-wait'])
    expect([exitCode, stdout, stderr]).toEqual([3, '', expect.stringContaining('(RELEASE_PENDING)')])
    const command = `kubectl delete secret ${record.name} --namespace ${name}`
    expect(stderr).toContain(`Secret/${name}/${record.name}: says that release ${name} is pending-upgrade`)
    expect(stderr).toContain(`\`${command}\``)
    await client.delete(kinds.secret, record)
  })

  test('in a cluster without the operator ends with exit code 4 and says which kind is missing', async () => {
    await client.delete(kinds.customResourceDefinition, { name: 'externalsecrets.external-secrets.io' })
    const { exitCode, stdout, stderr } = await deploy(['--environment', 'recette'])
    expect(stderr).toMatch(
      /^ExternalSecret\/trackdechets-backend\/backend-secrets: the cluster lacks the kind .*\n.*\n {2}\(KIND_ABSENT\)$/m,
    )
    expect([exitCode, stdout]).toEqual([4, ''])
  })
})

describe('npm run deploy with an operator', () => {
  let world: World
  let committed: Repository
  const environment = 'recette'
  const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }

  beforeAll(async () => {
    const without = ({ name }: RemoteSecretModel) => name === 'redis-url'
    world = await startWorld({ application: { catalogue, environments }, environment, without })
    committed = await userFolder()
    expect(await committed.cli(['gen-values'])).toMatchObject({ exitCode: 0 })
  })
  afterAll(() => world?.[Symbol.asyncDispose]())

  /** In a repository whose environments are examples: with an emulator that does not matter. */
  const deployHere = async (...args: string[]) => {
    const { controlPlane, emulator } = world.stack
    const env = { KUBECONFIG: controlPlane.kubeconfigPath, SCW_API_URL: emulator.url }
    return committed.cli(['deploy', '--yes', '--environment', environment, ...args], env)
  }

  test('exits with 3 when a required secret does not arrive, and names the cause, its entry and owner', async () => {
    const { exitCode, stdout, stderr } = await deployHere('--timeout', '8s')
    expect(stdout).toMatch(
      /^release .*: revision 1 is deployed\nTIER .*\nbackend +backend-secrets +required .* failed$/m,
    )
    expect(stderr).toMatch(/^waiting up to 8s until every required secret has arrived$/m)
    expect(stderr).toMatch(
      /^\/trackdechets-backend\/redis-url: does not exist\..*\n(?: {2}seen: .*\n)+ {2}about: catalogue "REDIS_URL" \(backend\), owner Trackdéchets\n {2}fix: .*\n {2}\(REMOTE_ABSENT\)$/m,
    )
    expect(exitCode).toBe(3)
  })

  test('ends when every required secret has arrived', async () => {
    const { client, emulator, model } = world.stack
    const tier = model.tiers.find(({ name }) => name === 'backend')
    const remote = tier?.remoteSecrets.find(({ name }) => name === 'redis-url')
    if (!tier || !remote) throw new Error('the catalogue has no redis-url')
    const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
    await seedSecret({ account, organizationId: emulator.owner.organizationId, model }, tier, remote)
    await forceRefresh(client, backend)
    const { exitCode, stdout, stderr } = await deployHere('--output', 'json')
    expect([exitCode, stderr]).toEqual([0, expect.stringMatching(/^every required secret has arrived$/m)])
    const { externalSecrets, ...rest } = JSON.parse(stdout)
    expect(rest).toMatchObject({ deployed: true, synced: true, problems: [] })
    expect(externalSecrets).toContainEqual(
      expect.objectContaining({ tier: 'backend', name: backend.name, state: 'synced', missing: [] }),
    )
    const delivered = Object.keys((await world.digests(backend.namespace, backend.name)) ?? {})
    expect(delivered.sort()).toEqual(requiredKeys(tier))
  })

  test('names a tier without a key before it changes anything, and does not wait for one', async () => {
    const { client, model } = world.stack
    const tier = model.tiers.find(({ name }) => name === 'frontend')
    if (!tier) throw new Error('there is no tier frontend')
    const ref = { namespace: tier.namespace, name: tier.credentialsSecret }
    const stored = await client.get<SecretObject>(kinds.secret, ref)
    await client.delete(kinds.secret, ref)
    const { exitCode, stderr } = await deployHere('--timeout', '1h')
    const place = 'Secret/trackdechets-frontend/scw-frontend-credentials'
    expect(stderr.indexOf(`warning: ${place}: does not exist.`)).toBeGreaterThanOrEqual(0)
    expect(stderr.indexOf(`warning: ${place}`)).toBeLessThan(stderr.indexOf('deploying recette'))
    expect(stderr).toMatch(
      new RegExp(`^${place}: does not exist\\..*\\n(?: {2}.*\\n)+ {2}\\(CREDENTIALS_ABSENT\\)$`, 'm'),
    )
    expect(exitCode).toBe(3)
    const waited = await committed.cli(['wait', '--environment', environment, '--timeout', '0s'], {
      KUBECONFIG: world.stack.controlPlane.kubeconfigPath,
      SCW_API_URL: world.stack.emulator.url,
    })
    expect(waited.stderr).toMatch(new RegExp(`^${place}: does not exist\\. .* It is waited for all the same\\.$`, 'm'))
    await client.create(kinds.secret, { metadata: ref, data: stored?.data ?? {} } as KubernetesObject)
  })
})
