import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyRepository, writeGenerated } from '../../scripts/bench/workspace.ts'
import { readSyncState } from '../../scripts/cluster/external-secrets.ts'
import { waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import { operatorValuesText, tierOperatorValuesText } from '../../scripts/generate/operator-values.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds, type NamespacedRef, type ObjectRef, type SecretObject } from '../../scripts/kubernetes/kinds.ts'
import { oneFolder } from '../../scripts/lib/folders.ts'
import { startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { Cleanup } from '../../scripts/local/stack/cleanup.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import { writeTierCredentials } from '../../scripts/local/stack/tier-credentials.ts'
import { tierOperator } from '../../scripts/model/operator.ts'
import { installedOperator } from '../../scripts/model/operator-version.ts'
import { resolve, type TierModel } from '../../scripts/model/resolve.ts'
import { applicationWith, environment } from '../helpers/applications.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { eventually } from '../helpers/eventually.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { tools } from '../helpers/tools.ts'
import { type AnyObject, storeOf } from './admission-world.ts'
import { type InstalledOperator, installOperator, installWithKeys } from './operator-world.ts'
import { forceRefresh } from './refresh.ts'
import { root } from './world.ts'

/*
 * An operator for each tier, with rights in the namespace of its tier alone, in a version whose templates read any Secret
 * (GHSA-77v3-r3jw-j2v2); and no admission, so that nothing but those rights is in the way. Then one for the whole cluster.
 */

const application = applicationWith({
  secrets: [{ variable: 'TOKEN' }, { tier: 'web', variable: 'ORIGIN' }],
  environments: { dev: environment({ operator: 'per-tier', without: ['admission'] }) },
})
const model = resolve(application, 'dev')
const [api, web] = model.tiers as [TierModel, TierModel]
const elsewhere = 'elsewhere'

const cleanup = new Cleanup()
let controlPlane: ControlPlane
let admin: KubernetesClient
const operators = new Map<string, InstalledOperator>()
const install = async (namespace: string, values: string) => {
  const { path: binary } = (await tools('external-secrets-vulnerable'))['external-secrets-vulnerable']
  const installed = await installOperator({ admin, controlPlane, namespace, values, binary })
  cleanup.use(installed.operator)
  return installed
}

beforeAll(async () => {
  controlPlane = cleanup.use(await borrowControlPlane())
  admin = createClient({ ...controlPlane, skipVerify: false })
  cleanup.defer(() => admin[Symbol.dispose]())
  const workspace = cleanup.use(await copyRepository(oneFolder(root)))
  await writeGenerated(workspace, application)
  const emulator = cleanup.use(await startEmulator())
  const keys = await installWithKeys({ admin, controlPlane, emulator, workspace, model })
  for (const tier of model.tiers) {
    const { namespace } = tierOperator(tier.namespace)
    operators.set(tier.name, await install(namespace, tierOperatorValuesText([model], tier, installedOperator)))
  }
  // Anybody's namespace, with a store and a Scaleway key of its own: here the frontend's, which opens nothing of the backend.
  const outsider = { ...web, namespace: elsewhere }
  await admin.create(kinds.namespace, { metadata: { name: elsewhere } })
  await writeTierCredentials(admin, { ...model, tiers: [outsider] }, keys)
  const metadata = { namespace: elsewhere, name: web.secretStore }
  await admin.create(kinds.secretStore, { metadata, spec: storeOf(web, model.region, emulator.url) } as AnyObject)
})
afterAll(() => cleanup[Symbol.asyncDispose]())

/** Creates an ExternalSecret whose template asks for one key of any Secret: `"name" "namespace" "key"`. */
async function readThroughTemplate(ref: NamespacedRef, wanted: string) {
  const spec = {
    secretStoreRef: { kind: 'SecretStore', name: web.secretStore },
    target: { template: { engineVersion: 'v2', data: { FOUND: `{{ getSecretKey ${wanted} }}` } } },
    data: [{ secretKey: 'OWN', remoteRef: { key: `path:${web.remotePath}/origin` } }],
  }
  await admin.create(kinds.externalSecret, { metadata: ref, spec } as AnyObject)
}
/** What it is not yet may be another state for a moment: the operator may not have seen a Secret that it is to read. */
const becomes = (ref: NamespacedRef, wanted: 'synced' | 'failed') =>
  eventually(
    () => readSyncState(admin, ref),
    ({ state }) => state === wanted,
    { timeoutMs: 60_000 },
  )
const isSame = async (one: ObjectRef, key: string, other: ObjectRef, otherKey: string) => {
  const [a, b] = await Promise.all([one, other].map((ref) => admin.get<SecretObject>(kinds.secret, ref)))
  return a?.data?.[key] !== undefined && a.data[key] === b?.data?.[otherKey]
}
/** Changes with every refresh that was asked for. */
const syncedVersion = async (ref: ObjectRef) => {
  type Synced = AnyObject & { readonly status?: { readonly syncedResourceVersion?: string } }
  return (await admin.get<Synced>(kinds.externalSecret, ref))?.status?.syncedResourceVersion
}
const wantedOfApi = `"${requiredTarget(api)?.name}" "${api.namespace}" "TOKEN"`
const apiTarget = { namespace: api.namespace, name: requiredTarget(api)?.name ?? '' }
const attack = { namespace: elsewhere, name: 'attack' }

test('each operator delivers its own tier, and the API server refuses it nothing', async () => {
  const reports = await waitForSync(admin, externalSecretRefs(model), { timeoutMs: 60_000 })
  expect(reports.map(({ state }) => state)).toEqual(['synced', 'synced'])
  for (const [name, { operator }] of operators) {
    const log = await readFile(operator.logFile, 'utf8')
    expect(log).toContain('Starting workers')
    expect(log.split('\n').filter((line) => /denied|forbidden/i.test(line))).toEqual([])
    const other = model.tiers.find((tier) => tier.name !== name)
    expect(log).not.toContain(other?.namespace ?? '')
  }
})

test('a template reads what its own tier has, and nothing of another', async () => {
  const harmless = { namespace: web.namespace, name: 'harmless' }
  await readThroughTemplate(harmless, `"${requiredTarget(web)?.name}" "${web.namespace}" "ORIGIN"`)
  await becomes(harmless, 'synced')
  expect(
    await isSame(harmless, 'FOUND', { namespace: web.namespace, name: requiredTarget(web)?.name ?? '' }, 'ORIGIN'),
  ).toBe(true)

  const stolen = { namespace: web.namespace, name: 'attack' }
  await readThroughTemplate(stolen, wantedOfApi)
  await becomes(stolen, 'failed')
  expect(await admin.get(kinds.secret, stolen)).toBeUndefined()
  // It writes the status first.
  await eventually(
    () => readFile(operators.get('web')?.operator.logFile ?? '', 'utf8'),
    (log) => log.includes('secrets \\"api-secrets\\" is forbidden'),
    { timeoutMs: 60_000 },
  )
})

test('in a third namespace nobody looks at an ExternalSecret', async () => {
  await readThroughTemplate(attack, wantedOfApi)
  // Both have worked on what came after it.
  for (const ref of externalSecretRefs(model)) {
    const before = await syncedVersion(ref)
    await forceRefresh(admin, ref)
    await eventually(
      () => syncedVersion(ref),
      (version) => version !== before,
    )
  }
  expect(await readSyncState(admin, attack)).toMatchObject({ state: 'pending' })
})

test('an operator for the whole cluster leaves the tiers to their own, and gives a third namespace what they have', async () => {
  await operators.get('api')?.operator[Symbol.asyncDispose]()
  const before = await syncedVersion(apiTarget)
  await forceRefresh(admin, apiTarget)

  await install('external-secrets', operatorValuesText([model], installedOperator))
  // It fails until it has checked the store.
  await eventually(
    () => readSyncState(admin, attack),
    ({ state }) => state === 'synced',
    { timeoutMs: 60_000 },
  )
  expect(await isSame(attack, 'FOUND', apiTarget, 'TOKEN')).toBe(true)
  expect(await syncedVersion(apiTarget)).toBe(before)
})
