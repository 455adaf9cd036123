import { setMaxListeners } from 'node:events'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import { type DiagnoseOptions, diagnose } from '../../scripts/inspect/doctor/diagnose.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { applyCrds } from '../../scripts/kubernetes/crds.ts'
import { type Kind, kinds } from '../../scripts/kubernetes/kinds.ts'
import { type Emulator, startEmulator } from '../../scripts/local/emulator/emulator.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { seedAccount } from '../../scripts/local/stack/seed-account.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import type { EnvironmentModel } from '../../scripts/model/resolve.ts'
import { helm4 } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { localTools, startTestControlPlane, startTestOperator } from '../helpers/local-stack.ts'
import { operatorDeployment } from '../helpers/operator-deployment.ts'
import { type AnyObject, releaseOf } from './admission-world.ts'
import { unprotected } from './doctor-world.ts'

/** A cluster that has nothing of the operator at first, and gets one piece after the other. */
let controlPlane: ControlPlane
let client: KubernetesClient
let emulator: Emulator
let model: EnvironmentModel
let upgrade: Awaited<ReturnType<typeof releaseOf>>['upgrade']
beforeAll(async () => {
  ;[controlPlane, emulator] = await Promise.all([
    startTestControlPlane({ prepare: async () => undefined }),
    startEmulator(),
  ])
  client = createClient({ ...controlPlane, skipVerify: false })
  const release = await releaseOf(controlPlane, unprotected, 'preview')
  ;({ model, upgrade } = release)
})
afterAll(async () => {
  client?.[Symbol.dispose]()
  await controlPlane?.[Symbol.asyncDispose]()
  await emulator?.[Symbol.asyncDispose]()
})

const minute = 60_000

async function diagnosed(laterMs = 0, parts: Partial<DiagnoseOptions> = {}) {
  const { signal } = new AbortController()
  setMaxListeners(0, signal)
  const { organizationId, secretKey } = emulator.owner
  const { url: apiUrl } = emulator
  const render = async () => ({ unseen: 'what the chart renders' })
  const now = () => new Date(Date.now() + laterMs)
  return diagnose({ model, client, apiUrl, isLocal: true, secretKey, organizationId, render, now, signal, ...parts })
}
const codes = async (laterMs?: number, parts?: Partial<DiagnoseOptions>) =>
  (await diagnosed(laterMs, parts)).causes.map(({ code }) => code)

test('a cluster without the kinds of the operator, an account without secrets: each is reported once', async () => {
  const { causes, exitCode } = await diagnosed()
  expect(causes.map(({ code, where }) => `${code} ${where}`)).toEqual([
    'KIND_ABSENT the cluster',
    ...model.tiers.map(({ namespace }) => `NAMESPACE_ABSENT Namespace/${namespace}`).sort(),
    ...model.tiers
      .map(({ remotePath, remoteSecrets }) =>
        remoteSecrets.filter(({ optional }) => !optional).length === 1
          ? `REMOTE_ABSENT ${remotePath}/${remoteSecrets.find(({ optional }) => !optional)?.name}`
          : `REMOTE_ABSENT ${remotePath}`,
      )
      .sort(),
  ])
  expect(causes[0]).toMatchObject({
    message:
      'lacks the kinds ExternalSecret and SecretStore of external-secrets.io. Expected the definitions of the External Secrets Operator.',
    fix: expect.stringMatching(/^`npm run --silent operator-values > operator-values\.yaml`, /),
  })
  expect(exitCode).toBe(3)
})

test('definitions that serve v1beta1 only are reported as too old', async () => {
  const { organizationId, secretKey } = emulator.owner
  const keys = await seedAccount({ account: { apiUrl: emulator.url, secretKey }, organizationId, model })
  await writeTierCredentials(client, model, keys)
  await applyCrds(client, (await localTools()).crds)
  await serve('v1beta1')
  const { causes } = await diagnosed()
  expect(causes).toMatchObject([
    {
      code: 'KIND_TOO_OLD',
      where: 'the cluster',
      message:
        'serves ExternalSecret and SecretStore as external-secrets.io/v1beta1 only. Expected v1, which the operator has since 0.16.',
    },
  ])
  await serve('v1')
})

test('before the chart is deployed that is reported, and the operator is not yet missed', async () => {
  expect(await codes(10 * minute)).toEqual(model.tiers.map(() => 'NOT_DEPLOYED'))
})

test('just after a deployment nothing is wrong yet', async () => {
  expect(await upgrade(helm4, '--set-string', `scaleway.apiUrl=${emulator.url}`)).toMatchObject({ exitCode: 0 })
  const { causes, unexamined, exitCode } = await diagnosed()
  expect([causes, exitCode]).toEqual([[], 0])
  expect(unexamined).toContainEqual(
    'ExternalSecret/bookshop-orders/orders-secrets: the operator has not processed it yet; run this again in half a minute',
  )
})

test('a minute later the operator is missed: it is not there', async () => {
  const { causes, exitCode } = await diagnosed(minute)
  expect(causes).toMatchObject([
    {
      code: 'OPERATOR_ABSENT',
      where: 'External Secrets Operator',
      message: expect.stringMatching(
        /^is not running: nothing processes SecretStore\/bookshop-mailer\/mailer-secretstore, /,
      ),
      fix: expect.stringMatching(/^`npm run --silent operator-values > operator-values\.yaml`, /),
    },
  ])
  expect(causes[0]?.evidence).toEqual([
    expect.stringMatching(/^SecretStore\/bookshop-mailer\/mailer-secretstore has no condition since \S+Z, 6\d s ago$/),
    expect.stringMatching(/^ExternalSecret\/bookshop-mailer\/mailer-secrets has no condition since /),
    expect.stringMatching(/^SecretStore\/bookshop-orders\/orders-secretstore has no condition since /),
    'and 4 more',
    'no namespace has a Deployment of it, by the label app.kubernetes.io/name=external-secrets or by its image',
  ])
  expect(causes[0]?.explains).toHaveLength(4)
  expect(exitCode).toBe(3)
})

const deployment = { namespace: 'external-secrets', name: 'external-secrets' }
const deploymentStatus: Kind = { ...kinds.deployment, plural: 'deployments/external-secrets' }
const setStatus = (status: object) =>
  client.mergePatch(deploymentStatus, { namespace: 'external-secrets', name: 'status' }, { status })

test('an operator whose Deployment has no pod is reported with what the Deployment and its pods say', async () => {
  await client.create(kinds.namespace, { metadata: { name: 'external-secrets' } })
  const labels = { 'app.kubernetes.io/name': 'external-secrets' }
  const image = 'registry.example/external-secrets:v9.0.0'
  const pod = { containers: [{ name: 'external-secrets', image }] }
  const spec = { replicas: 1, selector: { matchLabels: labels }, template: { metadata: { labels }, spec: pod } }
  const object: AnyObject = { metadata: { ...deployment, labels }, spec }
  await client.create(kinds.deployment, object)
  const podObject: AnyObject = {
    metadata: { namespace: 'external-secrets', name: 'external-secrets-1', labels },
    spec: pod,
  }
  await client.create(kinds.pod, podObject)
  const waiting = { waiting: { reason: 'ImagePullBackOff' } }
  const container = { name: 'external-secrets', image, imageID: '', ready: false, restartCount: 0, state: waiting }
  await client.mergePatch(
    { ...kinds.pod, plural: 'pods/external-secrets-1' },
    { namespace: 'external-secrets', name: 'status' },
    { status: { containerStatuses: [container] } },
  )
  for (const laterMs of [0, minute]) {
    const { causes } = await diagnosed(laterMs)
    expect(causes).toMatchObject([
      {
        code: 'OPERATOR_NOT_RUNNING',
        where: 'Deployment/external-secrets/external-secrets',
        message: 'has no available pod of 1. Expected it to process every ExternalSecret.',
        fix: '`kubectl describe pods --namespace external-secrets --selector app.kubernetes.io/name=external-secrets` shows why.',
      },
    ])
    expect(causes[0]?.evidence.slice(0, 2)).toEqual([
      'Deployment/external-secrets/external-secrets: 0 of 1 pods available',
      'Pod/external-secrets/external-secrets-1: ImagePullBackOff',
    ])
  }
})

test('one that is scaled down is reported with the command that scales it up', async () => {
  await client.mergePatch(kinds.deployment, deployment, { spec: { replicas: 0 } })
  expect((await diagnosed()).causes).toMatchObject([
    {
      code: 'OPERATOR_NOT_RUNNING',
      message: 'is scaled to 0. Expected one pod.',
      fix: '`kubectl scale deployment external-secrets --namespace external-secrets --replicas 1`',
    },
  ])
  await client.mergePatch(kinds.deployment, deployment, { spec: { replicas: 1 } })
})

test('one that runs and does nothing is reported as silent, with where its log is', async () => {
  await setStatus({ replicas: 1, readyReplicas: 1, availableReplicas: 1 })
  expect(await codes()).toEqual([])
  const { causes } = await diagnosed(minute)
  expect(causes).toMatchObject([
    {
      code: 'OPERATOR_SILENT',
      fix: expect.stringMatching(
        /^`kubectl logs --namespace external-secrets deployment\/external-secrets --tail 100` /,
      ),
    },
  ])
  expect(causes[0]?.evidence.at(-1)).toBe('Deployment/external-secrets/external-secrets: 1 of 1 pods available')
})

test('an operator that nobody can list, but that works, is not missed', async () => {
  await setStatus({ replicas: 0, readyReplicas: 0, availableReplicas: 0 })
  await using _operator = await startTestOperator(controlPlane)
  const reports = await waitForSync(client, externalSecretRefs(model), { timeoutMs: minute })
  expect(reports.map(({ state }) => state)).toEqual(
    model.tiers.flatMap(({ externalSecrets }) => externalSecrets.map(() => 'synced')),
  )
  expect(await codes()).toEqual([])
  await client.delete(kinds.deployment, deployment)
  expect(await codes(5 * minute)).toEqual([])
})

test('an operator with a known fault is an error where the environment leaves out admission, and else a warning', async () => {
  const image = 'registry.example/external-secrets/external-secrets:v0.20.4'
  const metadata = { namespace: 'platform', name: 'eso' }
  await client.create(kinds.namespace, { metadata: { name: metadata.namespace } })
  await client.create(kinds.deployment, operatorDeployment({ image, metadata, labels: {} }))
  const found = async (without: EnvironmentModel['without']) => {
    const { causes, exitCode } = await diagnosed(0, { model: { ...model, without } })
    const versions = causes.filter(({ where }) => where === 'Deployment/platform/eso')
    return [exitCode, ...versions.map(({ code, severity, specs }) => [code, severity, specs])]
  }
  expect(await found(['admission'])).toEqual([3, ['OPERATOR_EXPOSED', undefined, []]])
  expect(await found([])).toEqual([0, ['OPERATOR_VULNERABLE', 'warning', []]])
  await client.delete(kinds.deployment, metadata)
  expect(await found(['admission'])).toEqual([0])
})

test('an operator that has stopped is missed once something was to be read again, or was changed', async () => {
  expect(await codes(19 * minute)).toEqual([])
  const overdue = await diagnosed(21 * minute)
  expect(overdue.causes).toMatchObject([{ code: 'OPERATOR_ABSENT' }])
  expect(overdue.causes[0]?.evidence.join('\n')).toMatch(
    /^ExternalSecret\/bookshop-orders\/orders-secrets was not read again since \S+, 2\d min ago$/m,
  )
  const mailer = { namespace: 'bookshop-mailer', name: 'mailer-secrets' }
  await client.mergePatch(kinds.externalSecret, mailer, { spec: { refreshInterval: '11m' } })
  expect(await codes(10_000)).toEqual(['NOT_DEPLOYED'])
  const { causes } = await diagnosed(2 * minute)
  expect(causes).toMatchObject([{ code: 'OPERATOR_ABSENT', explains: [{ ref: mailer }] }, { code: 'NOT_DEPLOYED' }])
  expect(causes[0]?.evidence[0]).toMatch(/mailer-secrets is synced in an older version since /)
  const { refreshInterval } = model
  await client.mergePatch(kinds.externalSecret, mailer, { spec: { refreshInterval } })
})

test('a namespace on its way out, and one that is gone, explain all that was in them', async () => {
  const orders = { namespace: 'bookshop-orders', name: 'orders-secrets' }
  await client.delete(kinds.namespace, { name: orders.namespace })
  const ending = await eventually(
    async () => (await diagnosed()).causes.find(({ code }) => code.startsWith('NAMESPACE_')),
    (cause) => (cause?.evidence.length ?? 0) > 0,
    { timeoutMs: 60_000 },
  )
  expect(ending).toMatchObject({
    code: 'NAMESPACE_ENDING',
    where: 'Namespace/bookshop-orders',
    fix: expect.stringMatching(/^`kubectl describe namespace bookshop-orders` .* ExternalSecrets /),
  })
  // The operator is not there to let it go.
  expect(ending?.evidence.join('\n')).toMatch(/finalizers remaining/)
  await client.mergePatch(kinds.externalSecret, orders, { metadata: { finalizers: null } })
  await eventually(
    () => client.get(kinds.namespace, { name: orders.namespace }),
    (found) => found === undefined,
    { timeoutMs: 60_000 },
  )
  const { causes } = await diagnosed()
  expect(causes).toMatchObject([
    {
      code: 'NAMESPACE_ABSENT',
      where: 'Namespace/bookshop-orders',
      message: 'does not exist. Expected the namespace of tier "orders".',
      fix: expect.stringMatching(/^`npm run deploy -- --environment preview`, /),
    },
  ])
})

/** Has the API server serve both kinds in this version alone, as an older or a newer operator would. */
async function serve(version: string): Promise<void> {
  for (const plural of ['externalsecrets', 'secretstores']) {
    const ref = { name: `${plural}.external-secrets.io` }
    const found = await client.get<AnyObject & { spec: { versions: { name: string }[] } }>(
      kinds.customResourceDefinition,
      ref,
    )
    const versions = found?.spec.versions.map((one) => ({ ...one, served: one.name === version }))
    await client.mergePatch(kinds.customResourceDefinition, ref, { spec: { versions } })
    const kind: Kind = { ...kinds.externalSecret, plural, apiVersion: `external-secrets.io/${version}` }
    const other = version === 'v1' ? 'v1beta1' : 'v1'
    const isServed = (one: Kind) =>
      client.list(one).then(
        () => true,
        () => false,
      )
    await eventually(
      async () => [await isServed(kind), await isServed({ ...kind, apiVersion: `external-secrets.io/${other}` })],
      ([wanted, unwanted]) => wanted === true && unwanted === false,
      { timeoutMs: 60_000 },
    )
  }
}
