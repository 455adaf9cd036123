import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import catalogue from '../../scripts/catalogue.ts'
import environments from '../../scripts/environments.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { type ControlPlane, processEnvironment } from '../../scripts/local/control-plane.ts'
import { controllerManagerArgs } from '../../scripts/local/flags.ts'
import { freePort } from '../../scripts/local/ports.ts'
import { answersOk } from '../../scripts/local/probe.ts'
import { startProcess } from '../../scripts/local/process.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { helm4 } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { localTools } from '../helpers/local-stack.ts'
import { type Attack, attacks, type Scene, specOf } from './admission-attacks.ts'
import {
  type AnyObject,
  externalSecretOf,
  releaseOf,
  startAdmissionControlPlane,
  tryCreate,
  untilJudged,
  verdict,
} from './admission-world.ts'

interface Policy extends AnyObject {
  readonly spec: {
    readonly matchConstraints: {
      readonly resourceRules: readonly {
        readonly apiVersions: readonly string[]
        readonly resources: readonly string[]
      }[]
    }
    readonly validations: readonly { readonly expression: string; readonly message: string }[]
  }
  readonly status?: {
    readonly observedGeneration?: number
    readonly typeChecking?: { readonly expressionWarnings?: readonly { readonly fieldRef: string }[] }
  }
}

let controlPlane: ControlPlane
let client: KubernetesClient
/** May patch ExternalSecrets, and nothing else. */
let refresher: KubernetesClient
let scene: Scene

beforeAll(async () => {
  controlPlane = await startAdmissionControlPlane()
  client = createClient(controlPlane)
  refresher = createClient({ ...controlPlane, impersonate: 'refresher' })
  const metadata = { name: 'refresher' }
  const apiGroup = 'rbac.authorization.k8s.io'
  await client.create(kinds.clusterRole, {
    metadata,
    rules: [{ apiGroups: ['external-secrets.io'], resources: ['externalsecrets'], verbs: ['patch'] }],
  } as AnyObject)
  await client.create(kinds.clusterRoleBinding, {
    metadata,
    roleRef: { apiGroup, kind: 'ClusterRole', ...metadata },
    subjects: [{ apiGroup, kind: 'User', ...metadata }],
  } as AnyObject)
  const { model, upgrade } = await releaseOf(controlPlane, { catalogue, environments }, 'recette')
  expect(await upgrade(helm4)).toMatchObject({ exitCode: 0 })
  const [other, own] = model.tiers as [TierModel, TierModel]
  scene = { own, other, region: model.region, apiUrl: '' }
  await untilJudged(client, model)
})
afterAll(async () => {
  for (const one of [client, refresher]) one?.[Symbol.dispose]()
  await controlPlane?.[Symbol.asyncDispose]()
})

const policyOf = async (suffix: string): Promise<Policy> => {
  const policy = await client.get<Policy>(kinds.validatingAdmissionPolicy, { name: `trackdechets-${suffix}` })
  if (!policy) throw new Error(`no policy ${suffix}`)
  return policy
}

/** The rules a policy has, by the code at the end of each refusal. */
const codeOf = (message: string) => /\(([A-Z_]+)\)$/.exec(message)?.[1] ?? ''

/** A copy of a policy, changed, for a namespace of its own that is judged by the parameters of the frontend. */
async function judgeBy(policy: Policy, change: (spec: Policy['spec']) => Policy['spec'], namespace: string) {
  const metadata = { name: namespace }
  await client.create(kinds.namespace, { metadata })
  await client.create(kinds.validatingAdmissionPolicy, { metadata, spec: change(policy.spec) } as AnyObject)
  const selector = [{ key: 'kubernetes.io/metadata.name', operator: 'In', values: [namespace] }]
  const spec = {
    policyName: namespace,
    paramRef: {
      name: `boundary-${scene.own.namespace}`,
      namespace: 'trackdechets-secrets',
      parameterNotFoundAction: 'Deny',
    },
    matchResources: { namespaceSelector: { matchExpressions: selector } },
    validationActions: ['Deny'],
  }
  await client.create(kinds.validatingAdmissionPolicyBinding, { metadata, spec } as AnyObject)
}

const attempt = (attack: Attack, namespace: string, which: 'attack' | 'twin' = 'attack') => {
  const inside = { ...scene, own: { ...scene.own, namespace } }
  const name = attack.name?.(inside) ?? 'probe'
  return tryCreate(client, attack.kind, { metadata: { name, namespace }, spec: specOf(attack, which, inside) })
}

test('every rule has an attack, and every attack is refused by its rule alone', async () => {
  const policies = await Promise.all(['secret-stores', 'external-secrets'].map(policyOf))
  const rules = policies.flatMap((policy) => policy.spec.validations.map(({ message }) => codeOf(message)))
  const byUpdateOnly = ['EXTERNAL_SECRET_REFRESH_ONLY', 'EXTERNAL_SECRET_MANIFEST']
  expect(new Set([...attacks.map(({ rule }) => rule), ...byUpdateOnly])).toEqual(new Set(rules))

  const tried = [...new Set(attacks.map(({ rule }) => rule))]
  const namespaceOf = (rule: string) => `without-${rule.toLowerCase().replaceAll('_', '-')}`
  for (const rule of tried) {
    const policy = policies.find(({ spec }) => spec.validations.some(({ message }) => codeOf(message) === rule))
    const without = (spec: Policy['spec']) => ({
      ...spec,
      validations: spec.validations.filter(({ message }) => codeOf(message) !== rule),
    })
    await judgeBy(policy as Policy, without, namespaceOf(rule))
  }
  for (const rule of tried) {
    const ofKind = attacks.find((attack) => attack.rule === rule)?.kind
    const others = attacks.filter((attack) => attack.rule !== rule && attack.kind === ofKind)
    await eventually(
      () => attempt(others[0] as Attack, namespaceOf(rule)),
      (said) => said.includes(`(${others[0]?.rule})`),
    )
    for (const attack of attacks.filter((one) => one.rule === rule)) {
      expect([attack.title, await attempt(attack, namespaceOf(rule))]).toEqual([attack.title, 'allowed'])
    }
    for (const other of others) expect(await attempt(other, namespaceOf(rule))).toContain(`(${other.rule})`)
  }
})

test('the type checks of Kubernetes find nothing in the policies, and would', async () => {
  const port = await freePort()
  const args = controllerManagerArgs({ port }).filter((arg) => !arg.startsWith('--controllers='))
  const { folder, guard, ca } = controlPlane
  await using _ = await startProcess({
    name: 'policy-status',
    file: (await localTools()).binaries.controllerManager,
    args: [...args, '--controllers=validatingadmissionpolicy-status-controller'],
    env: { ...processEnvironment, HOME: folder },
    cwd: folder,
    logFile: join(folder, 'policy-status.log'),
    ready: () => answersOk({ url: `https://127.0.0.1:${port}/healthz`, ca }),
    onSpawn: guard.watch,
  })
  const checked = async (name: string) => {
    const { status } = await eventually(
      async () => (await client.get<Policy>(kinds.validatingAdmissionPolicy, { name })) as Policy,
      (policy) => policy.status?.observedGeneration !== undefined,
    )
    return status?.typeChecking?.expressionWarnings ?? []
  }
  // Kubernetes checks the types of a version only when the policy names it.
  for (const suffix of ['secret-stores', 'external-secrets', 'other-kinds', 'operator-secrets']) {
    const { spec } = await policyOf(suffix)
    const { matchConstraints } = spec
    const resourceRules = matchConstraints.resourceRules.map((rule) => ({ ...rule, apiVersions: ['v1'] }))
    const typed = { ...spec, matchConstraints: { ...matchConstraints, resourceRules } }
    const mistyped = { expression: 'object.metadata.nme == ""', message: '(X)' }
    const create = (name: string, validations: Policy['spec']['validations']) =>
      client.create(kinds.validatingAdmissionPolicy, {
        metadata: { name },
        spec: { ...typed, validations },
      } as AnyObject)
    await create(`typed-${suffix}`, spec.validations)
    await create(`mistyped-${suffix}`, [...spec.validations, mistyped])
    expect(await checked(`trackdechets-${suffix}`)).toEqual([])
    expect(await checked(`typed-${suffix}`)).toEqual([])
    const found = (await checked(`mistyped-${suffix}`)).map(({ fieldRef }) => fieldRef)
    // A policy for every kind of a group has no one type to check.
    const place = `spec.validations[${spec.validations.length}].expression`
    expect(found).toEqual(suffix === 'other-kinds' ? [] : [place])
  }
})

test('an ExternalSecret as large as the API server takes is judged in time', async () => {
  const withEntries = (count: number, changed = 0): object => ({
    ...externalSecretOf(scene.own),
    data: Array.from({ length: count }, (_, index) => ({
      secretKey: `KEY_${index}`,
      remoteRef: { key: `path:${scene.own.remotePath}${index < changed ? '-2' : ''}/key-${index}` },
    })),
  })
  await client.create(kinds.namespace, { metadata: { name: 'no-tier' } })
  const create = (namespace: string, spec: object) =>
    verdict(client.create(kinds.externalSecret, { metadata: { name: 'large', namespace }, spec } as AnyObject))

  let count = 10_000
  while ((await create('no-tier', withEntries(count))) !== 'allowed') count -= 500
  expect(count).toBeGreaterThan(3000)
  expect(await create(scene.own.namespace, withEntries(count, 1))).toMatch(/\(EXTERNAL_SECRET_KEY\)/)
  expect(await create(scene.own.namespace, withEntries(count))).toBe('allowed')
  const ref = { name: 'large', namespace: scene.own.namespace }
  await client.mergePatch(kinds.externalSecret, ref, { metadata: { finalizers: ['a.example/held'] } })
  const annotate = { metadata: { annotations: { 'force-sync': '1' } } }
  expect(await verdict(refresher.mergePatch(kinds.externalSecret, ref, annotate))).toBe('allowed')
  await client.delete(kinds.externalSecret, ref)
  expect(await verdict(client.mergePatch(kinds.externalSecret, ref, { metadata: { finalizers: null } }))).toBe(
    'allowed',
  )
})

test('annotations in their thousands are judged in time, whoever adds them', async () => {
  const ref = { name: 'annotated', namespace: scene.own.namespace }
  await client.create(kinds.externalSecret, { metadata: ref, spec: externalSecretOf(scene.own) } as AnyObject)
  const annotate = (by: KubernetesClient, annotations: unknown) =>
    verdict(by.mergePatch(kinds.externalSecret, ref, { metadata: { annotations } }))
  // Names and values of an object's annotations are 256 KiB together.
  const many = (count: number) => Object.fromEntries(Array.from({ length: count }, (_, index) => [String(index), '']))
  expect(await annotate(refresher, many(20_000))).toContain('changed are more than 100 annotations, by')
  expect(await annotate(client, many(20_000))).toBe('allowed')
  expect(await annotate(client, null)).toBe('allowed')
  expect(await annotate(client, many(1000))).toBe('allowed')
  expect(await annotate(refresher, { 'force-sync': '2' })).toBe('allowed')
  expect(await annotate(refresher, { 7: null })).toContain('changed are annotation 7, by')
  await client.delete(kinds.externalSecret, ref)
})

test('an operator that can make other kinds of objects from ExternalSecrets is not used for that', async () => {
  const ref = { name: 'externalsecrets.external-secrets.io' }
  const crd = (await client.get<AnyObject>(kinds.customResourceDefinition, ref)) as AnyObject & {
    spec: { versions: { name: string; schema: object }[] }
  }
  for (const { schema } of crd.spec.versions) {
    const { openAPIV3Schema } = schema as { openAPIV3Schema: Record<string, never> }
    const target = at(openAPIV3Schema, 'properties', 'spec', 'properties', 'target', 'properties')
    target.manifest = { type: 'object', properties: { apiVersion: { type: 'string' }, kind: { type: 'string' } } }
  }
  await client.mergePatch(kinds.customResourceDefinition, ref, { spec: { versions: crd.spec.versions } })
  const { namespace } = scene.own
  const create = (inNamespace: string, manifest: object) => {
    const base = externalSecretOf(scene.own)
    const spec = { ...base, target: { name: scene.own.required?.name, ...manifest } }
    return tryCreate(client, kinds.externalSecret, { metadata: { name: 'probe', namespace: inNamespace }, spec })
  }
  const attack = { manifest: { apiVersion: 'v1', kind: 'ConfigMap' } }
  await eventually(
    () => create(namespace, attack),
    (said) => said.includes('(EXTERNAL_SECRET_MANIFEST)'),
  )
  expect(await create(namespace, {})).toBe('allowed')
  expect(await create('no-tier', attack)).toBe('allowed')
})

function at(value: unknown, ...path: readonly string[]): Record<string, unknown> {
  return path.reduce((parent, name) => (parent as Record<string, unknown>)[name], value) as Record<string, unknown>
}
