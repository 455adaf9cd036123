import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyRepository, writeGenerated } from '../../scripts/bench/workspace.ts'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { waitForSync } from '../../scripts/cluster/wait-for-sync.ts'
import { operatorValuesText } from '../../scripts/generate/operator-values.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import {
  type Kind,
  type KubernetesObject,
  kinds,
  type ObjectMeta,
  type ObjectRef,
  type SecretObject,
} from '../../scripts/kubernetes/kinds.ts'
import { oneFolder } from '../../scripts/lib/folders.ts'
import { startEmulator } from '../../scripts/local/emulator/emulator.ts'
import { Cleanup } from '../../scripts/local/stack/cleanup.ts'
import type { RunningProcess } from '../../scripts/local/stack/process.ts'
import { externalSecretRefs } from '../../scripts/local/stack/stack.ts'
import { installedOperator } from '../../scripts/model/operator-version.ts'
import { resolve, resolveAll } from '../../scripts/model/resolve.ts'
import { applicationWith } from '../helpers/applications.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { find } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { tokenOf } from '../helpers/service-account.ts'
import { type AnyObject, tryCreate, verdict } from './admission-world.ts'
import { installOperator, installWithKeys } from './operator-world.ts'
import { root } from './world.ts'

/*
 * The operator as its generated values install it: the rendered arguments, and the rendered rights and nothing more.
 */

const namespace = 'external-secrets'
const user = `system:serviceaccount:${namespace}:external-secrets`
const bundle = { identity: 's3', layout: 'bundle' } as const
const application = applicationWith({
  secrets: [
    { variable: 'TOKEN' },
    { variable: 'S3_KEY', ...bundle },
    { variable: 'S3_SECRET', ...bundle },
    { variable: 'SENTRY', optional: true },
    { tier: 'web', variable: 'ORIGIN' },
  ],
})
const model = resolve(application, 'dev')

const cleanup = new Cleanup()
let admin: KubernetesClient
let manifests: Manifest[]
let operator: RunningProcess
/** Whoever has taken the operator over: its token, and so its rights. */
let thief: KubernetesClient
beforeAll(async () => {
  const controlPlane = cleanup.use(await borrowControlPlane())
  admin = createClient({ ...controlPlane, skipVerify: false })
  cleanup.defer(() => admin[Symbol.dispose]())
  const workspace = cleanup.use(await copyRepository(oneFolder(root)))
  await writeGenerated(workspace, application)

  const values = operatorValuesText(resolveAll(application), installedOperator)
  const installed = await installOperator({ admin, controlPlane, namespace, values })
  manifests = installed.manifests
  operator = cleanup.use(installed.operator)
  const { server, ca } = controlPlane
  thief = createClient({ server, ca, token: await tokenOf(admin, namespace, 'external-secrets'), skipVerify: false })
  cleanup.defer(() => thief[Symbol.dispose]())
  await admin.create(kinds.namespace, { metadata: { name: 'elsewhere' } })

  const emulator = cleanup.use(await startEmulator())
  await installWithKeys({ admin, controlPlane, emulator, workspace, model })
  // The API server looks at policies once a second, and compiles them then.
  const probe = secretOf('shop-secrets', 'sh.helm.release.v1.probe.v1', 'helm.sh/release.v1')
  await eventually(
    () => tryCreate(thief, kinds.secret, probe, admin),
    (said) => said.includes('(OPERATOR_SECRET_TYPE)'),
  )
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('every target is written, and the API server refuses the operator nothing', async () => {
  const reports = await waitForSync(admin, externalSecretRefs(model), { timeoutMs: 60_000 })
  expect(reports.map(({ state }) => state)).toEqual(['synced', 'synced', 'synced'])
  const log = await readFile(operator.logFile, 'utf8')
  expect(log).toContain('Starting workers')
  expect(
    log.split('\n').filter((line) => /denied|forbidden|cannot (get|list|watch|create|update|patch)/i.test(line)),
  ).toEqual([])
})

test('a target that somebody changed by hand is put right', async () => {
  const ref = { namespace: 'shop-api', name: 'api-secrets' }
  const keys = async () => Object.keys((await admin.get<SecretObject>(kinds.secret, ref))?.data ?? {}).sort()
  await admin.mergePatch(kinds.secret, ref, { data: { TOKEN: null, MINE: 'eA==' } })
  await eventually(keys, (found) => found.join() === 'S3_KEY,S3_SECRET,TOKEN')
})

test('a deleted ExternalSecret goes, with its finalizer and its target; a new one takes over a Secret that is there', async () => {
  const ref = { namespace: 'shop-web', name: 'web-secrets' }
  const before = await admin.get(kinds.externalSecret, ref)
  await admin.delete(kinds.externalSecret, ref)
  await eventually(
    async () => [await admin.get(kinds.externalSecret, ref), await admin.get(kinds.secret, ref)],
    (left) => left.every((object) => object === undefined),
  )
  await admin.create(kinds.secret, { metadata: ref })
  const { spec, metadata } = before as KubernetesObject & { spec: object }
  const again = { metadata: { ...ref, labels: metadata.labels ?? {} }, spec } as KubernetesObject
  await admin.create(kinds.externalSecret, again)
  await eventually(
    () => admin.get<SecretObject>(kinds.secret, ref),
    (target) => Object.keys(target?.data ?? {}).join() === 'ORIGIN',
  )
})

/** A Secret the thief writes: refused by a rule, or taken. Without a rule nothing stands in his way. */
const writes: readonly [title: string, rule: string | undefined, secret: AnyObject & { type?: string }][] = [
  [
    'a token of a ServiceAccount in kube-system',
    'OPERATOR_SECRET_TYPE',
    token('kube-system', 'kubernetes.io/service-account-token'),
  ],
  ['the same as an ordinary Secret', undefined, token('kube-system', 'Opaque')],
  [
    'a token in the namespace of somebody else',
    'OPERATOR_SECRET_TYPE',
    token('elsewhere', 'kubernetes.io/service-account-token'),
  ],
  ['a token of its own', 'OPERATOR_SECRET_TYPE', token(namespace, 'kubernetes.io/service-account-token')],
  [
    'a token that joins a node',
    'OPERATOR_SECRET_TYPE',
    secretOf('kube-system', 'bootstrap-token-abcdef', 'bootstrap.kubernetes.io/token'),
  ],
  [
    'a release of Helm',
    'OPERATOR_SECRET_TYPE',
    secretOf('shop-secrets', 'sh.helm.release.v1.x.v9', 'helm.sh/release.v1'),
  ],
  ['an ordinary Secret beside it', undefined, secretOf('shop-secrets', 'mine')],
  ['a boundary', 'OPERATOR_BOUNDARY', secretOf('shop-secrets', 'boundary-elsewhere')],
  ['a Secret of that name elsewhere', undefined, secretOf('elsewhere', 'boundary-elsewhere')],
  ['a Secret of another type elsewhere', undefined, secretOf('elsewhere', 'mine', 'example.com/anything')],
  ['a Secret of its own in a tier', 'OPERATOR_TARGET', secretOf('shop-web', 'mine')],
  ['a target of another tier', 'OPERATOR_TARGET', secretOf('shop-web', 'api-secrets')],
  [
    'a Secret the API server is to name',
    'OPERATOR_TARGET',
    { metadata: { name: '', namespace: 'shop-web', generateName: 'web-' } as ObjectMeta },
  ],
]

test.each(writes)('may it create %s: %s', async (_, rule, secret) => {
  const said = await verdict(thief.create(kinds.secret, secret))
  if (rule === undefined) expect(said).toBe('allowed')
  else expect(said).toMatch(new RegExp(`denied request: the operator .*\\. Expected .*\\. fix: .*\\. \\(${rule}\\)`))
})

test('a target it writes has the type of a target', async () => {
  const create = (type: string) => verdict(thief.create(kinds.secret, secretOf('shop-web', 'web-secrets', type)))
  expect(await create('example.com/anything')).toContain(
    'the operator writes or deletes Secret "web-secrets" of type example.com/anything. Expected one of: web-secrets=Opaque. fix: ',
  )
  // It is there already, which nobody would find out if it were refused.
  expect(await create('Opaque')).toContain('already exists')
})

test('it changes no boundary and no key of a tier, and changes a target', async () => {
  const patch = (ref: ObjectRef, change: object) => verdict(thief.mergePatch(kinds.secret, ref, change))
  const metadata = { annotations: { rules: 'off' } }
  const boundary = { namespace: 'shop-secrets', name: 'boundary-shop-api' }
  expect(await patch(boundary, { metadata })).toContain('(OPERATOR_BOUNDARY)')
  expect(await patch({ namespace: 'shop-secrets', name: 'mine' }, { metadata })).toBe('allowed')
  const credentials = { namespace: 'shop-api', name: 'scw-api-credentials' }
  // Well-formed, so that the rules for keys have nothing against it.
  const accessKey = Buffer.from('SCW00000000000000000').toString('base64')
  expect(await patch(credentials, { data: { 'access-key': accessKey } })).toContain('(OPERATOR_TARGET)')
  expect(await patch({ namespace: 'shop-api', name: 'api-secrets' }, { metadata: { labels: { a: 'b' } } })).toBe(
    'allowed',
  )
})

test('another application that it serves as well is judged by its own parameters, and by no others', async () => {
  for (const name of ['other', 'other-secrets']) await admin.create(kinds.namespace, { metadata: { name } })
  const ref = { namespace: 'shop-secrets', name: 'boundary-shop-api' }
  const rules = (await admin.get(kinds.secret, ref))?.metadata.annotations?.rules ?? ''
  const annotations = { rules, namespace: 'other', targetTypes: 'theirs=Opaque', operators: user }
  await admin.create(kinds.secret, { metadata: { namespace: 'other-secrets', name: 'boundary-other', annotations } })
  const spec = {
    policyName: 'shop-operator-secrets',
    paramRef: { namespace: 'other-secrets', name: 'boundary-other', parameterNotFoundAction: 'Allow' },
    validationActions: ['Deny'],
  }
  await admin.create(kinds.validatingAdmissionPolicyBinding, { metadata: { name: 'other' }, spec } as AnyObject)

  const write = (where: string, name: string) => verdict(thief.create(kinds.secret, secretOf(where, name)))
  await eventually(
    () => write('other-secrets', 'boundary-mine'),
    (said) => said.includes('(OPERATOR_BOUNDARY)'),
  )
  expect(await write('other', 'api-secrets')).toContain('(OPERATOR_TARGET)')
  expect(await write('other', 'theirs')).toBe('allowed')
  expect(await write('shop-web', 'theirs')).toContain('(OPERATOR_TARGET)')
  expect(await write('shop-web', 'web-secrets')).toContain('already exists')
  expect(await write('elsewhere', 'theirs')).toBe('allowed')
})

test("with the rights of the operator's own chart it deletes neither, and deletes elsewhere", async () => {
  const metadata = { name: 'deleter' }
  const apiGroup = 'rbac.authorization.k8s.io'
  const rules = [{ apiGroups: [''], resources: ['secrets'], verbs: ['delete'] }]
  await admin.create(kinds.clusterRole, { metadata, rules } as AnyObject)
  await admin.create(kinds.clusterRoleBinding, {
    metadata,
    roleRef: { apiGroup, kind: 'ClusterRole', ...metadata },
    subjects: [{ kind: 'ServiceAccount', namespace, name: 'external-secrets' }],
  } as AnyObject)
  const remove = (where: string, name: string) => verdict(thief.delete(kinds.secret, { namespace: where, name }))
  await eventually(
    () => remove('elsewhere', 'mine'),
    (said) => said === 'allowed',
  )
  expect(await remove('shop-secrets', 'boundary-shop-api')).toContain('(OPERATOR_BOUNDARY)')
  expect(await remove('shop-api', 'scw-api-credentials')).toContain('(OPERATOR_TARGET)')
  expect(await remove('shop-web', 'web-secrets')).toBe('allowed')
  await admin.delete(kinds.clusterRoleBinding, metadata)
})

test("the operator's pod fits a namespace that enforces `restricted`", async () => {
  const { template } = find(manifests, 'Deployment', 'external-secrets').spec as unknown as {
    template: KubernetesObject
  }
  const pod = { ...template, metadata: { ...template.metadata, name: 'operator', namespace } }
  await admin.create(pods, pod)
})

test.each([
  ['yes', 'update leases.coordination.k8s.io', namespace, 'external-secrets-controller'],
  ['yes', 'create leases.coordination.k8s.io', namespace],
  ['yes', 'list secrets.'],
  ['yes', 'patch externalsecrets.external-secrets.io', 'shop-api'],
  ['no', 'update leases.coordination.k8s.io', namespace, 'somebody-elses'],
  ['no', 'delete secrets.', 'shop-api'],
  ['no', 'create externalsecrets.external-secrets.io', 'shop-api'],
  ['no', 'delete externalsecrets.external-secrets.io', 'shop-api'],
  ['no', 'create secretstores.external-secrets.io', 'shop-api'],
  ['no', 'update secretstores.external-secrets.io', 'shop-api'],
  ['no', 'get clustersecretstores.external-secrets.io'],
  ['no', 'list pushsecrets.external-secrets.io', 'shop-api'],
  ['no', 'get webhooks.generators.external-secrets.io', 'shop-api'],
  ['no', 'get configmaps.', 'shop-api'],
  ['no', 'get serviceaccounts.', 'shop-api'],
  ['no', 'create serviceaccounts.', 'shop-api', undefined, 'token'],
  ['no', 'create pods.', 'shop-api'],
  ['no', 'update customresourcedefinitions.apiextensions.k8s.io'],
  ['no', 'escalate clusterroles.rbac.authorization.k8s.io'],
])('may it, %s: %s in %s %s', async (expected, what, inside?: string, name?: string, subresource?: string) => {
  const [verb = '', resource = ''] = what.split(' ')
  const [plural = '', ...group] = resource.split('.')
  const resourceAttributes = {
    verb,
    group: group.join('.'),
    resource: plural,
    ...(inside ? { namespace: inside } : {}),
    ...(name ? { name } : {}),
    ...(subresource ? { subresource } : {}),
  }
  const groups = ['system:authenticated', 'system:serviceaccounts', `system:serviceaccounts:${namespace}`]
  const review = { metadata: {} as ObjectMeta, spec: { user, groups, resourceAttributes } }
  type Answer = KubernetesObject & { readonly status: { readonly allowed: boolean } }
  const { status } = await admin.create<Answer>(subjectAccessReview, review as unknown as Answer)
  expect(status.allowed ? 'yes' : 'no').toBe(expected)
})

// --- internal ---

function secretOf(where: string, name: string, type = 'Opaque'): AnyObject & { type: string } {
  return { metadata: { namespace: where, name }, type }
}

function token(where: string, type: string) {
  const annotations = { 'kubernetes.io/service-account.name': 'default' }
  const { metadata, ...rest } = secretOf(where, 'token', type)
  return { ...rest, metadata: { ...metadata, annotations } }
}

const pods: Kind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
const subjectAccessReview: Kind = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
}
