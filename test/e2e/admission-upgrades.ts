import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, kinds, type ObjectRef } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import type { Application, EnvironmentSpec, SecretSpec } from '../../scripts/model/types.ts'
import { applicationWith, environment, projectEnvironment, projects } from '../helpers/applications.ts'
import { eventually } from '../helpers/eventually.ts'
import { requiredTarget } from '../helpers/targets.ts'
import {
  type AnyObject,
  externalSecretOf,
  releaseOf,
  startAdmissionControlPlane,
  storeOf,
  tryCreate,
  untilJudged,
  verdict,
} from './admission-world.ts'

/** The application `shop`, with tiers by these names and a required secret in each. */
function shop(
  names: readonly string[],
  spec: Partial<EnvironmentSpec> = {},
  { remotePath, optional = false }: { readonly remotePath?: string; readonly optional?: boolean } = {},
): Application {
  const tier = { description: 'x', workloads: {}, ...(remotePath === undefined ? {} : { remotePath }) }
  const tiers = Object.fromEntries(
    names.map((name, index) => [name, index === 0 ? tier : { ...tier, remotePath: `/${name}` }]),
  )
  const secrets: Partial<SecretSpec>[] = names.map((name) => ({ tier: name }))
  const more = optional ? [{ tier: names[0] ?? '', variable: 'MORE', optional: true }] : []
  return applicationWith({ tiers, secrets: [...secrets, ...more], environments: { dev: environment(spec) } })
}

const both = ['api', 'web']
const inNamespaces = (api: string, web: string) => ({ namespaces: { api, web } })

/** Upgrades one after the other; each changes what the policies of the one before would refuse. */
const steps: readonly [change: string, application: Application, args?: readonly string[]][] = [
  ['the first installation', shop(both)],
  ['another project', shop(both, { projectId: projects.other } as Partial<EnvironmentSpec>)],
  ['another region', shop(both, { region: 'nl-ams' })],
  ['another folder', shop(both, {}, { remotePath: '/warehouse' })],
  ['one more target', shop(both, {}, { optional: true })],
  ['one target less', shop(both)],
  ['a local server', shop(both), ['--set-string', 'scaleway.apiUrl=http://127.0.0.1:8080']],
  ['another local server', shop(both), ['--set-string', 'scaleway.apiUrl=http://127.0.0.1:9090']],
  ['Scaleway again', shop(both)],
  ['another namespace', shop(both, inNamespaces('shop-core', 'shop-web'))],
  ['namespaces swapped', shop(both, inNamespaces('shop-web', 'shop-core'))],
  ['a tier renamed in its namespace', shop(['store', 'web'], { namespaces: { store: 'shop-web', web: 'shop-core' } })],
  ['a tier less', shop(['store'], { namespaces: { store: 'shop-web' } })],
  ['a tier more', shop(['store', 'web', 'worker'], { namespaces: { store: 'shop-web', web: 'shop-front' } })],
  ['all names and all values at once', shop(both, { region: 'pl-waw', ...inNamespaces('shop-web', 'shop-store') })],
  [
    'a project a tier',
    applicationWith({ secrets: [{ tier: 'api' }, { tier: 'web' }], environments: { dev: projectEnvironment() } }),
  ],
]

/** Tests that upgrades pass under the policies of the chart, with one Helm; for a file of its own. */
export function testUpgrades(helm: string): void {
  let controlPlane: ControlPlane
  let client: KubernetesClient

  beforeAll(async () => {
    controlPlane = await startAdmissionControlPlane()
    client = createClient(controlPlane)
  })
  afterAll(async () => {
    client?.[Symbol.dispose]()
    await controlPlane?.[Symbol.asyncDispose]()
  })

  /** Upgrades, and waits until every tier is judged by its own names, and by no other tier's. */
  const upgradeTo = async (application: Application, args: readonly string[] = []) => {
    const { model, upgrade } = await releaseOf(controlPlane, application, 'dev')
    const { exitCode, stderr } = await upgrade(helm, ...args)
    expect([stderr.match(/denied request.*/g), exitCode]).toEqual([null, 0])
    await untilJudged(client, model)
    return model
  }
  const createIn = (
    { namespace }: TierModel,
    kind: typeof kinds.secretStore | typeof kinds.externalSecret,
    spec: unknown,
  ) => tryCreate(client, kind, { metadata: { name: 'probe', namespace }, spec })

  /** Changes an object in the name of Helm, which then still owns it. */
  const applyAsHelm = async (kind: Kind, ref: ObjectRef, changes: Readonly<Record<string, string>>, spec?: unknown) => {
    const { labels = {}, annotations } = ((await client.get(kind, ref)) as AnyObject).metadata
    const metadata = { ...ref, labels, annotations: { ...annotations, ...changes } }
    const object: AnyObject = { metadata, ...(spec === undefined ? {} : { spec }) }
    await client.apply(kind, ref, object, { fieldManager: 'helm' })
  }
  const writeBoundary = ({ namespace }: TierModel, changes: Readonly<Record<string, string>>) =>
    applyAsHelm(kinds.secret, { namespace: 'shop-secrets', name: `boundary-${namespace}` }, changes)

  test('an upgrade is judged by its own values, whatever it changes', async () => {
    for (const [change, application, args] of steps) {
      const model = await upgradeTo(application, args).catch((error: unknown) => {
        throw new Error(`with ${change}`, { cause: error })
      })
      for (const tier of model.tiers) {
        await eventually(
          () => createIn(tier, kinds.externalSecret, externalSecretOf(tier)),
          (said) => said === 'allowed',
        )
        expect(await createIn(tier, kinds.secretStore, storeOf(tier, model.region))).toBe('allowed')
      }
    }
  })

  test('admission is switched off in the upgrade it would refuse, and on again', async () => {
    const off = ['--set', 'admission.enabled=false']
    const { tiers, region } = await upgradeTo(shop(both))
    const [api] = tiers as [TierModel]
    const foreign = storeOf({ ...api, projectId: 'x' }, region)
    expect(await createIn(api, kinds.secretStore, foreign)).toContain('(STORE_PROJECT)')

    // As an upgrade that failed half way leaves it: judged by names the chart does not render.
    await writeBoundary(api, { projectId: 'x', secretStore: 'x', targets: 'x' })
    const other = shop(both, { projectId: projects.other } as Partial<EnvironmentSpec>)
    const { upgrade } = await releaseOf(controlPlane, other, 'dev')
    expect(await upgrade(helm, ...off)).toMatchObject({ exitCode: 0 })
    expect(await createIn(api, kinds.secretStore, foreign)).toBe('allowed')
    const left = await client.list(kinds.validatingAdmissionPolicy)
    expect(left.items.map(({ metadata }) => metadata.name)).toEqual([])

    // While it is off, the store is changed: the chart's own is what comes back, whoever judges by then.
    const store = { namespace: api.namespace, name: api.secretStore }
    await applyAsHelm(kinds.secretStore, store, {}, foreign)
    await upgradeTo(shop(both))
    expect(await createIn(api, kinds.secretStore, foreign)).toContain('(STORE_PROJECT)')
    expect((await client.get<AnyObject>(kinds.secretStore, store))?.spec).toEqual(storeOf(api, region))
  })

  test('a new version of the rules never judges, or is judged by, what the old one refuses', async () => {
    const { tiers, region } = await upgradeTo(shop(both))
    const [api] = tiers as [TierModel]
    await writeBoundary(api, { rules: 'of another version' })
    await eventually(
      () => createIn(api, kinds.secretStore, storeOf({ ...api, projectId: 'x' }, region)),
      (said) => said === 'allowed',
    )
    await upgradeTo(shop(both))
  })

  test('an upgrade to these rules passes whatever they refuse of what is there, and tells it afterwards', async () => {
    const { tiers } = await upgradeTo(shop(both))
    const [api] = tiers as [TierModel]
    const ref = { namespace: api.namespace, name: requiredTarget(api)?.name ?? '' }
    const template = (data: object) => ({ spec: { target: { template: { data } } } })
    // As a release with the first version of the rules leaves it: they let a template in, and the policies are theirs.
    const policy = { name: 'shop-external-secrets' }
    const { spec } = (await client.get<AnyObject>(kinds.validatingAdmissionPolicy, policy)) as AnyObject
    const first = JSON.parse(JSON.stringify(spec).replace(/rules == '\d+'/, "rules == '1'")) as unknown
    await applyAsHelm(
      kinds.validatingAdmissionPolicy,
      policy,
      {},
      { ...(first as object), validations: [{ expression: 'true' }] },
    )
    const evil = { API_ENDPOINT: 'https://collector.example' }
    const patch = (data: object) => verdict(client.mergePatch(kinds.externalSecret, ref, template(data)))
    // Under a boundary of these rules this is allowed only once the API server judges by the policy of the first ones.
    await eventually(
      () => patch(evil),
      (said) => said === 'allowed',
    )
    await writeBoundary(api, { rules: '1' })
    expect(await patch(evil)).toBe('allowed')
    const { upgrade } = await releaseOf(controlPlane, shop(both), 'dev')
    expect(await upgrade(helm)).toMatchObject({ exitCode: 0 })
    const refresh = () =>
      verdict(client.mergePatch(kinds.externalSecret, ref, { metadata: { annotations: { 'force-sync': '1' } } }))
    await eventually(refresh, (said) => said.includes('(EXTERNAL_SECRET_TEMPLATE)'))
    expect(await patch({ API_ENDPOINT: null })).toBe('allowed')
    expect(await refresh()).toBe('allowed')
    await upgradeTo(shop(both))
  })

  test('an uninstallation leaves the namespaces, and nothing that judges; then one may install again', async () => {
    const { model, uninstall } = await releaseOf(controlPlane, shop(both), 'dev')
    await upgradeTo(shop(both))
    expect(await uninstall(helm)).toMatchObject({ exitCode: 0 })
    for (const kind of [
      kinds.validatingAdmissionPolicy,
      kinds.validatingAdmissionPolicyBinding,
      kinds.secretStore,
      kinds.externalSecret,
    ]) {
      expect((await client.list(kind)).items).toEqual([])
    }
    const [api] = model.tiers as [TierModel]
    await eventually(
      () => createIn(api, kinds.secretStore, storeOf({ ...api, projectId: 'x' }, model.region)),
      (said) => said === 'allowed',
    )
    await upgradeTo(shop(both))
    await upgradeTo(shop(both, { projectId: projects.other } as Partial<EnvironmentSpec>))
  })
}
