import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { seal } from '../../scripts/cluster/seal.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { kinds } from '../../scripts/kubernetes/kinds.ts'
import { run } from '../../scripts/lib/exec.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { credentialKeys } from '../../scripts/model/names.ts'
import catalogue from '../fixtures/trackdechets/catalogue.ts'
import environments from '../fixtures/trackdechets/environments.ts'
import { testCertificate } from '../helpers/certificate.ts'
import { helm4 } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { requiredTarget } from '../helpers/targets.ts'
import { tools } from '../helpers/tools.ts'
import { type Attack, attacks, mergePatchBetween, type Scene, specOf } from './admission-attacks.ts'
import {
  accessKey,
  type CredentialsParts,
  credentialsAttacks,
  credentialsOf,
  leaked,
  secretKey,
} from './admission-credentials.ts'
import {
  type AnyObject,
  externalSecretOf,
  otherKinds,
  releaseOf,
  startAdmissionControlPlane,
  storeOf,
  tryCreate,
  untilJudged,
  verdict,
} from './admission-world.ts'

const apiUrl = 'http://127.0.0.1:8080'
const elsewhere = 'no-tier'

let controlPlane: ControlPlane
let admin: KubernetesClient
/** Everything in the operator's groups, as an administrator of the namespaces has it. */
let owner: KubernetesClient
/** The role secrets-operator: sees and patches ExternalSecrets. */
let refresher: KubernetesClient
const scenes = new Map<string, Scene>()
let upgrade: Awaited<ReturnType<typeof releaseOf>>['upgrade']

beforeAll(async () => {
  controlPlane = await startAdmissionControlPlane()
  admin = createClient(controlPlane)
  owner = createClient({ ...controlPlane, impersonate: 'owner' })
  refresher = createClient({ ...controlPlane, impersonate: 'refresher' })
  await admin.create(kinds.namespace, { metadata: { name: elsewhere } })
  await grant('owner', [{ apiGroups: groups, resources: ['*'], verbs: ['*'] }])
  await grant('refresher', [{ apiGroups: groups, resources: ['externalsecrets'], verbs: ['get', 'patch'] }])
  const release = await releaseOf(controlPlane, { catalogue, environments }, 'recette')
  const { model } = release
  upgrade = release.upgrade
  expect(await upgrade(helm4, '--set-string', `scaleway.apiUrl=${apiUrl}`)).toMatchObject({ exitCode: 0 })
  const [backend, frontend] = model.tiers
  if (!backend || !frontend) throw new Error('no tiers')
  const common = { region: model.region, apiUrl }
  scenes.set(backend.name, { ...common, own: backend, other: frontend })
  scenes.set(frontend.name, { ...common, own: frontend, other: backend })
  await untilJudged(admin, model)
  // Installed again once the policies judge: what the chart renders passes them.
  expect(await upgrade(helm4, '--set-string', `scaleway.apiUrl=${apiUrl}`)).toMatchObject({ exitCode: 0 })
})
afterAll(async () => {
  for (const client of [admin, owner, refresher]) client?.[Symbol.dispose]()
  await controlPlane?.[Symbol.asyncDispose]()
})

const groups = ['external-secrets.io', 'generators.external-secrets.io']

async function grant(name: string, rules: readonly unknown[]): Promise<void> {
  const metadata = { name }
  const apiGroup = 'rbac.authorization.k8s.io'
  await admin.create(kinds.clusterRole, { metadata, rules } as AnyObject)
  const roleRef = { apiGroup, kind: 'ClusterRole', name }
  await admin.create(kinds.clusterRoleBinding, {
    metadata,
    roleRef,
    subjects: [{ apiGroup, kind: 'User', name }],
  } as AnyObject)
}

const sceneOf = (tier: string): Scene => {
  const scene = scenes.get(tier)
  if (!scene) throw new Error(`no tier ${tier}`)
  return scene
}

/** The object of an attack or of its twin, in the namespace of its tier unless told. */
function objectOf(attack: Attack, which: 'attack' | 'twin', scene: Scene, namespace = scene.own.namespace): AnyObject {
  return { metadata: { name: attack.name?.(scene) ?? 'probe', namespace }, spec: specOf(attack, which, scene) }
}

/** A refusal in the form of all problems, which ends with its rule. */
const refusalBy = (rule: string) =>
  new RegExp(
    `denied request: (?!a value is too long).+\\. Expected .+\\. fix: .+\\. \\(${rule}\\) \\(403 Forbidden\\)$`,
  )

const tiers = ['backend', 'frontend']

describe.each(tiers)('in the namespace of tier %s', (tier) => {
  describe.each([
    ['an administrator of the cluster', () => admin],
    ['an administrator of the namespace', () => owner],
  ] as const)('%s', (_, clientOf) => {
    test.each(attacks)('may not create: $title ($rule), and may create its twin', async (attack) => {
      const scene = sceneOf(tier)
      const create = (object: AnyObject) => tryCreate(clientOf(), attack.kind, object)
      expect(await create(objectOf(attack, 'attack', scene))).toMatch(refusalBy(attack.rule))
      expect(await create(objectOf(attack, 'twin', scene))).toBe('allowed')
      expect(await create(objectOf(attack, 'attack', scene, elsewhere))).toBe('allowed')
    })
  })

  test.each(attacks)('no apply and no patch leads to: $title ($rule)', async (attack) => {
    const scene = sceneOf(tier)
    const [evil, twin] = [objectOf(attack, 'attack', scene), objectOf(attack, 'twin', scene)]
    const ref = twin.metadata
    const apply = (object: AnyObject) => verdict(owner.apply(attack.kind, ref, object))
    const patch = { spec: mergePatchBetween(twin.spec, evil.spec) }
    expect(await apply(evil)).toMatch(refusalBy(attack.rule))
    expect(await apply(twin)).toBe('allowed')
    expect(await apply(evil)).toMatch(refusalBy(attack.rule))
    expect(await verdict(owner.mergePatch(attack.kind, ref, patch))).toMatch(refusalBy(attack.rule))
    expect(await verdict(owner.mergePatch(attack.kind, ref, { metadata: { labels: { a: 'b' } } }))).toBe('allowed')
    await owner.delete(attack.kind, ref)
  })

  test.each(attacks)('nor on its way out: $title ($rule)', async (attack) => {
    const scene = sceneOf(tier)
    const [evil, twin] = [objectOf(attack, 'attack', scene), objectOf(attack, 'twin', scene)]
    const ref = twin.metadata
    await owner.create(attack.kind, { ...twin, metadata: { ...ref, finalizers: ['a.example/held'] } })
    await owner.delete(attack.kind, ref)
    const patch = { spec: mergePatchBetween(twin.spec, evil.spec) }
    expect(await verdict(owner.mergePatch(attack.kind, ref, patch))).toMatch(refusalBy(attack.rule))
    expect(await verdict(owner.mergePatch(attack.kind, ref, { metadata: { finalizers: null } }))).toBe('allowed')
    expect(await owner.get(attack.kind, ref)).toBeUndefined()
  })

  test.each(Object.values(otherKinds))('nobody creates a $kind; elsewhere one may', async (kind) => {
    const spec = otherSpecs[kind.kind]
    for (const client of [admin, owner]) {
      const create = (namespace: string) => tryCreate(client, kind, { metadata: { name: 'probe', namespace }, spec })
      expect(await create(sceneOf(tier).own.namespace)).toMatch(refusalBy('KIND_REFUSED'))
      expect(await create(elsewhere)).toBe('allowed')
    }
  })

  test('who may only patch ExternalSecrets changes the annotation force-sync, and nothing else', async () => {
    const { own } = sceneOf(tier)
    const ref = { namespace: own.namespace, name: requiredTarget(own)?.name ?? '' }
    const patch = (client: KubernetesClient, change: object) =>
      verdict(client.mergePatch(kinds.externalSecret, ref, change))
    const uid = '00000000-0000-4000-8000-000000000000'
    const ownerReferences = [{ apiVersion: 'v1', kind: 'ConfigMap', name: 'a', uid }]
    const changes: Readonly<Record<string, object>> = {
      spec: { spec: { refreshInterval: '1s' } },
      labels: { metadata: { labels: { a: 'b' } } },
      finalizers: { metadata: { finalizers: ['a.example/b'] } },
      ownerReferences: { metadata: { ownerReferences } },
    }
    expect(await patch(refresher, { metadata: { annotations: { 'force-sync': '1' } } })).toBe('allowed')
    for (const [name, change] of Object.entries(changes)) {
      const said = await patch(refresher, change)
      expect(said).toMatch(refusalBy('EXTERNAL_SECRET_REFRESH_ONLY'))
      expect(said).toContain(`changed are ${name}, by`)
      expect(await patch(owner, change)).toBe('allowed')
    }
    expect(await patch(refresher, { metadata: { annotations: { 'force-sync': '2' } } })).toBe('allowed')
    const undo = { labels: { a: null }, finalizers: null, ownerReferences: null }
    expect(await patch(owner, { metadata: undo, spec: { refreshInterval: '1h0m0s' } })).toBe('allowed')
  })

  test('who may only patch ExternalSecrets leaves alone who manages which field', async () => {
    const { own } = sceneOf(tier)
    const ref = { namespace: own.namespace, name: 'managed' }
    await owner.apply(kinds.externalSecret, ref, { metadata: ref, spec: externalSecretOf(own) } as AnyObject, {
      fieldManager: 'helm',
    })
    const managers = async () => (await admin.get<AnyObject>(kinds.externalSecret, ref))?.metadata.managedFields ?? []
    const isHelm = ({ manager }: { readonly manager?: string }) => manager === 'helm'
    const ofHelm = async () => (await managers()).filter(isHelm)
    const before = await ofHelm()
    expect(before).toHaveLength(1)
    const refresh = { annotations: { 'force-sync': 'managers' } }
    const patch = (by: KubernetesClient, managedFields: unknown) =>
      verdict(by.mergePatch(kinds.externalSecret, ref, { metadata: { ...refresh, managedFields } }))
    const apply = (by: KubernetesClient, fieldManager: string, annotations: Readonly<Record<string, string>>) =>
      verdict(by.apply(kinds.externalSecret, ref, { metadata: { ...ref, annotations } }, { fieldManager }))

    const all = await managers()
    const rest = all.filter((entry) => !isHelm(entry))
    const [helm] = before
    const nobody = { apiVersion: 'external-secrets.io/v1', fieldsType: 'FieldsV1', time: '2026-01-01T00:00:00Z' }
    const forged = { ...nobody, manager: 'mine', operation: 'Apply', fieldsV1: { 'f:spec': { 'f:data': {} } } }
    const narrowed = { ...helm, fieldsV1: { 'f:spec': { 'f:data': {} } } }
    const attempts: Readonly<Record<string, readonly unknown[]>> = {
      'none any more, as one empty entry': [{}],
      'Helm is left out': [...rest, { ...forged, fieldsV1: { 'f:metadata': { 'f:annotations': { 'f:a': {} } } } }],
      'Helm has another name': [...rest, { ...helm, manager: 'mine' }],
      'Helm only updated': [...rest, { ...helm, operation: 'Update' }],
      'Helm manages less': [...rest, narrowed],
      'somebody else manages as well': [...all, forged],
    }
    for (const [title, managedFields] of Object.entries(attempts)) {
      expect([title, await patch(refresher, managedFields)]).toEqual([
        title,
        expect.stringContaining('changed are managedFields, by'),
      ])
    }
    for (const manager of ['one', 'other', 'one']) {
      expect(await apply(refresher, manager, { 'force-sync': manager })).toBe('allowed')
      expect(await patch(refresher, undefined)).toBe('allowed')
    }
    expect(await ofHelm()).toEqual(before)
    expect(await patch(owner, [{}])).toBe('allowed')
    expect(await ofHelm()).toEqual([])
    await owner.delete(kinds.externalSecret, ref)
  })

  describe.each([
    ['has others', { 'meta.helm.sh/release-name': 'shop', 'a.example/b': '1' }],
    ['has none', undefined],
  ])('of the annotations of an ExternalSecret that %s, who may only patch it', (_, before) => {
    const ref = () => ({ namespace: sceneOf(tier).own.namespace, name: 'annotated' })
    const annotate = (client: KubernetesClient, annotations: unknown) =>
      verdict(client.mergePatch(kinds.externalSecret, ref(), { metadata: { annotations } }))
    beforeEach(() =>
      admin.create(kinds.externalSecret, {
        metadata: { ...ref(), ...(before ? { annotations: before } : {}) },
        spec: externalSecretOf(sceneOf(tier).own),
      } as AnyObject),
    )
    afterEach(() => admin.delete(kinds.externalSecret, ref()))

    const changes: readonly [what: string, names: readonly string[], annotations: unknown][] = [
      ['adds one', ['c.example/d'], { 'c.example/d': '' }],
      ['adds one named alike', ['external-secrets.io/force-sync'], { 'external-secrets.io/force-sync': '1' }],
      ['adds one beside a refresh', ['c.example/d'], { 'c.example/d': '1', 'force-sync': '1' }],
      ['changes that of Helm', ['meta.helm.sh/release-name'], { 'meta.helm.sh/release-name': 'another' }],
      ...(before
        ? ([
            ['removes one', ['a.example/b'], { 'a.example/b': null }],
            ['removes one beside a refresh', ['a.example/b'], { 'a.example/b': null, 'force-sync': '1' }],
            ['removes all', Object.keys(before), null],
          ] satisfies (readonly [string, readonly string[], unknown])[])
        : []),
    ]
    test.each(changes)('never %s; who may create one, does', async (_what, names, annotations) => {
      const said = await annotate(refresher, annotations)
      expect(said).toMatch(refusalBy('EXTERNAL_SECRET_REFRESH_ONLY'))
      const told = /changed are (.+), by/.exec(said)?.[1]?.split(', ')
      expect(told?.sort()).toEqual(names.map((name) => `annotation ${name}`).sort())
      expect(await annotate(owner, annotations)).toBe('allowed')
    })

    test('adds, changes and removes force-sync', async () => {
      for (const value of ['1', '2', null, '3']) {
        expect(await annotate(refresher, { 'force-sync': value })).toBe('allowed')
      }
    })
  })
})

const otherSpecs: Readonly<Record<string, unknown>> = {
  PushSecret: {
    secretStoreRefs: [{ name: 'a' }],
    selector: { secret: { name: 'a' } },
    data: [{ match: { remoteRef: { remoteKey: 'name:a' } } }],
  },
  Password: { length: 8, noUpper: false, allowRepeat: true },
  Webhook: { url: 'https://collector.example', result: {} },
  Fake: { data: { a: 'b' } },
  GeneratorState: { resource: {}, state: {} },
}

test('the local server is let in where it is allowed, and none is needed', async () => {
  const { own, region } = sceneOf('frontend')
  const metadata = { name: 'probe', namespace: own.namespace }
  for (const url of [apiUrl, '']) {
    expect(await tryCreate(owner, kinds.secretStore, { metadata, spec: storeOf(own, region, url) })).toBe('allowed')
  }
})

test('a refusal names the rule, what is true, what was expected and the fix', async () => {
  const { own } = sceneOf('frontend')
  const attack = attacks.find(({ title }) => title === 'a secret of the other tier') as Attack
  expect(await tryCreate(owner, attack.kind, objectOf(attack, 'attack', sceneOf('frontend')))).toContain(
    `'trackdechets-external-secrets' with binding 'trackdechets-frontend-external-secrets' denied request: the remote key "path:/trackdechets-backend/a" is not one of this tier. Expected "path:${own.remotePath}/<name>", and no further folder; letters, digits, dots, underscores and hyphens, not dots only. fix: add the secret to this tier in scripts/catalogue.ts. (EXTERNAL_SECRET_KEY)`,
  )
})

test('a refusal never holds an API key, and still names its rule when a value is too long to be reported', async () => {
  const scene = sceneOf('backend')
  for (const attack of attacks.filter(({ rule }) => rule === 'STORE_KEY_INLINE')) {
    const said = await tryCreate(owner, attack.kind, objectOf(attack, 'attack', scene))
    expect(said).not.toMatch(/9b7f2d64|SCWXX/)
  }
  const spec = { ...storeOf(scene.own, 'x'.repeat(6000), apiUrl) }
  const metadata = { name: 'probe', namespace: scene.own.namespace }
  expect(await tryCreate(owner, kinds.secretStore, { metadata, spec })).toMatch(
    /denied request: a value is too long to be shown, or has several lines\. fix: .+\. \(STORE_REGION\)/,
  )
})

test('what is not allowed any more can be deleted, with a finalizer to remove, and nothing else', async () => {
  const { own, region } = sceneOf('backend')
  const boundary = { namespace: 'trackdechets-secrets', name: `boundary-${own.namespace}` }
  const ref = { namespace: own.namespace, name: 'outdated' }
  const patch = (change: object) => verdict(admin.mergePatch(kinds.secretStore, ref, change))
  await admin.create(kinds.secretStore, {
    metadata: { ...ref, finalizers: ['a.example/held'] },
    spec: storeOf(own, region),
  } as AnyObject)
  await admin.mergePatch(kinds.secret, boundary, { metadata: { annotations: { region: 'pl-waw' } } })
  await eventually(
    () => patch({ metadata: { labels: { a: 'b' } } }),
    (said) => refusalBy('STORE_REGION').test(said),
  )
  expect(await patch({ metadata: { finalizers: null } })).toMatch(refusalBy('STORE_REGION'))
  await admin.delete(kinds.secretStore, ref)
  expect(await patch({ spec: { refreshInterval: 60 } })).toMatch(refusalBy('STORE_REGION'))
  expect(await patch({ metadata: { finalizers: null } })).toBe('allowed')
  expect(await admin.get(kinds.secretStore, ref)).toBeUndefined()
  await admin.mergePatch(kinds.secret, boundary, { metadata: { annotations: { region } } })
})

test('without its parameters a namespace is closed, and open to its own again with them', async () => {
  const { own, region } = sceneOf('backend')
  const ref = { namespace: 'trackdechets-secrets', name: `boundary-${own.namespace}` }
  const boundary = await admin.get(kinds.secret, ref)
  const attempt = () =>
    tryCreate(admin, kinds.secretStore, {
      metadata: { name: 'probe', namespace: own.namespace },
      spec: storeOf(own, region),
    })
  await admin.delete(kinds.secret, ref)
  await eventually(attempt, (said) => said.includes('no params found for policy binding'))
  await admin.create(kinds.secret, { metadata: { ...ref, annotations: boundary?.metadata.annotations ?? {} } })
  await eventually(attempt, (said) => said === 'allowed')
})

test('targets with the annotation of Reloader pass, which nobody adds who may only force a refresh', async () => {
  const { own } = sceneOf('backend')
  const ref = { namespace: own.namespace, name: requiredTarget(own)?.name ?? '' }
  const template = { metadata: { annotations: { 'reloader.stakater.com/match': 'true' } } }
  const patch = { spec: { target: { template } } }
  const args = ['--set-string', `scaleway.apiUrl=${apiUrl}`]
  expect(await upgrade(helm4, ...args)).toMatchObject({ exitCode: 0 })
  expect(await verdict(refresher.mergePatch(kinds.externalSecret, ref, patch))).toContain(
    '(EXTERNAL_SECRET_REFRESH_ONLY)',
  )
  expect(await upgrade(helm4, ...args, '--set', 'reloader.enabled=true')).toMatchObject({ exitCode: 0 })
  expect(await admin.get(kinds.externalSecret, ref)).toMatchObject({ spec: { target: { template } } })
})

describe('the credentials Secret of a tier', () => {
  const own = () => sceneOf('backend').own
  const ref = () => credentialsOf(own()).metadata
  const apply = (parts?: CredentialsParts) => verdict(admin.apply(kinds.secret, ref(), credentialsOf(own(), parts)))
  const change = (patch: object) => verdict(admin.mergePatch(kinds.secret, ref(), patch))
  /** A refusal, which holds nothing of the key. */
  const expectRefusal = (said: string, rule: string) => {
    expect(said).toMatch(refusalBy(rule))
    expect(leaked(said)).toEqual([])
  }
  beforeAll(async () => {
    await eventually(
      () => tryCreate(admin, kinds.secret, { metadata: ref() }),
      (said) => said !== 'allowed',
    )
  })
  // What a test leaves would use up the quota of the tier.
  afterEach(async () => {
    for (const name of [ref().name, 'another']) await admin.delete(kinds.secret, { ...ref(), name })
  })

  test.each(credentialsAttacks)('never has $title ($rule), and has its twin', async ({ rule, attack, twin }) => {
    const create = (metadata: AnyObject['metadata'], parts = attack) =>
      tryCreate(admin, kinds.secret, { ...parts, metadata })
    expectRefusal(await create(ref()), rule)
    expect(await create(ref(), twin)).toBe('allowed')
    expect(await create({ ...ref(), name: 'another' })).toBe('allowed')
    expect(await create({ ...ref(), namespace: elsewhere })).toBe('allowed')
    expect(await apply(twin)).toBe('allowed')
    if (rule !== 'CREDENTIALS_TYPE') expectRefusal(await apply(attack), rule)
  })

  test('is taken as the controller of sealed-secrets makes it, once and again', async () => {
    const { certificate, key } = testCertificate()
    const privateKey = join(await temporaryFolder(), 'key.pem')
    await writeFile(privateKey, key, { mode: 0o600 })
    const { unseal } = await tools('unseal')
    const sealed = seal(
      certificate,
      { namespace: own().namespace, name: own().credentialsSecret, labels: { a: 'b' } },
      { [credentialKeys.accessKey]: accessKey, [credentialKeys.secretKey]: secretKey },
    )
    const opened = JSON.parse(await run(unseal.path, [privateKey], { input: JSON.stringify(sealed) }))
    const { name, namespace, labels, type, digests } = opened
    expect(Object.keys(digests).sort()).toEqual(Object.values(credentialKeys))
    const uid = '00000000-0000-4000-8000-000000000000'
    const ownerReferences = [{ apiVersion: 'bitnami.com/v1alpha1', kind: 'SealedSecret', name, uid, controller: true }]
    const secret = { ...credentialsOf(own()), type, metadata: { name, namespace, labels, ownerReferences } }
    expect(await verdict(admin.create(kinds.secret, secret))).toBe('allowed')
    expect(await verdict(admin.apply(kinds.secret, ref(), secret))).toBe('allowed')
  })

  test('that is malformed already is in the way of nothing, and becomes nothing but right or deleted', async () => {
    const boundary = { namespace: 'trackdechets-secrets', name: `boundary-${own().namespace}` }
    const { rules } = (await admin.get(kinds.secret, boundary))?.metadata.annotations ?? {}
    const judgeBy = (version?: string) =>
      admin.mergePatch(kinds.secret, boundary, { metadata: { annotations: { rules: version } } })
    // Another one each time: what stays as it is, is not judged.
    let spaces = ' '
    const malformed = () => {
      spaces += ' '
      return { ...credentialsOf(own()).data, 'secret-key': Buffer.from(secretKey + spaces).toString('base64') }
    }
    await judgeBy('off')
    await eventually(
      () => apply({ data: malformed() }),
      (said) => said === 'allowed',
    )
    await judgeBy(rules)
    await eventually(
      () => change({ data: malformed() }),
      (said) => refusalBy('CREDENTIALS_SECRET_KEY').test(said),
    )
    for (const metadata of [{ labels: { a: 'b' } }, { labels: null, finalizers: ['a.example/held'] }])
      expect(await change({ metadata })).toBe('allowed')
    expect(await upgrade(helm4, '--set-string', `scaleway.apiUrl=${apiUrl}`)).toMatchObject({ exitCode: 0 })
    await admin.delete(kinds.secret, ref())
    expectRefusal(await change({ data: malformed() }), 'CREDENTIALS_SECRET_KEY')
    expect(await apply()).toBe('allowed')
    expect(await change({ metadata: { finalizers: null } })).toBe('allowed')
    expect(await admin.get(kinds.secret, ref())).toBeUndefined()
  })

  test('is all that is closed without the parameters', async () => {
    const boundary = { namespace: 'trackdechets-secrets', name: `boundary-${own().namespace}` }
    const { annotations = {} } = (await admin.get(kinds.secret, boundary))?.metadata ?? {}
    await admin.delete(kinds.secret, boundary)
    await eventually(
      () => apply(),
      (said) => said.includes('no params found for policy binding'),
    )
    const another = { namespace: own().namespace, name: 'another' }
    expect(await tryCreate(admin, kinds.secret, { metadata: another })).toBe('allowed')
    await admin.create(kinds.secret, { metadata: { ...boundary, annotations } })
    await eventually(
      () => apply(),
      (said) => said === 'allowed',
    )
  })
})
