import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import { seedSecret } from '../../scripts/local/stack/seed-account.ts'
import type { RemoteSecretModel } from '../../scripts/model/resolve.ts'
import type { Application, SecretSpec } from '../../scripts/model/types.ts'
import { scalewayRequest } from '../../scripts/scaleway/http.ts'
import { listSecrets, secretsPath } from '../../scripts/scaleway/secrets.ts'
import { trackdechets } from '../fixtures/applications.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { folderWith } from '../helpers/repository.ts'
import { tokenOf } from '../helpers/service-account.ts'
import { forceRefresh } from './refresh.ts'
import { startWorld, type World } from './world.ts'

const { folder: root } = await folderWith(trackdechets)

const application: Application = { catalogue, environments }
const environment = 'recette'
const backend = { namespace: 'trackdechets-backend', name: 'backend-secrets' }

const secrets: readonly SecretSpec[] = catalogue.secrets
const optionals = secrets.filter(({ optional }) => optional)

let world: World

beforeAll(async () => {
  const without = (remote: RemoteSecretModel) => remote.name === 'redis-url' || remote.optional
  world = await startWorld({ application, environment, without })
})
afterAll(() => world?.[Symbol.asyncDispose]())

const waitIn = (kubeconfig: string, ...args: string[]) => {
  const env = { KUBECONFIG: kubeconfig, SCW_API_URL: world.stack.emulator.url }
  return hostedCli(['wait', '--environment', environment, ...args], { cwd: root, env })
}
const wait = (...args: string[]) => waitIn(world.stack.controlPlane.kubeconfigPath, ...args)

/** Puts the required secret into the account after all. */
async function create(name: string): Promise<void> {
  const { emulator, model } = world.stack
  const tier = model.tiers.find((one) => one.name === 'backend')
  const remote = tier?.remoteSecrets.find((one) => one.name === name)
  if (!tier || !remote) throw new Error(`the catalogue has no ${name}`)
  const { secretKey, organizationId } = emulator.owner
  await seedSecret({ account: { apiUrl: emulator.url, secretKey }, organizationId, model }, tier, remote)
}

/** Takes it out again. */
async function remove(name: string): Promise<void> {
  const { emulator, model } = world.stack
  const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
  const scope = { region: model.region, projectId: model.tiers[0]?.projectId ?? '' }
  const [found] = await listSecrets(account, scope, { name })
  await scalewayRequest(account, { method: 'DELETE', path: `${secretsPath(model.region)}/${found?.id}` })
}

describe('npm run wait', () => {
  test('says at once that nothing is deployed, and exits with 3 when that stays so', async () => {
    const { exitCode, stderr } = await wait('--timeout', '0s')
    expect(stderr).toMatch(
      /^ExternalSecret\/trackdechets-backend\/backend-secrets: the ExternalSecret does not exist$/m,
    )
    expect(stderr).toMatch(
      /^SecretStore\/trackdechets-backend\/backend-secretstore: does not exist, nor do 2 other objects of tier "backend"\./m,
    )
    expect(stderr).toMatch(/fix: `npm run deploy -- --environment recette`, or find out why your GitOps engine/)
    expect(stderr.match(/^ {2}\([A-Z_]+\)$/gm)).toEqual(['  (NOT_DEPLOYED)', '  (NOT_DEPLOYED)', '  (REMOTE_ABSENT)'])
    expect(exitCode).toBe(3)
  })

  test('ends once it is refused for good, with the cause by the key of the tier alone, its entry and owner', async () => {
    await world.install()
    const { exitCode, stdout, stderr } = await wait('--timeout', '1h', '--output', 'json')
    const result = JSON.parse(stdout)
    expect(result).toMatchObject({ version: 1, application: 'trackdechets', environment, synced: false })
    expect(result.externalSecrets).toMatchObject([
      { tier: 'backend', name: 'backend-secrets', optional: false, state: 'failed', missing: null },
      { tier: 'backend', name: 'backend-optional-secrets', optional: true, state: 'synced' },
      { tier: 'frontend', name: 'frontend-secrets', optional: false, state: 'synced', missing: [], unexpected: [] },
      { tier: 'frontend', name: 'frontend-optional-secrets', optional: true, state: 'synced' },
    ])
    expect(stderr).toMatch(
      /^\/trackdechets-backend\/redis-url: does not exist\. Expected it in project \S+\.\n {2}seen: Scaleway GET .* \(request \S+\), without redis-url\n/m,
    )
    expect(stderr).toMatch(
      /^ {2}about: catalogue "REDIS_URL" \(backend\), owner Trackdéchets\n {2}fix: `npm run fill -- --environment recette --tier backend --only REDIS_URL --from <file>` creates it\. .*kubectl annotate.*\n {2}\(REMOTE_ABSENT\)$/m,
    )
    expect(stderr).not.toContain('(NOT_SYNCED)')
    const [cause, ...others] = result.problems
    expect(cause).toMatchObject({
      code: 'REMOTE_ABSENT',
      evidence: expect.arrayContaining([expect.stringContaining('redis-url')]),
      entries: [{ tier: 'backend', variable: 'REDIS_URL', owner: 'Trackdéchets' }],
    })
    expect(others.map(({ code }: { code: string }) => code)).toEqual(['OPTIONAL_INCOMPLETE', 'OPTIONAL_INCOMPLETE'])
    expect(exitCode).toBe(3)
  })

  test('ends when the secret arrives, tells of missing optional ones, and shows no value', async () => {
    const waiting = wait()
    await create('redis-url')
    await forceRefresh(world.stack.client, backend)
    const { exitCode, stdout, stderr } = await waiting
    expect(exitCode).toBe(0)
    expect(stdout).toMatch(/^backend +backend-secrets +required +31 of 31 +synced$/m)
    expect(stdout).toMatch(/^backend +backend-optional-secrets +optional +0 of \d+ +synced$/m)
    for (const { variable, tier } of optionals) expect(stderr).toContain(`catalogue "${variable}" (${tier}), `)
    expect(stderr.match(/^ {2}\(\w+\)$/gm)).toEqual(['  (OPTIONAL_INCOMPLETE)', '  (OPTIONAL_INCOMPLETE)'])
    const values = secrets.map((spec) => world.valueFor(spec)).filter((value) => value.length > 8)
    expect(values.length).toBeGreaterThan(25)
    expect(values.filter((value) => `${stdout}${stderr}`.includes(value))).toEqual([])
  })

  test('waits for a generation that is not synced yet, and for the version the catalogue implies', async () => {
    const changed = secrets.map((secret) =>
      secret.variable === 'REDIS_URL' ? { ...secret, remoteName: 'mongo-url' } : secret,
    )
    await world.install({ environments, catalogue: { ...catalogue, secrets: changed } })
    await world.sync()
    const { exitCode, stderr } = await wait('--timeout', '0s')
    expect(stderr).toMatch(/backend-secrets: it differs in the cluster from the catalogue/)
    expect(exitCode).toBe(3)
    const waiting = wait()
    await world.install()
    expect(await waiting).toMatchObject({ exitCode: 0 })
  })

  test('tells what the operator says, as ever, where the causes may not be looked for', async () => {
    const { client, controlPlane } = world.stack
    const { namespace } = backend
    const rules = [
      { apiGroups: ['external-secrets.io'], resources: ['externalsecrets'], verbs: ['get', 'list', 'watch'] },
      { apiGroups: [''], resources: ['events'], verbs: ['list', 'watch'] },
    ]
    const metadata = { name: 'gatekeeper' }
    await client.create(kinds.clusterRole, { metadata, rules } as KubernetesObject)
    await client.create(kinds.serviceAccount, { metadata: { ...metadata, namespace } })
    await client.create(kinds.clusterRoleBinding, {
      metadata,
      roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'ClusterRole', ...metadata },
      subjects: [{ kind: 'ServiceAccount', namespace, ...metadata }],
    } as KubernetesObject)
    const path = join(await temporaryFolder(), 'kubeconfig')
    const token = await tokenOf(client, namespace, metadata.name)
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...controlPlane, token }))

    await remove('redis-url')
    await forceRefresh(client, backend)
    await eventually(
      () => readSyncState(client, backend),
      ({ state, message }) => state === 'failed' && message.includes('redis-url'),
    )
    const { exitCode, stderr } = await waitIn(path, '--timeout', '1s')
    expect(stderr).toMatch(
      /^ExternalSecret\/trackdechets-backend\/backend-secrets: error processing .*redis-url\), err: Secret does not exist\. Expected it to be synced\.\n/m,
    )
    expect(stderr).toMatch(/^ {2}about: .*catalogue "REDIS_URL" \(backend\)/m)
    expect(stderr).toMatch(/^ {2}\(NOT_SYNCED\)$/m)
    expect(exitCode).toBe(3)
  })

  test('refuses a wrong timeout with exit code 2', async () => {
    const { exitCode, stderr } = await wait('--timeout', 'soon')
    expect(stderr).toMatch(/^--timeout soon: is not a duration\..*\(WRONG_USAGE\)$/s)
    expect(exitCode).toBe(2)
  })

  test.each([
    ['is out of reach', { server: 'https://127.0.0.1:1' }, 'CLUSTER_UNREACHABLE'],
    ['refuses the login', { token: 'nobodys' }, 'CLUSTER_REFUSED'],
  ])('says at once that the cluster %s, with exit code 4', async (_, change, code) => {
    const path = join(await temporaryFolder(), 'kubeconfig')
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...world.stack.controlPlane, ...change }))
    const { exitCode, stdout, stderr } = await waitIn(path)
    expect(stderr).toContain(`(${code})`)
    expect(stderr).not.toMatch(/nobodys|bug of/)
    expect([exitCode, stdout]).toEqual([4, ''])
  })

  test('in a cluster without the operator says so at once and exits with 3', async () => {
    const { client } = world.stack
    const definition = { name: 'externalsecrets.external-secrets.io' }
    await client.delete(kinds.customResourceDefinition, definition)
    await eventually(
      () => client.get(kinds.customResourceDefinition, definition),
      (found) => found === undefined,
      { timeoutMs: 60_000 },
    )
    const { exitCode, stderr } = await wait('--timeout', '1s')
    expect(stderr).toMatch(/backend-secrets: the cluster lacks the kind ExternalSecret of external-secrets\.io\/v1$/m)
    expect(stderr).toMatch(
      /^the cluster: lacks the kind ExternalSecret of .*\n(?: {2}seen: .*\n)+ {2}fix: `npm run --silent operator-values .*\n {2}\(KIND_ABSENT\)$/m,
    )
    // Of what can't be there without it nothing is reported; the remote secret that was taken out is another matter.
    expect(stderr.match(/^ {2}\(\w+\)$/gm)).toEqual(['  (KIND_ABSENT)', '  (REMOTE_DELETED)'])
    expect(exitCode).toBe(3)
  })
})
