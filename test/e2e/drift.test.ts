import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { renderChart, upgradeRelease } from '../../scripts/chart/helm.ts'
import { parseManifests } from '../../scripts/chart/manifests.ts'
import { clearTheWay, type Restoration, restoreAll } from '../../scripts/cluster/restore.ts'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { isForbidden } from '../../scripts/kubernetes/errors.ts'
import { type Kind, type KubernetesObject, kinds, type ObjectRef } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import { kubeconfigText } from '../../scripts/local/stack/access-files.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { helms } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { hostedCli } from '../helpers/hosted-cli.ts'
import { folderWith } from '../helpers/repository.ts'
import { tokenOf } from '../helpers/service-account.ts'
import { createConsumers } from './consumers.ts'
import { ownedWorld } from './owned-world.ts'
import { startWorld, type World } from './world.ts'

const { folder: root } = await folderWith(trackdechets)

const environment = 'recette'
const [[, helm4], [, helm3]] = helms as [[string, string], [string, string]]

let world: World
let client: KubernetesClient

beforeAll(async () => {
  world = await startWorld({ application: trackdechets, environment })
  client = world.stack.client
  await world.install()
  await world.sync()
  for (const tier of world.stack.model.tiers) await createConsumers(client, tier)
})
afterAll(() => world?.[Symbol.asyncDispose]())

/** A command of the committed catalogue, as it is run by hand. */
const cli = (command: string, ...args: string[]) => cliAs(world.stack.controlPlane.kubeconfigPath, command, ...args)

async function cliAs(kubeconfig: string, command: string, ...args: string[]) {
  const env = { ...ownedWorld(world).env, KUBECONFIG: kubeconfig, HELM_BIN: helm4 }
  const shown = await hostedCli([command, '--environment', environment, ...args], { cwd: root, env })
  expect(shown.stderr).not.toMatch(/bug of tiered-secrets|^ {4}at |Warning:/m)
  return { ...shown, text: `${shown.stdout}\n${shown.stderr}` }
}

/** What deploy does, with either Helm. The Helm 3 of the tests takes itself for one of an old cluster, and renders nothing. */
async function deployWith(helm: string): Promise<Restoration> {
  const { emulator, controlPlane, model } = world.stack
  const release = {
    userFolder: root,
    release: model.release,
    valuesFile: `values/${environment}.yaml`,
    set: { 'scaleway.apiUrl': emulator.url },
    env: { KUBECONFIG: controlPlane.kubeconfigPath },
  }
  const manifests = parseManifests(await renderChart({ helm: helm4, ...release }), release.valuesFile)
  const before = await clearTheWay(client, manifests)
  await upgradeRelease({ helm, ...release })
  const { restored, problems } = await restoreAll(client, manifests)
  return { restored: [...before, ...restored], problems }
}

const editor = 'kubectl-edit'
type Content = Readonly<Record<string, unknown>>

/** One change by hand. */
interface Change {
  readonly what: string
  readonly kind: Kind
  ref(): ObjectRef
  /** What `kubectl edit` adds or sets; a list replaces the whole one. */
  content(live: Content): Content
  /** As plan tells it. */
  readonly told: readonly string[]
}

const inBackend = (name: string) => () => ({ namespace: 'trackdechets-backend', name })
const own = (live: Content, field: string) => live[field] as Content
const item = (value: unknown) => value as readonly Content[]

const changes: readonly Change[] = [
  {
    what: 'a template, an entry and the interval of an ExternalSecret',
    kind: kinds.externalSecret,
    ref: inBackend('backend-secrets'),
    content: (live) => {
      const data = item(own(live, 'spec').data)
      return {
        spec: {
          target: { template: { data: { API_ENDPOINT: 'https://evil.example' } } },
          data: [...data, { ...data[0], secretKey: 'MORE' }],
          refreshInterval: '9h0m0s',
        },
      }
    },
    told: [
      '- spec.target.template.data.API_ENDPOINT (by kubectl-edit)',
      '- spec.data[MORE] (by kubectl-edit)',
      'spec.refreshInterval: "9h0m0s" → "1h0m0s" (by kubectl-edit)',
    ],
  },
  {
    what: 'settings of a SecretStore',
    kind: kinds.secretStore,
    ref: inBackend('backend-secretstore'),
    content: () => ({ spec: { retrySettings: { maxRetries: 9 } } }),
    told: ['- spec.retrySettings (by kubectl-edit)'],
  },
  {
    what: 'one more rule of a Role',
    kind: kinds.role,
    ref: inBackend('secrets-viewer'),
    content: ({ rules }) => ({ rules: [...item(rules), { apiGroups: [''], resources: ['secrets'], verbs: ['get'] }] }),
    told: ['- rules[2] (by kubectl-edit)'],
  },
  {
    what: 'one more peer of a NetworkPolicy',
    kind: kinds.networkPolicy,
    ref: inBackend('default-deny'),
    content: () => ({ spec: { ingress: [{ from: [{ ipBlock: { cidr: '0.0.0.0/0' } }] }] } }),
    told: ['- spec.ingress (by kubectl-edit)'],
  },
  {
    what: 'one more limit of a ResourceQuota',
    kind: kinds.resourceQuota,
    ref: inBackend('tier-quota'),
    content: () => ({ spec: { hard: { 'count/configmaps': '0' } } }),
    told: ['- spec.hard.count/configmaps (by kubectl-edit)'],
  },
  {
    what: 'the level of a namespace',
    kind: kinds.namespace,
    ref: () => ({ name: 'trackdechets-backend' }),
    content: () => ({ metadata: { labels: { 'pod-security.kubernetes.io/warn': 'privileged' } } }),
    told: ['metadata.labels.pod-security.kubernetes.io/warn: "privileged" → "restricted" (by kubectl-edit)'],
  },
  {
    what: 'a ServiceAccount that gets a token',
    kind: kinds.serviceAccount,
    ref: inBackend('backend-workloads'),
    content: () => ({ automountServiceAccountToken: true }),
    told: ['automountServiceAccountToken: true → false (by kubectl-edit)'],
  },
  {
    what: 'a parameter of the boundary',
    kind: kinds.secret,
    ref: () => ({ namespace: 'trackdechets-secrets', name: 'boundary-trackdechets-frontend' }),
    content: () => ({ metadata: { annotations: { targets: 'frontend-optional-secrets,frontend-secrets,x' } } }),
    told: [
      'metadata.annotations.targets: "frontend-optional-secrets,frontend-secrets,x" → "frontend-optional-secrets,frontend-secrets" (by kubectl-edit)',
    ],
  },
  {
    what: 'a policy that is switched off by one more condition, and has no rule left',
    kind: kinds.validatingAdmissionPolicy,
    ref: () => ({ name: 'trackdechets-other-kinds' }),
    content: () => ({
      spec: { matchConditions: [{ name: 'never', expression: 'false' }], validations: [{ expression: 'true' }] },
    }),
    told: [
      '- spec.matchConditions[never] (by kubectl-edit)',
      'spec.validations[0].expression: "true" → "false" (by kubectl-edit)',
    ],
  },
  {
    what: 'an action of a binding',
    kind: kinds.validatingAdmissionPolicyBinding,
    ref: () => ({ name: 'trackdechets-backend-secret-stores' }),
    content: () => ({ spec: { validationActions: ['Audit'] } }),
    told: ['- spec.validationActions[Audit] (by kubectl-edit)'],
  },
  {
    what: 'a binding that selects nothing, by a field that the chart leaves to its default',
    kind: kinds.validatingAdmissionPolicyBinding,
    ref: () => ({ name: 'trackdechets-frontend-secret-stores' }),
    content: () => ({ spec: { matchResources: { objectSelector: { matchLabels: { none: 'at-all' } } } } }),
    told: ['- spec.matchResources.objectSelector.matchLabels (by kubectl-edit)'],
  },
]

/** As somebody with every right; what a rule of admission refuses, while its binding is gone. */
async function change({ kind, ref, content }: Pick<Change, 'kind' | 'ref' | 'content'>, fieldManager = editor) {
  const live = (await client.get<KubernetesObject>(kind, ref())) as KubernetesObject & Content
  const { metadata, ...rest } = content(live)
  const patch = { ...rest, metadata: { ...(metadata as object), ...ref() } } as KubernetesObject
  await client.apply(kind, ref(), patch, { fieldManager }).catch(async (error: unknown) => {
    if (!isForbidden(error)) throw error
    await withoutJudge(() => client.apply(kind, ref(), patch, { fieldManager }))
  })
}

/** Does what the policy on ExternalSecrets refuses, and has it judge again: what was done is locked then. */
async function withoutJudge(work: () => Promise<unknown>) {
  const kind = kinds.validatingAdmissionPolicyBinding
  const ref = { name: 'trackdechets-backend-external-secrets' }
  const { metadata, ...binding } = (await client.get(kind, ref)) as KubernetesObject
  const { resourceVersion: _, uid: __, managedFields: ___, ...rest } = metadata
  await client.delete(kind, ref)
  await eventually(
    () => work().then(() => 'allowed', String),
    (said) => said === 'allowed',
  )
  await client.create(kind, { ...binding, metadata: rest })
}

const where = ({ kind, ref }: Change) => [kind.kind, ref().namespace, ref().name].filter(Boolean).join('/')

interface Told {
  readonly code: string
  readonly where: string
  readonly severity?: string
  readonly message: string
}
interface Planned {
  readonly objects: readonly {
    readonly kind: string
    readonly name: string
    readonly action: string
    readonly fields: readonly string[]
  }[]
  readonly problems: readonly Told[]
}
const planned = async (): Promise<Planned> => JSON.parse((await cli('plan', '--output', 'json')).stdout)

/** Every command that looks at what is deployed, and what it tells of an object. */
async function looks(...places: readonly string[]) {
  const [status, doctor, wait] = await Promise.all([
    cli('status', '--output', 'json'),
    cli('doctor', '--output', 'json'),
    cli('wait', '--timeout', '0s', '--output', 'json'),
  ])
  const told = (text: string, list: string) =>
    (JSON.parse(text)[list] as Told[])
      .filter(({ where }) => places.includes(where))
      .map(({ code, where }) => `${code} ${where}`)
      .sort()
  return {
    exitCodes: [status.exitCode, doctor.exitCode, wait.exitCode],
    status: told(status.stdout, 'problems'),
    doctor: told(doctor.stdout, 'causes'),
    text: [status, doctor, wait].map(({ text }) => text).join('\n'),
  }
}

test('what nobody changed has no difference, and what is not of the chart stays: labels, annotations, finalizers', async () => {
  const metadata = {
    labels: { team: 'a' },
    annotations: { mine: '1', 'argocd.argoproj.io/tracking-id': 'a:external-secrets.io/ExternalSecret:b/c' },
    finalizers: ['example.com/mine'],
  }
  const ref = inBackend('backend-optional-secrets')()
  await client.mergePatch(kinds.externalSecret, ref, { metadata: { ...metadata, finalizers: undefined } })
  const { finalizers = [] } = (await client.get<KubernetesObject>(kinds.externalSecret, ref))?.metadata ?? {}
  expect(finalizers.length).toBe(1)
  await client.mergePatch(kinds.namespace, { name: ref.namespace }, { metadata: { labels: { team: 'a' } } })
  expect((await cli('plan')).stdout).toContain('nothing changes')
  const { exitCodes, text } = await looks()
  expect(exitCodes).toEqual([0, 0, 0])
  expect(text).not.toMatch(/NOT_DEPLOYED|not checked/)
  const { exitCode, stdout } = await cli('deploy', '--yes', '--no-wait', '--output', 'json')
  expect([exitCode, JSON.parse(stdout)]).toMatchObject([0, { restored: [], problems: [] }])
  const left = (await client.get<KubernetesObject>(kinds.externalSecret, ref))?.metadata
  expect(left).toMatchObject({ labels: metadata.labels, annotations: metadata.annotations, finalizers })
})

describe('what was changed by hand', () => {
  let plan: Planned
  let seen: Awaited<ReturnType<typeof looks>>

  beforeAll(async () => {
    for (const one of changes) await change(one)
    ;[plan, seen] = await Promise.all([planned(), looks(...changes.map(where))])
  })

  test.each(changes)('$what: plan names each field and its field manager, status and doctor tell of it', (one) => {
    const { kind, ref, told } = one
    const object = plan.objects.find(
      (other) => other.kind === kind.kind && other.name === ref().name && other.action !== 'none',
    )
    expect(object).toMatchObject({ action: 'change', fields: expect.arrayContaining([...told]) })
    const problem = plan.problems.find((other) => other.where === where(one))
    expect(problem).toMatchObject({ code: 'FOREIGN_FIELDS', severity: 'warning' })
    const code = kind === kinds.secretStore ? 'STORE_DIFFERS' : 'NOT_DEPLOYED'
    expect(seen.status).toContain(`${code} ${where(one)}`)
    expect(seen.doctor).toContain(`${code} ${where(one)}`)
  })

  test('nothing but that is reported, no value is shown, and no command passes it', () => {
    expect(plan.objects.filter(({ action }) => action !== 'none')).toHaveLength(changes.length)
    expect(seen.status).toHaveLength(changes.length)
    expect(seen.doctor).toHaveLength(changes.length)
    expect(seen.exitCodes).toEqual([3, 3, 3])
    expect(JSON.stringify([plan, seen])).not.toContain('evil.example')
    expect(seen.text).toMatch(
      /backend-secrets: it differs in the cluster from the catalogue: .*- spec\.target\.template\.data\.API_ENDPOINT \(by kubectl-edit\)/,
    )
  })

  test('somebody who may not try anything out is told about stores and ExternalSecrets, and of what is not checked', async () => {
    const viewer = { namespace: 'default', name: 'viewer' }
    await client.create(kinds.serviceAccount, { metadata: viewer })
    for (const { namespace } of world.stack.model.tiers) {
      const binding = {
        metadata: { namespace, name: 'a-viewer' },
        roleRef: { apiGroup: 'rbac.authorization.k8s.io', kind: 'Role', name: 'secrets-viewer' },
        subjects: [{ kind: 'ServiceAccount', ...viewer }],
      }
      await client.create(kinds.roleBinding, binding as KubernetesObject)
    }
    const path = join(await temporaryFolder(), 'kubeconfig')
    const token = await tokenOf(client, viewer.namespace, viewer.name)
    await writeFile(path, kubeconfigText({ context: 'tiered-secrets-local', ...world.stack.controlPlane, token }))
    const { exitCode, stderr } = await cliAs(path, 'status')
    expect(stderr).toMatch(/^ExternalSecret\/trackdechets-backend\/backend-secrets: .*spec\.target\.template\.data/m)
    expect(stderr).toMatch(/^SecretStore\/trackdechets-backend\/backend-secretstore: .*spec\.retrySettings/m)
    expect(stderr).toMatch(
      /^not checked: you may not make a dry run of changes to roles in namespace trackdechets-backend$/m,
    )
    expect(exitCode).toBe(3)
  })

  test('is put back by deploy, all of it, and reported', async () => {
    const { exitCode, text } = await cli('deploy', '--yes', '--timeout', '60s')
    for (const one of changes) expect(text).toContain(`${where(one)}: was restored: `)
    expect(text).not.toContain('evil.example')
    expect(exitCode).toBe(0)
    expect((await cli('plan')).stdout).toContain('nothing changes')
    const { exitCodes } = await looks()
    expect(exitCodes).toEqual([0, 0, 0])
  })
})

test('an object that admission does not let anybody change any more is named, and the upgrade goes through', async () => {
  const spec = { target: { template: { templateFrom: [{ secret: { name: 'x', items: [{ key: 'x' }] } }] } } }
  const ref = inBackend('backend-secrets')
  await change({ kind: kinds.externalSecret, ref, content: () => ({ spec }) })
  const annotate = () =>
    client.mergePatch(kinds.externalSecret, ref(), { metadata: { annotations: { any: 'change' } } })
  await eventually(
    () => annotate().then(() => 'allowed', String),
    (said) => said.includes('(EXTERNAL_SECRET_TEMPLATE_FROM)'),
  )
  const { problems } = await planned()
  expect(problems).toMatchObject([
    { code: 'FOREIGN_FIELDS', where: 'ExternalSecret/trackdechets-backend/backend-secrets' },
  ])
  const { exitCode, text } = await cli('deploy', '--yes', '--timeout', '60s')
  expect([exitCode, text]).toEqual([
    0,
    expect.stringContaining('backend-secrets: was restored: - spec.target.template.templateFrom (by kubectl-edit)'),
  ])
})

test('an object that is gone is reported as that, and made again', async () => {
  const role = inBackend('secrets-viewer')()
  await client.delete(kinds.role, role)
  const place = 'Role/trackdechets-backend/secrets-viewer'
  expect(await looks(place)).toMatchObject({ status: [`NOT_DEPLOYED ${place}`], doctor: [`NOT_DEPLOYED ${place}`] })
  expect(await cli('deploy', '--yes', '--no-wait')).toMatchObject({ exitCode: 0 })
  expect(await client.get(kinds.role, role)).toBeDefined()
})

test('with Helm 3 all of it is put back at once as well', async () => {
  const { release } = world.stack.model
  const env = { KUBECONFIG: world.stack.controlPlane.kubeconfigPath }
  await run(helm4, ['uninstall', release.name, '--namespace', release.namespace, '--wait'], { env })
  await deployWith(helm3)
  for (const one of changes) await change(one)
  const { restored, problems } = await deployWith(helm3)
  expect(problems).toEqual([])
  // Some of it Helm puts back by itself, each of the two something else.
  expect(restored.map(({ object }) => object)).toContain(where(changes[0] as Change))
  expect((await cli('plan')).stdout).toContain('nothing changes')
  // A release of the one is upgraded by the other.
  expect((await deployWith(helm4)).problems).toEqual([])
  expect((await cli('plan')).stdout).toContain('nothing changes')
})
