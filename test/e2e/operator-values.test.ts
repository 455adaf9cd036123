import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { copyRepository, writeGenerated } from '../../scripts/bench/workspace.ts'
import { operatorValuesText } from '../../scripts/emit/operator-values.ts'
import { startEmulator } from '../../scripts/emulator/emulator.ts'
import { upgradeRelease } from '../../scripts/helm/helm.ts'
import type { Manifest } from '../../scripts/helm/manifests.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import {
  type Kind,
  type KubernetesObject,
  kinds,
  type ObjectMeta,
  type SecretObject,
} from '../../scripts/kubernetes/kinds.ts'
import { waitForSync } from '../../scripts/kubernetes/wait-for-sync.ts'
import { Cleanup } from '../../scripts/local/cleanup.ts'
import { kubeconfigText, writePrivate } from '../../scripts/local/credentials.ts'
import { freePort } from '../../scripts/local/ports.ts'
import { answersOk } from '../../scripts/local/probe.ts'
import { type RunningProcess, startProcess } from '../../scripts/local/process.ts'
import { seedAccount } from '../../scripts/local/seed-account.ts'
import { externalSecretRefs } from '../../scripts/local/stack.ts'
import { writeTierCredentials } from '../../scripts/local/tier-credentials.ts'
import { installedOperator } from '../../scripts/model/operator-version.ts'
import { resolve, resolveAll } from '../../scripts/model/resolve.ts'
import { applicationWith } from '../helpers/applications.ts'
import { find, helm4 } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { localTools, startTestControlPlane } from '../helpers/local-stack.ts'
import { operatorChart, operatorManifests } from '../helpers/operator-chart.ts'
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
beforeAll(async () => {
  const controlPlane = cleanup.use(await startTestControlPlane())
  admin = createClient({ ...controlPlane, skipVerify: false })
  cleanup.defer(() => admin[Symbol.dispose]())
  const workspace = cleanup.use(await copyRepository(root))
  await writeGenerated(workspace, application)

  const valuesFile = join(controlPlane.folder, 'operator-values.yaml')
  await writeFile(valuesFile, operatorValuesText(resolveAll(application), installedOperator))
  manifests = await operatorManifests(await operatorChart(), valuesFile)
  await admin.create(kinds.namespace, { metadata: { name: namespace, labels: restricted } })
  for (const manifest of manifests) {
    const kind = installed[manifest.kind]
    if (kind) await admin.create(kind, manifest as KubernetesObject)
  }

  const kubeconfig = join(controlPlane.folder, 'operator-kubeconfig')
  const { server, ca } = controlPlane
  await writePrivate(kubeconfig, kubeconfigText({ context: 'operator', server, ca, token: await operatorToken() }))
  const livePort = await freePort()
  operator = cleanup.use(
    await startProcess({
      name: 'external-secrets',
      file: (await localTools()).operator,
      args: [...renderedArguments(), '--metrics-addr=0', `--live-addr=127.0.0.1:${livePort}`],
      env: { PATH: '/usr/bin:/bin', HOME: controlPlane.folder, KUBECONFIG: kubeconfig },
      cwd: controlPlane.folder,
      logFile: join(controlPlane.folder, 'external-secrets.log'),
      ready: () => answersOk({ url: `http://127.0.0.1:${livePort}/healthz` }),
      onSpawn: controlPlane.guard.watch,
    }),
  )

  const emulator = cleanup.use(await startEmulator())
  const account = { apiUrl: emulator.url, secretKey: emulator.owner.secretKey }
  const keys = await seedAccount({ account, organizationId: emulator.owner.organizationId, model })
  await writeTierCredentials(admin, model, keys)
  await upgradeRelease({
    helm: helm4,
    root: workspace.root,
    valuesFile: 'values/dev.yaml',
    release: model.release,
    set: { 'scaleway.apiUrl': emulator.url },
    env: { KUBECONFIG: controlPlane.kubeconfigPath },
  })
})
afterAll(() => cleanup[Symbol.asyncDispose]())

test('every target is written, and the API server refuses the operator nothing', async () => {
  const reports = await waitForSync(admin, externalSecretRefs(model), { timeoutMs: 30_000 })
  expect(reports.map(({ state }) => state)).toEqual(['synced', 'synced', 'synced'])
  const log = await readFile(operator.logFile, 'utf8')
  expect(log).toContain('Starting workers')
  expect(log.split('\n').filter((line) => /forbidden|cannot (get|list|watch|create|update|patch)/i.test(line))).toEqual(
    [],
  )
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

const restricted = { 'pod-security.kubernetes.io/enforce': 'restricted' }
const rbac = 'rbac.authorization.k8s.io/v1'
const installed: Readonly<Record<string, Kind>> = {
  ServiceAccount: kinds.serviceAccount,
  NetworkPolicy: {
    apiVersion: 'networking.k8s.io/v1',
    kind: 'NetworkPolicy',
    plural: 'networkpolicies',
    namespaced: true,
  },
  Role: kinds.role,
  RoleBinding: kinds.roleBinding,
  ClusterRole: { apiVersion: rbac, kind: 'ClusterRole', plural: 'clusterroles', namespaced: false },
  ClusterRoleBinding: {
    apiVersion: rbac,
    kind: 'ClusterRoleBinding',
    plural: 'clusterrolebindings',
    namespaced: false,
  },
}
const pods: Kind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }
const subjectAccessReview: Kind = {
  apiVersion: 'authorization.k8s.io/v1',
  kind: 'SubjectAccessReview',
  plural: 'subjectaccessreviews',
  namespaced: false,
}

/** Those of the Deployment, without the addresses and without the election, which needs a pod's namespace. */
function renderedArguments(): string[] {
  const { template } = find(manifests, 'Deployment', 'external-secrets').spec as {
    template: { spec: { containers: { args: string[] }[] } }
  }
  const args = template.spec.containers[0]?.args ?? []
  return args.filter((arg) => !/^--(metrics-addr|live-addr|enable-leader-election)=/.test(arg))
}

async function operatorToken(): Promise<string> {
  const tokens = { ...kinds.serviceAccount, kind: 'TokenRequest', plural: 'serviceaccounts/external-secrets/token' }
  const request = { apiVersion: 'authentication.k8s.io/v1', metadata: { namespace } as ObjectMeta, spec: {} }
  type Answer = KubernetesObject & { readonly status: { readonly token: string } }
  return (await admin.create<Answer>(tokens, request as unknown as Answer)).status.token
}
