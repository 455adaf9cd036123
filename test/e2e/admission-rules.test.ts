import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { processEnvironment } from '../../scripts/local/stack/api-server.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { controllerManagerArgs } from '../../scripts/local/stack/flags.ts'
import { freePort } from '../../scripts/local/stack/free-port.ts'
import { answersOk } from '../../scripts/local/stack/health-probe.ts'
import { startProcess } from '../../scripts/local/stack/process.ts'
import type { EnvironmentModel, TierModel } from '../../scripts/model/resolve.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'
import { bookshop, gallery } from '../fixtures/applications.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { applicationWith } from '../helpers/applications.ts'
import { helm4 } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { localTools } from '../helpers/local-stack.ts'
import { optionalTarget } from '../helpers/targets.ts'
import { withValue } from '../helpers/values.ts'
import { type Attack, attacks, optionalTemplate, type Scene, specOf } from './admission-attacks.ts'
import { credentialsAttacks } from './admission-credentials.ts'
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
  await client.create(kinds.namespace, { metadata: { name: 'no-tier' } })
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
  // Who asks, how large it is, and what only a later operator knows: tests of their own.
  const others = ['REFRESH_ONLY', 'SIZE', 'MANIFEST', 'FIELD'].map((name) => `EXTERNAL_SECRET_${name}`)
  expect(new Set([...attacks.map(({ rule }) => rule), ...others])).toEqual(new Set(rules))

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
  for (const kind of new Set(attacks.map((attack) => attack.kind))) {
    const rulesOfKind = tried.filter((rule) => attacks.some((one) => one.rule === rule && one.kind === kind))
    expect(rulesOfKind.length).toBeGreaterThan(5)
    for (const [index, rule] of rulesOfKind.entries()) {
      // With all rules at work, each is refused in `admission.test.ts`: here once each, where one of the others is missing.
      const present = rulesOfKind.at(index - 1)
      const [first, ...rest] = attacks.filter((one) => one.rule === present) as [Attack, ...Attack[]]
      await eventually(
        () => attempt(first, namespaceOf(rule)),
        (said) => said.includes(`(${present})`),
      )
      for (const attack of attacks.filter((one) => one.rule === rule)) {
        expect([attack.title, await attempt(attack, namespaceOf(rule))]).toEqual([attack.title, 'allowed'])
      }
      for (const other of rest) expect(await attempt(other, namespaceOf(rule))).toContain(`(${present})`)
    }
  }
})

test('every rule for credentials Secrets has an attack', async () => {
  const { spec } = await policyOf('credentials')
  const rules = spec.validations.map(({ message }) => codeOf(message))
  expect([...new Set(credentialsAttacks.map(({ rule }) => rule))].sort()).toEqual(rules.sort())
})

/** What the policies say of the types of targets, while `open` of `gallery` is installed. */
async function judgesTypes(model: EnvironmentModel) {
  const hall = model.tiers.find(({ name }) => name === 'hall') as TierModel
  const create = (name: string, type: string | undefined) => {
    const target = { name, template: { mergePolicy: 'Replace', ...(type === undefined ? {} : { type }) } }
    const metadata = { name: 'probe', namespace: hall.namespace }
    return tryCreate(client, kinds.externalSecret, { metadata, spec: { ...externalSecretOf(hall), target } })
  }
  const [tls, registry] = ['kubernetes.io/tls', 'kubernetes.io/dockerconfigjson']
  expect(await create('hall-tls', tls)).toBe('allowed')
  expect(await create('hall-registry', registry)).toBe('allowed')
  expect(await create('hall-secrets', undefined)).toBe('allowed')
  for (const [name, type] of [
    ['hall-tls', undefined],
    ['hall-tls', registry],
    ['hall-tls', `${tls},hall-tls=${registry}`],
    ['hall-secrets', tls],
    ['hall-registry', 'kubernetes.io/service-account-token'],
  ] as const) {
    expect([name, type, await create(name, type)]).toEqual([
      name,
      type,
      expect.stringContaining('(EXTERNAL_SECRET_TYPE)'),
    ])
  }
  expect(await create('hall-registry', 'Opaque')).toContain(
    'the target "hall-registry" is of type "Opaque". Expected one of: hall-registry=kubernetes.io/dockerconfigjson, hall-secrets=Opaque, hall-tls=kubernetes.io/tls.',
  )
}

test('what the chart renders passes, with any names: bundles and fields, required and optional, and the types of targets alone', async () => {
  const forms: Partial<SecretSpec>[] = [
    { variable: 'WHOLE' },
    { variable: 'FIELD', remoteName: 'relay', property: ['smtp.host', '@user', 'é |\\'] },
    { variable: 'BUNDLED', remoteName: 'bundled', identity: 's3', layout: 'bundle' },
    { variable: '_BUNDLED', remoteName: 'bundled_', identity: 's3', layout: 'bundle' },
    { variable: 'OTHER', remoteName: 'other', identity: 'a-b_c.d', layout: 'bundle' },
    { variable: 'DOTS', remoteName: '..dots' },
  ]
  const optional = forms.map((form) => ({
    ...form,
    variable: `MORE_${form.variable}`,
    remoteName: `more-${form.remoteName ?? 'whole'}`,
    ...(form.identity === undefined ? {} : { identity: `more-${form.identity}` }),
    optional: true,
  }))
  const shop = applicationWith({ secrets: [...forms, ...optional, { tier: 'web' }] })
  const templates: string[] = []
  for (const [application, environment] of [
    [shop, 'dev'],
    [bookshop, 'preview'],
    [gallery, 'open'],
  ] as const) {
    const { model, upgrade, uninstall } = await releaseOf(controlPlane, application, environment)
    expect(await upgrade(helm4)).toMatchObject({ exitCode: 0 })
    await untilJudged(client, model)
    // Updated, and created again, while the policies judge.
    for (const value of ['true', 'false']) {
      const { stderr, exitCode } = await upgrade(helm4, '--set', `reloader.enabled=${value}`)
      expect([stderr.match(/denied request.*/g), exitCode]).toEqual([null, 0])
      for (const { namespace } of model.tiers) {
        for (const { metadata, spec } of (await client.list<AnyObject>(kinds.externalSecret, { namespace })).items) {
          const { template } = (spec as { target: { template: object } }).target
          templates.push(...Object.keys(template))
          if (value === 'true') await client.delete(kinds.externalSecret, metadata)
        }
      }
    }
    if (application === gallery) await judgesTypes(model)
    expect(await uninstall(helm4)).toMatchObject({ exitCode: 0 })
  }
  expect(templates).toEqual(expect.arrayContaining(['data', 'templateFrom']))
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
  for (const suffix of ['secret-stores', 'external-secrets', 'credentials', 'other-kinds', 'operator-secrets']) {
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

test('an ExternalSecret of more variables than a Secret has room for is judged in time, where the catalogue has them', async () => {
  const withEntries = (count: number, changed = 0): object => ({
    ...externalSecretOf(scene.own),
    data: Array.from({ length: count }, (_, index) => ({
      secretKey: `KEY_${index}`,
      remoteRef: { key: `path:${scene.own.remotePath}${index < changed ? '-2' : ''}/key-${index}` },
    })),
  })
  const boundary = { namespace: 'trackdechets-secrets', name: `boundary-${scene.own.namespace}` }
  const setEntries = (entries: string) =>
    client.mergePatch(kinds.secret, boundary, { metadata: { annotations: { entries } } })
  const create = (namespace: string, spec: object) =>
    verdict(client.create(kinds.externalSecret, { metadata: { name: 'large', namespace }, spec } as AnyObject))

  const before = (await client.get(kinds.secret, boundary))?.metadata.annotations?.entries ?? ''
  const count = 5000
  await setEntries(String(count))
  await eventually(
    () => create(scene.own.namespace, withEntries(100, 1)),
    (said) => said.includes('(EXTERNAL_SECRET_KEY)'),
  )
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
  const optional = {
    ...externalSecretOf(scene.own),
    target: {
      name: optionalTarget(scene.own)?.name,
      template: {
        templateFrom: [
          {
            literal: optionalTemplate(
              ...Array.from({ length: 1000 }, (_, i) => `b_identity__A_LONG_NAME_OF_A_VARIABLE_${i}`),
            ),
          },
        ],
      },
    },
  }
  expect(await tryCreate(client, kinds.externalSecret, { metadata: ref, spec: optional })).toBe('allowed')
  await setEntries(before)
})

test('what is larger than the catalogue is refused before anything looks through it', async () => {
  const { namespace, remotePath } = scene.own
  const ref = { namespace, name: 'oversized' }
  const key = `path:${remotePath}/a`
  const list = (count: number, entry: (index: number) => unknown) => Array.from({ length: count }, (_, i) => entry(i))
  const map = (count: number, value: string) =>
    Object.fromEntries(list(count, (i) => [`k${i}`, value]) as [string, string][])
  const inTemplate = (template: unknown) => ({ spec: { target: { template } } })
  const sizes: Readonly<Record<string, (count: number) => object>> = {
    'spec.data': (n) => ({ spec: { data: list(n, (i) => ({ secretKey: `K${i}`, remoteRef: { key } })) } }),
    'spec.dataFrom': (n) => ({ spec: { dataFrom: list(n, () => ({ extract: { key } })) } }),
    'spec.target.template.data': (n) => inTemplate({ data: map(n, '{{ .A }}') }),
  }
  const small: Readonly<Record<string, object>> = {
    'spec.target.template.templateFrom': inTemplate({ templateFrom: list(2, () => ({ literal: '' })) }),
    'spec.target.template.metadata.labels': inTemplate({ metadata: { labels: map(20_000, '') } }),
    'spec.target.template.metadata.annotations': inTemplate({ metadata: { annotations: map(20_000, '') } }),
    'metadata.labels': { metadata: { labels: map(20_000, '') } },
    'metadata.annotations': { metadata: { annotations: map(101, '') } },
    'metadata.finalizers': { metadata: { finalizers: list(101, (i) => `a.example/${i}`) } },
  }
  await client.create(kinds.externalSecret, { metadata: ref, spec: externalSecretOf(scene.own) } as AnyObject)
  const patch = (by: KubernetesClient, change: object) => verdict(by.mergePatch(kinds.externalSecret, ref, change))
  const most = scene.own.remoteSecrets.flatMap(({ specs }) => specs).length
  for (const [place, of] of Object.entries(sizes)) {
    // Very many by whoever may do the least: whom it is from makes no difference to what is looked through.
    for (const [by, count] of [
      [refresher, 20_000],
      [refresher, most + 1],
      [client, most + 1],
    ] as const) {
      expect(await patch(by, of(count))).toMatch(
        new RegExp(`too large are ${place}\\. Expected .+ tier, ${most}, .+_SIZE\\)`),
      )
    }
    expect(await patch(client, of(most))).toBe('allowed')
  }
  for (const [place, change] of Object.entries(small)) {
    for (const by of [client, refresher]) expect(await patch(by, change)).toContain(`too large are ${place}. Expected`)
  }
  const literal = inTemplate({ templateFrom: [{ literal: 'x'.repeat(1_000_000) }] })
  expect(await patch(client, literal)).toContain('too large are spec.target.template.templateFrom. Expected')
  // One long value is reported without it.
  for (const remoteRef of [{ key: key.repeat(50_000) }, { key, property: 'a'.repeat(1_000_000) }]) {
    const said = await patch(client, { spec: { data: [{ secretKey: 'A', remoteRef }] } })
    expect(said).toMatch(/denied request: a value is too long .+_(KEY|PROPERTY)\)/)
  }
  expect(await patch(refresher, { metadata: { annotations: { 'force-sync': '1' } } })).toBe('allowed')
  await client.delete(kinds.externalSecret, ref)
})

test('what later operators can do, the chart does not render: it is refused', async () => {
  const ref = { name: 'externalsecrets.external-secrets.io' }
  const crd = (await client.get(kinds.customResourceDefinition, ref)) as AnyObject & {
    readonly spec: { readonly versions: readonly object[] }
  }
  // As version 2.9.0 has them, but open, so that fields of versions to come are there as well.
  const open = { type: 'object', 'x-kubernetes-preserve-unknown-fields': true }
  const versions = crd.spec.versions.map((version) => ({
    ...withValue(version, 'schema.openAPIV3Schema.properties.spec', open),
    selectableFields: undefined,
  }))
  await client.mergePatch(kinds.customResourceDefinition, ref, { spec: { versions } })
  const { namespace } = scene.own
  const create = (inNamespace: string, place: string, value: unknown) => {
    const spec = withValue(externalSecretOf(scene.own), place, value)
    return tryCreate(client, kinds.externalSecret, { metadata: { name: 'probe', namespace: inNamespace }, spec })
  }
  const manifest = { apiVersion: 'v1', kind: 'ConfigMap' }
  await eventually(
    () => create(namespace, 'target.manifest', manifest),
    (said) => said.includes('(EXTERNAL_SECRET_MANIFEST)'),
  )
  const later: Readonly<Record<string, unknown>> = {
    syncWindows: { kind: 'deny', windows: [{ schedule: '@hourly', duration: '1h' }] },
    'target.later': 1,
    'target.template.later': 1,
    'target.template.metadata.later': { a: 'b' },
    'data.0.later': 1,
    'data.0.remoteRef.later': 1,
    'dataFrom.0.later': 1,
    'dataFrom.0.extract.later': 1,
  }
  for (const [place, value] of Object.entries(later)) {
    expect([place, await create(namespace, place, value)]).toEqual([
      place,
      expect.stringContaining('(EXTERNAL_SECRET_FIELD)'),
    ])
  }
  const source = { target: 'Data', literal: optionalTemplate('A') }
  const from = (more: object) => create(namespace, 'target.template.templateFrom', [{ ...source, ...more }])
  for (const more of [{ later: 1 }, { target: 'spec.data' }, { valuesDecodingStrategy: 'Base64' }]) {
    expect(await from(more)).toContain('(EXTERNAL_SECRET_TEMPLATE_FROM)')
  }
  expect(await create(namespace, 'target.creationPolicy', 'CreateOrMerge')).toContain('(EXTERNAL_SECRET_POLICY)')
  expect(await create(namespace, 'target.template.engineVersion', 'v3')).toContain('(EXTERNAL_SECRET_POLICY)')
  expect(await from({ valuesDecodingStrategy: 'None' })).toBe('allowed')
  expect(await create(namespace, 'data.0.remoteRef.nullBytePolicy', 'Fail')).toBe('allowed')
  expect(await create('no-tier', 'target.manifest', manifest)).toBe('allowed')
})
