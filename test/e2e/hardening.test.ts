import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import { trackdechets } from '../fixtures/applications.ts'
import { chartOf, helm4, manifestsOf } from '../helpers/chart.ts'
import { eventually } from '../helpers/eventually.ts'
import { startTestControlPlane } from '../helpers/local-stack.ts'

/*
 * The namespaces as the chart hardens them, in a real API server: the frontend enforces `restricted`, the backend
 * `baseline`.
 */

const frontend = 'trackdechets-frontend'
const backend = 'trackdechets-backend'

const hardened: Readonly<Record<string, Kind>> = {
  Namespace: kinds.namespace,
  ResourceQuota: { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true },
  LimitRange: { apiVersion: 'v1', kind: 'LimitRange', plural: 'limitranges', namespaced: true },
}
const pods: Kind = { apiVersion: 'v1', kind: 'Pod', plural: 'pods', namespaced: true }

type Quota = KubernetesObject & { readonly status?: Readonly<Record<'hard' | 'used', Record<string, string>>> }
type Pod = KubernetesObject & { readonly spec: { readonly containers: readonly { readonly resources?: object }[] } }

/** What a workload has to say for itself under `restricted`. */
const careful = {
  allowPrivilegeEscalation: false,
  capabilities: { drop: ['ALL'] },
  runAsNonRoot: true,
  seccompProfile: { type: 'RuntimeDefault' },
}

let controlPlane: ControlPlane
let client: KubernetesClient
beforeAll(async () => {
  // As in every real cluster; without it a privileged pod is refused everywhere, and the namespace would prove nothing.
  controlPlane = await startTestControlPlane({ extraApiServerArgs: ['--allow-privileged=true'] })
  client = createClient({ ...controlPlane, skipVerify: false })
  const { chart, values } = await chartOf(trackdechets)
  const manifests = await manifestsOf(helm4, chart, values('production'))
  for (const manifest of manifests) {
    const kind = hardened[manifest.kind]
    if (kind) await client.create(kind, manifest as KubernetesObject)
  }
  for (const namespace of [frontend, backend]) {
    await eventually(
      () => quotaOf(namespace),
      (quota) => quota?.status?.hard?.secrets !== undefined,
    )
  }
})
afterAll(async () => {
  client[Symbol.dispose]()
  await controlPlane[Symbol.asyncDispose]()
})

describe('Pod Security', () => {
  test('a careful pod runs in both namespaces', async () => {
    await create(frontend, 'careful', careful)
    await create(backend, 'careful', careful)
  })

  test.each([
    ['a privileged container', { ...careful, privileged: true, allowPrivilegeEscalation: true }, {}],
    ['an added capability', { ...careful, capabilities: { drop: ['ALL'], add: ['SYS_ADMIN'] } }, {}],
    ['the network of the node', careful, { hostNetwork: true }],
    ['the processes of the node', careful, { hostPID: true }],
    ['a folder of the node', careful, { volumes: [{ name: 'node', hostPath: { path: '/' } }] }],
    ['no seccomp profile at all', { ...careful, seccompProfile: { type: 'Unconfined' } }, {}],
  ])('%s is refused in both', async (_, security, spec) => {
    await expect(create(frontend, 'attack', security, spec)).rejects.toThrow('violates PodSecurity "restricted:latest"')
    await expect(create(backend, 'attack', security, spec)).rejects.toThrow('violates PodSecurity "baseline:latest"')
  })

  test.each([
    ['root', { ...careful, runAsNonRoot: false, runAsUser: 0 }],
    ['nothing said', {}],
    ['the capability to listen on port 82, kept', { ...careful, capabilities: {} }],
  ])('%s is refused in the frontend, and allowed in the backend', async (_, security) => {
    await expect(create(frontend, 'attack', security)).rejects.toThrow('violates PodSecurity "restricted:latest"')
    await create(backend, 'attack', security)
    await client.delete(pods, { namespace: backend, name: 'attack' })
  })
})

describe('the quota', () => {
  test('of ten Secrets refuses the eleventh', async () => {
    const secret = (number: number) => ({ metadata: { name: `secret-${number}`, namespace: frontend } })
    for (let number = 1; number <= 10; number++) await client.create(kinds.secret, secret(number))
    await expect(client.create(kinds.secret, secret(11))).rejects.toThrow(
      'exceeded quota: tier-quota, requested: secrets=1, used: secrets=10, limited: secrets=10',
    )
    // The other tier has a quota of its own.
    await client.create(kinds.secret, { metadata: { name: 'secret-1', namespace: backend } })
    await client.delete(kinds.secret, { name: 'secret-1', namespace: frontend })
    await eventually(
      () => client.create(kinds.secret, secret(11)).then(Boolean, () => false),
      (created) => created,
    )
  })

  test('refuses a pod that asks for more than is left', async () => {
    const greedy = { resources: { requests: { cpu: '11', memory: '1Gi' }, limits: { cpu: '11', memory: '1Gi' } } }
    await expect(create(frontend, 'greedy', careful, {}, greedy)).rejects.toThrow('exceeded quota: tier-quota')
  })
})

describe('a container that names no requests and limits', () => {
  test('gets those of the catalogue, and they count', async () => {
    const used = async () => (await quotaOf(backend))?.status?.used
    const pod = await create(backend, 'silent', careful)
    expect(pod.spec.containers[0]?.resources).toEqual({
      requests: { cpu: '500m', memory: '1Gi' },
      limits: { cpu: '1', memory: '2Gi' },
    })
    await eventually(used, (amounts) => Number.parseInt(amounts?.['limits.memory'] ?? '', 10) >= 2)
  })

  test('would be refused in a namespace with the quota alone', async () => {
    const bare = 'quota-alone'
    const spec = { hard: { 'limits.memory': '4Gi' } }
    await client.create(kinds.namespace, { metadata: { name: bare } })
    const quota = { metadata: { name: 'tier-quota', namespace: bare }, spec } as KubernetesObject
    await client.create(hardened.ResourceQuota as Kind, quota)
    await eventually(
      () => quotaOf(bare),
      (found) => found?.status?.hard !== undefined,
    )
    await eventually(
      () => create(bare, 'silent', careful).then(String, String),
      (answer) => answer.includes('failed quota: tier-quota: must specify limits.memory'),
    )
  })
})

// --- internal ---

function quotaOf(namespace: string): Promise<Quota | undefined> {
  return client.get<Quota>(hardened.ResourceQuota as Kind, { namespace, name: 'tier-quota' })
}

function create(namespace: string, name: string, securityContext: object, spec = {}, container = {}): Promise<Pod> {
  const containers = [{ name: 'app', image: 'example.org/app', securityContext, ...container }]
  return client.create<Pod>(pods, { metadata: { name, namespace }, spec: { containers, ...spec } } as Pod)
}
