import { expect, test } from 'vitest'
import { verifyPeers } from '../../../scripts/cluster/verify-peers.ts'
import type { ClusterReader } from '../../../scripts/kubernetes/client.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import type { EnvironmentSpec, TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'

interface PodOf {
  readonly namespace: string
  readonly name: string
  readonly labels?: Readonly<Record<string, string>>
  readonly hostNetwork?: boolean
  readonly status?: object
}

/** A cluster with CoreDNS and these pods; the namespaces are those of the pods. */
function cluster(...pods: readonly PodOf[]): ClusterReader {
  const all = [{ namespace: 'kube-system', name: 'coredns', labels: { 'k8s-app': 'kube-dns' } } as PodOf, ...pods]
  const reader = {
    get: async (_: unknown, { name }: { name: string }) => all.some(({ namespace }) => namespace === name) || undefined,
    list: async (_: unknown, { namespace, labelSelector }: { namespace: string; labelSelector: string }) => ({
      items: all
        .filter((pod) => pod.namespace === namespace)
        .filter(({ labels = {} }) => {
          const texts = Object.entries(labels).map(([key, value]) => `${key}=${value}`)
          return labelSelector.split(',').every((one) => one === '' || texts.includes(one))
        })
        .map(({ name, labels, hostNetwork, status }) => ({
          metadata: { name, labels },
          spec: { hostNetwork },
          status,
        })),
    }),
  }
  return reader as unknown as ClusterReader
}

const told = async (
  reader: ClusterReader,
  server: Partial<WorkloadSpec> = {},
  dev: Partial<EnvironmentSpec> = {},
  api: Partial<TierSpec> = {},
) => {
  const workloads = { server: { kind: 'Deployment', port: 80, ...server } } as const
  const application = applicationWith({
    tiers: { web: { description: 'x', workloads: {} }, api: { description: 'x', workloads, ...api } },
    environments: { dev: environment(dev) },
  })
  return verifyPeers(reader, resolve(application, 'dev'))
}
const host = { hostNetwork: true } as const
const onNode = (hostIP: string) => ({ hostNetwork: true, status: { phase: 'Running', hostIP } })

test('where all pods are there, nothing is reported', async () => {
  const reachableFrom = ['web', 'ingress-controller', { namespace: 'monitoring', podLabels: { app: 'prometheus' } }]
  const pods = [
    { namespace: 'ingress-nginx', name: 'controller' },
    { namespace: 'monitoring', name: 'prometheus', labels: { app: 'prometheus' } },
    { namespace: 'monitoring', name: 'node-exporter', ...host },
  ]
  expect(await told(cluster(...pods), { reachableFrom })).toEqual([])
})

test('an ingress controller on the host network is reported, with the addresses of its nodes', async () => {
  const pods = [
    { namespace: 'ingress-nginx', name: 'b', ...onNode('10.4.0.7') },
    { namespace: 'ingress-nginx', name: 'a', ...host, status: { hostIPs: [{ ip: '10.4.0.6' }, { ip: 'fd12::6' }] } },
  ]
  expect(await told(cluster(...pods), { reachableFrom: ['ingress-controller'] })).toEqual([
    {
      code: 'PEER_ON_HOST_NETWORK',
      where: 'Namespace/ingress-nginx',
      message:
        'the pods of the ingress controller, in namespace ingress-nginx, use the network of their node: a, b. No policy finds them by their labels. Expected the addresses of their nodes to be allowed instead.',
      fix: "In ingressControllers of environment \"dev\" in scripts/environments.ts, give the controller the addresses of its nodes and remove ingressNamespace: { <name>: [{ cidr: '10.4.0.6/32' }, { cidr: '10.4.0.7/32' }, { cidr: 'fd12::6/128' }] }, or the network that holds all nodes, because nodes come and go. Then `npm run gen-values`; `npm run deploy -- --environment dev`.",
    },
  ])
})

test('where only some pods are on the host network it is a warning; pods that are done do not count', async () => {
  const done = { namespace: 'ingress-nginx', name: 'create', status: { phase: 'Succeeded' } }
  const controller = { namespace: 'ingress-nginx', name: 'controller', ...host }
  const backend = { namespace: 'ingress-nginx', name: 'default-backend' }
  const severities = async (...pods: PodOf[]) =>
    (await told(cluster(...pods), { reachableFrom: ['ingress-controller'] })).map(({ severity = 'error' }) => severity)
  expect(await severities(done, controller)).toEqual(['error'])
  expect(await severities(done, controller, backend)).toEqual(['warning'])
})

test('a controller that is named by its nodes is not searched for; one that nobody names neither', async () => {
  const ingressControllers = { nodes: { cidr: '10.4.0.0/22' }, other: { namespace: 'edge' } }
  expect(await told(cluster(), { reachableFrom: ['ingress-controller/nodes'] }, { ingressControllers })).toEqual([])
  expect(await told(cluster(), { reachableFrom: ['web'] }, { ingressNamespace: 'edge' })).toEqual([])
})

test.each<[string, Partial<WorkloadSpec>, Partial<EnvironmentSpec>, Partial<TierSpec>, RegExp]>([
  [
    'Prometheus',
    { reachableFrom: [{ namespace: 'x' }] },
    {},
    {},
    /^NetworkPolicy\/shop-api\/allow-to-server: the pods of a source in reachableFrom, in namespace x, .* fix: In reachableFrom in tier "api" .* \{ cidr: '10\.4\.0\.7\/32' \}/,
  ],
  [
    'NodeLocal DNSCache',
    {},
    { dns: { namespace: 'x', podLabels: { app: 'x' } } },
    {},
    /^Namespace\/x: the pods of the DNS of the cluster, labelled app=x in namespace x, .* fix: Set dns of environment "dev" .*'169\.254\.20\.10\/32'/,
  ],
  [
    'a destination',
    {},
    {},
    { egress: { queue: { description: 'x', to: { namespace: 'x' }, ports: [1] } } },
    /^NetworkPolicy\/shop-api\/allow-to-queue: the pods of the destination of an egress, in namespace x, .* fix: In the egress of tier "api"/,
  ],
])('%s on the host network is told as well', async (_, server, dev, api, expected) => {
  const problems = await told(
    cluster({ namespace: 'x', name: 'p', labels: { app: 'x' }, ...onNode('10.4.0.7') }),
    server,
    dev,
    api,
  )
  expect(problems.map(({ code }) => code)).toEqual(['PEER_ON_HOST_NETWORK'])
  expect(problems.map(({ where, message, fix }) => `${where}: ${message} fix: ${fix}`)[0]).toMatch(expected)
})

test('an address that is none never becomes a part of a fix', async () => {
  const pods = cluster({ namespace: 'x', name: 'p', ...onNode('10.4.0.7/0\u001b[31m') })
  const [problem] = await told(pods, { reachableFrom: [{ namespace: 'x' }] })
  expect(problem?.fix).toContain("{ cidr: '<address of a node>/32' }")
})

test('a source of which no pod runs is a warning', async () => {
  const reachableFrom = [{ namespace: 'monitoring', podLabels: { app: 'prometheus' } }]
  expect(await told(cluster({ namespace: 'monitoring', name: 'grafana' }), { reachableFrom })).toMatchObject([
    {
      code: 'SOURCE_PODS_MISSING',
      where: 'NetworkPolicy/shop-api/allow-to-server',
      message: 'there is no pod labelled app=prometheus in namespace monitoring to let in. Expected at least one.',
      severity: 'warning',
    },
  ])
})
