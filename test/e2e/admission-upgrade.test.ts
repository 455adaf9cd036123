import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, kinds, type ObjectRef } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import type { EnvironmentModel, TierModel } from '../../scripts/model/resolve.ts'
import type { Application, EnvironmentSpec, SecretSpec } from '../../scripts/model/types.ts'
import { applicationWith, environment, projectEnvironment, projects } from '../helpers/applications.ts'
import { helm3, helm4 } from '../helpers/chart.ts'
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

type Step = readonly [change: string, application: Application, args?: readonly string[]]
const localServer = (port: number) => ['--set-string', `scaleway.apiUrl=http://127.0.0.1:${port}`]

const plain = shop(both)
const otherProject = shop(both, { projectId: projects.other } as Partial<EnvironmentSpec>)

/** Whatever a namespace is judged by: each value has a rule of its own, which would refuse it by the value before. */
const allValues: Step = [
  'another project, region, folder and local server, and one more target',
  shop(both, { projectId: projects.other, region: 'nl-ams' } as Partial<EnvironmentSpec>, {
    remotePath: '/warehouse',
    optional: true,
  }),
  localServer(8080),
]
const swapped: Step = [
  'Scaleway again, a target less, and a namespace of the other tier',
  shop(both, inNamespaces('shop-core', 'shop-api')),
]

/** Upgrades one after the other; each changes what the policies of the one before would refuse. */
const steps: readonly Step[] = [
  ['the first installation', plain],
  allValues,
  [
    'a target less, another local server and another namespace',
    shop(both, inNamespaces('shop-api', 'shop-core')),
    localServer(9090),
  ],
  swapped,
  [
    'a tier renamed in its namespace, another namespace and a tier more',
    shop(['store', 'web', 'worker'], { namespaces: { store: 'shop-core', web: 'shop-front' } }),
  ],
  [
    'all names and all values at once, and a tier less',
    shop(both, { region: 'pl-waw', ...inNamespaces('shop-core', 'shop-store') }),
  ],
  [
    'a project a tier',
    applicationWith({ secrets: [{ tier: 'api' }, { tier: 'web' }], environments: { dev: projectEnvironment() } }),
  ],
]

/*
 * What the API server judges by does not depend on who sends it, and the tests of the chart look at the order in which each Helm
 * does. Helm 3 works out by itself what to change, from the release before, the chart and the object, and sends nothing of what
 * it finds unchanged: with it are tested values that change in their place, a namespace that becomes another tier's, and what
 * was changed by another hand.
 */
const courses = [
  { title: 'Helm 4', helm: helm4, course: steps },
  { title: 'Helm 3', helm: helm3, course: [['its first installation', plain], allValues, swapped] satisfies Step[] },
] as const

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

const uninstallWith = async (helm: string) => {
  const { uninstall } = await releaseOf(controlPlane, plain, 'dev')
  expect(await uninstall(helm)).toMatchObject({ exitCode: 0 })
}

describe.each(courses)('with $title', ({ helm, course }) => {
  /** What an upgrade has left, while nothing else has changed it. */
  let installed: { readonly application: Application; readonly model: EnvironmentModel } | undefined

  // Nothing is left to the other Helm but namespaces.
  afterAll(() => uninstallWith(helm))

  /** Upgrades, and waits until every tier is judged by its own names, and by no other tier's. */
  const upgradeTo = async (application: Application, args: readonly string[] = []) => {
    const { model, upgrade } = await releaseOf(controlPlane, application, 'dev')
    installed = undefined
    const { exitCode, stderr } = await upgrade(helm, ...args)
    expect([stderr.match(/denied request.*/g), exitCode]).toEqual([null, 0])
    await untilJudged(client, model)
    installed = { application, model }
    return model
  }
  /** Takes what the test before has left, or upgrades to it. */
  const begin = async () => (installed?.application === plain ? installed.model : upgradeTo(plain))
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
    installed = undefined
    await client.apply(kind, ref, object, { fieldManager: 'helm' })
  }
  const writeBoundary = ({ namespace }: TierModel, changes: Readonly<Record<string, string>>) =>
    applyAsHelm(kinds.secret, { namespace: 'shop-secrets', name: `boundary-${namespace}` }, changes)

  test('an upgrade is judged by its own values, whatever it changes', async () => {
    for (const [change, application, args] of course) {
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

  test('an uninstallation leaves the namespaces, and nothing that judges; then one may install again, and upgrade', async () => {
    const { model } = installed ?? { model: await begin() }
    installed = undefined
    await uninstallWith(helm)
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
    await upgradeTo(otherProject)
    await begin()
  })

  test('admission is switched off in the upgrade it would refuse, and on again', async () => {
    const off = ['--set', 'admission.enabled=false']
    const { tiers, region } = await begin()
    const [api] = tiers as [TierModel]
    const foreign = storeOf({ ...api, projectId: 'x' }, region)
    expect(await createIn(api, kinds.secretStore, foreign)).toContain('(STORE_PROJECT)')

    // As an upgrade that failed half way leaves it: judged by names the chart does not render.
    await writeBoundary(api, { projectId: 'x', secretStore: 'x', targets: 'x' })
    const { upgrade } = await releaseOf(controlPlane, otherProject, 'dev')
    expect(await upgrade(helm, ...off)).toMatchObject({ exitCode: 0 })
    expect(await createIn(api, kinds.secretStore, foreign)).toBe('allowed')
    const left = await client.list(kinds.validatingAdmissionPolicy)
    expect(left.items.map(({ metadata }) => metadata.name)).toEqual([])

    // While it is off, the store is changed: the chart's own is what comes back, whoever judges by then.
    const store = { namespace: api.namespace, name: api.secretStore }
    await applyAsHelm(kinds.secretStore, store, {}, foreign)
    await upgradeTo(plain)
    expect(await createIn(api, kinds.secretStore, foreign)).toContain('(STORE_PROJECT)')
    expect((await client.get<AnyObject>(kinds.secretStore, store))?.spec).toEqual(storeOf(api, region))
  })

  if (helm === helm4)
    test('a new version of the rules never judges, or is judged by, what the old one refuses', async () => {
      const { tiers, region } = await begin()
      const [api] = tiers as [TierModel]
      await writeBoundary(api, { rules: 'of another version' })
      await eventually(
        () => createIn(api, kinds.secretStore, storeOf({ ...api, projectId: 'x' }, region)),
        (said) => said === 'allowed',
      )
      await upgradeTo(plain)
    })

  test('an upgrade to these rules passes whatever they refuse of what is there, and tells it afterwards', async () => {
    const { tiers } = await begin()
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
    const { upgrade } = await releaseOf(controlPlane, plain, 'dev')
    expect(await upgrade(helm)).toMatchObject({ exitCode: 0 })
    const refresh = () =>
      verdict(client.mergePatch(kinds.externalSecret, ref, { metadata: { annotations: { 'force-sync': '1' } } }))
    await eventually(refresh, (said) => said.includes('(EXTERNAL_SECRET_TEMPLATE)'))
    expect(await patch({ API_ENDPOINT: null })).toBe('allowed')
    expect(await refresh()).toBe('allowed')
  })
})
