import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { createClient, type KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { type Kind, type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { ControlPlane } from '../../scripts/local/stack/control-plane.ts'
import type { EnvironmentSpec } from '../../scripts/model/types.ts'
import { bookshop } from '../fixtures/applications.ts'
import { borrowControlPlane } from '../helpers/borrowed-plane.ts'
import { chartOf, helm4, manifestsOf } from '../helpers/chart.ts'
import { adoptBookshop, type Repository, userFolder } from '../helpers/repository.ts'

const environment = 'live'

let controlPlane: ControlPlane
let client: KubernetesClient
let repository: Repository
let manifests: readonly Manifest[]

beforeAll(async () => {
  controlPlane = await borrowControlPlane()
  client = createClient(controlPlane)
  repository = await userFolder()
  await adoptBookshop(repository)
  await repository.cli(['gen-values'])
  const { chart, values } = await chartOf(bookshop)
  manifests = await manifestsOf(helm4, chart, values(environment))
  await applyKind(kinds.namespace, manifests)
  await applyKind(kinds.networkPolicy, manifests)
  for (const name of ['edge', 'queues', 'tracing']) await client.create(kinds.namespace, { metadata: { name } })
  await pod('kube-system', 'coredns', { 'k8s-app': 'kube-dns' })
  await pod('edge', 'traefik', {})
  await pod('queues', 'nats', { app: 'nats' })
  await pod('tracing', 'jaeger', {})
})
afterAll(async () => {
  client?.[Symbol.dispose]()
  await controlPlane?.[Symbol.asyncDispose]()
})

const applyKind = async (kind: Kind, from: readonly Manifest[]) => {
  for (const manifest of from.filter((one) => one.kind === kind.kind)) {
    await client.apply(kind, manifest.metadata, manifest as KubernetesObject)
  }
}
/** Pod spec of one container; nothing runs it here. */
const podSpec = (ports: readonly number[] = []) => ({
  containers: [{ name: 'c', image: 'c', ports: ports.map((containerPort) => ({ containerPort })) }],
})
const apply = (kind: Kind, namespace: string, name: string, spec: object, labels: object = {}) =>
  client.apply(kind, { namespace, name }, { metadata: { namespace, name, labels }, spec } as KubernetesObject)
const pod = (namespace: string, name: string, labels: object, spec: object = podSpec()) =>
  apply(kinds.pod, namespace, name, spec, labels)
const template = (labels: object, ports: readonly number[] = [], more: object = {}) => ({
  metadata: { labels },
  spec: { ...podSpec(ports), ...more },
})
const deployment = (namespace: string, name: string, labels: object, ports?: readonly number[], more?: object) =>
  apply(kinds.deployment, namespace, name, {
    selector: { matchLabels: labels },
    template: template(labels, ports, more),
  })
const checkoutLabels = { 'app.kubernetes.io/name': 'checkout', 'app.kubernetes.io/component': 'server' }
const nightly = (labels: object) => {
  const job = { template: template(labels, [], { restartPolicy: 'Never' }) }
  return apply(kinds.cronJob, 'bookshop-orders', 'nightly-stock', { schedule: '0 3 * * *', jobTemplate: { spec: job } })
}

const verify = async (...args: string[]) => {
  const env = { KUBECONFIG: controlPlane.kubeconfigPath, SCW_API_URL: 'http://127.0.0.1:9' }
  const { exitCode, stdout, stderr } = await repository.cli(['network', '-e', environment, '--verify', ...args], env)
  expect(stderr).not.toMatch(/^ {4}at |bug of tiered-secrets/m)
  return { exitCode, stdout, stderr }
}
/** The problems, as `code where`, of a verification in JSON. */
const told = async () => {
  const { stdout, exitCode } = await verify('--output', 'json')
  const { problems } = JSON.parse(stdout) as { problems: { code: string; where: string; severity?: string }[] }
  expect(exitCode).toBe(problems.some(({ severity }) => severity !== 'warning') ? 3 : 0)
  return problems.map(({ code, where }) => `${code} ${where}`)
}

test('the API server stores every policy as it was rendered', async () => {
  const specs = (list: readonly { metadata: { namespace?: string; name: string }; spec?: unknown }[]) =>
    Object.fromEntries(list.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec]))
  const { items } = await client.list<KubernetesObject & { spec: object }>(kinds.networkPolicy)
  const rendered = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
  expect(rendered.length).toBeGreaterThan(10)
  expect(specs(items)).toEqual(specs(rendered))
})

test('before the workloads are there, each is missing', async () => {
  expect(await told()).toEqual([
    'WORKLOAD_MISSING CronJob/bookshop-orders/nightly-stock',
    'WORKLOAD_MISSING DaemonSet/post-office/postman',
    'WORKLOAD_MISSING Deployment/bookshop-storefront/image-resizer',
    'WORKLOAD_MISSING Deployment/bookshop-storefront/pages',
    'WORKLOAD_MISSING StatefulSet/bookshop-orders/checkout',
  ])
})

describe('with the workloads of the catalogue', () => {
  const postman = (more: object = {}) =>
    apply(kinds.daemonSet, 'post-office', 'postman', {
      selector: { matchLabels: { app: 'postman' } },
      template: template({ app: 'postman' }, [], more),
    })
  const catalogued = async () => {
    await deployment('bookshop-storefront', 'pages', { app: 'pages' }, [8080])
    await deployment('bookshop-storefront', 'image-resizer', { app: 'image-resizer' }, [7000])
    await apply(kinds.statefulSet, 'bookshop-orders', 'checkout', {
      serviceName: 'checkout',
      selector: { matchLabels: { 'app.kubernetes.io/name': 'checkout' } },
      template: template({ ...checkoutLabels, 'pod-hash': 'x1' }, [9000]),
    })
    await nightly({ app: 'nightly-stock' })
    await postman()
  }
  beforeEach(catalogued)

  test('nothing is reported, and what can’t be seen is said', async () => {
    expect(await verify()).toEqual({
      exitCode: 0,
      stdout: '',
      stderr:
        "The cluster of live has the policies, labels and ports of the catalogue.\nWhether the cluster's network enforces policies can't be checked from here.",
    })
  })

  test('a workload whose pods carry other labels is reported, with the line to edit', async () => {
    await nightly({ 'app.kubernetes.io/name': 'nightly-stock' })
    const { exitCode, stderr } = await verify()
    expect(stderr).toContain(
      'CronJob/bookshop-orders/nightly-stock: its pods carry app.kubernetes.io/name=nightly-stock. Expected app=nightly-stock among them: the network policies find the pods by these.\n  fix: Set podLabels of workload "nightly-stock" of tier "orders" in scripts/catalogue.ts to labels its pods carry, such as app.kubernetes.io/name=nightly-stock, or add the label to its pod template.\n  (POD_LABELS_DIFFER)',
    )
    expect(exitCode).toBe(3)
  })

  test('another port is reported, and one that is not declared is a warning', async () => {
    await deployment('bookshop-storefront', 'pages', { app: 'pages' }, [8081])
    await deployment('bookshop-storefront', 'image-resizer', { app: 'image-resizer' }, [])
    const { exitCode, stderr } = await verify()
    expect(stderr).toContain(
      'Deployment/bookshop-storefront/pages: its containers declare the ports 8081. Expected 8080, the only port that is opened.\n  fix: Correct port of workload "pages" of tier "storefront" in scripts/catalogue.ts.\n  (PORT_DIFFERS)',
    )
    expect(stderr).toContain('warning: Deployment/bookshop-storefront/image-resizer: its containers declare no port.')
    expect(exitCode).toBe(3)
  })

  test('a workload that the catalogue does not name is a warning; one that carries the labels of another is reported', async () => {
    await deployment('bookshop-orders', 'debug', { app: 'debug' })
    await pod('post-office', 'intruder', { app: 'postman' })
    expect(await told()).toEqual([
      'POD_LABELS_TAKEN Pod/post-office/intruder',
      'WORKLOAD_NOT_CATALOGUED Deployment/bookshop-orders/debug',
    ])
    await client.delete(kinds.deployment, { namespace: 'bookshop-orders', name: 'debug' })
    await client.delete(kinds.pod, { namespace: 'post-office', name: 'intruder' })
  })

  test('a pod on the network of its node is reported', async () => {
    await postman({ hostNetwork: true })
    expect(await told()).toEqual(['POD_ON_HOST_NETWORK DaemonSet/post-office/postman'])
    await client.delete(kinds.daemonSet, { namespace: 'post-office', name: 'postman' })
  })

  test('a workload of another kind is reported', async () => {
    await client.delete(kinds.cronJob, { namespace: 'bookshop-orders', name: 'nightly-stock' })
    await deployment('bookshop-orders', 'nightly-stock', { app: 'nightly-stock' })
    expect(await told()).toContain('WORKLOAD_KIND_DIFFERS CronJob/bookshop-orders/nightly-stock')
    await client.delete(kinds.deployment, { namespace: 'bookshop-orders', name: 'nightly-stock' })
  })

  test('a policy somebody added, changed or took away is reported by what it allows', async () => {
    const ref = { namespace: 'bookshop-storefront', name: 'debug' }
    await apply(kinds.networkPolicy, ref.namespace, ref.name, {
      podSelector: {},
      ingress: [{}],
      policyTypes: ['Ingress'],
    })
    const { exitCode, stderr } = await verify()
    expect(stderr).toMatch(
      /^reachability live: from .* to storefront\/pages: the policies let in .*everything by debug/m,
    )
    expect(exitCode).toBe(3)
    await client.delete(kinds.networkPolicy, ref)
    expect(await told()).toEqual([])

    const deny = { namespace: 'bookshop-storefront', name: 'default-deny' }
    const before = await client.get<KubernetesObject & { spec: object }>(kinds.networkPolicy, deny)
    await client.delete(kinds.networkPolicy, deny)
    expect((await told())[0]).toMatch(/^REACHABILITY_DIFFERS reachability live: from .* to storefront\/\(other pods\)$/)
    await apply(kinds.networkPolicy, deny.namespace, deny.name, before?.spec ?? {})
    expect(await told()).toEqual([])
  })

  test('DNS under other labels, and an ingress controller elsewhere, are reported', async () => {
    const dns = { namespace: 'kube-system', name: 'coredns' }
    await client.delete(kinds.pod, dns)
    await client.delete(kinds.pod, { namespace: 'queues', name: 'nats' })
    await repository.edit('scripts/environments.ts', "ingressNamespace: 'edge'", "ingressNamespace: 'traefik'")
    const found = await told()
    expect(found).toContain('DNS_PODS_MISSING Namespace/kube-system')
    expect((await verify()).stderr).toContain(`Set dns of environment "${environment}" in scripts/environments.ts`)
    expect(found).toContain('NAMESPACE_MISSING Namespace/traefik')
    expect(found).toContain('EGRESS_PODS_MISSING NetworkPolicy/post-office/allow-to-queue')
    await repository.edit('scripts/environments.ts', "ingressNamespace: 'traefik'", "ingressNamespace: 'edge'")
    await pod(dns.namespace, dns.name, { 'k8s-app': 'kube-dns' })
    await pod('queues', 'nats', { app: 'nats' })
  })

  test('an ingress controller on the host network is reported, until its nodes are allowed instead', async () => {
    await client.delete(kinds.pod, { namespace: 'edge', name: 'traefik' })
    await pod('edge', 'haproxy', {}, { ...podSpec(), hostNetwork: true })
    const { exitCode, stderr } = await verify()
    expect(stderr).toContain(
      'Namespace/edge: the pods of the ingress controller, in namespace edge, use the network of their node: haproxy. No policy finds them by their labels. Expected the addresses of their nodes to be allowed instead.',
    )
    expect(stderr).toContain('(PEER_ON_HOST_NETWORK)')
    expect(exitCode).toBe(3)

    const nodes = "ingressControllers: { haproxy: { cidr: '10.4.0.0/22' } }"
    await repository.edit('scripts/environments.ts', "ingressNamespace: 'edge'", nodes)
    expect((await told())[0]).toMatch(/^REACHABILITY_DIFFERS /)
    const { ingressNamespace: _, ...live } = bookshop.environments.live as EnvironmentSpec
    const changed = { ...live, ingressControllers: { haproxy: { cidr: '10.4.0.0/22' } } }
    const { chart, values } = await chartOf({
      ...bookshop,
      environments: { ...bookshop.environments, live: changed as EnvironmentSpec },
    })
    await applyKind(kinds.networkPolicy, await manifestsOf(helm4, chart, values(environment)))
    expect(await told()).toEqual([])

    await repository.edit('scripts/environments.ts', nodes, "ingressNamespace: 'edge'")
    await applyKind(kinds.networkPolicy, manifests)
    await client.delete(kinds.pod, { namespace: 'edge', name: 'haproxy' })
    await pod('edge', 'traefik', {})
  })

  test('a cluster without the policies or the namespace of a tier is reported in one sentence each', async () => {
    await repository.edit(
      'scripts/environments.ts',
      "namespaces: { mailer: 'post-office' }",
      "namespaces: { mailer: 'letters', orders: 'o', storefront: 's' }",
    )
    expect(await told()).toEqual([
      'NAMESPACE_MISSING Namespace/letters',
      'NETWORK_POLICIES_MISSING Namespace/letters, Namespace/o, Namespace/s',
      'NAMESPACE_MISSING Namespace/o',
      'NAMESPACE_MISSING Namespace/s',
    ])
    await repository.edit(
      'scripts/environments.ts',
      "namespaces: { mailer: 'letters', orders: 'o', storefront: 's' }",
      "namespaces: { mailer: 'post-office' }",
    )
  })
})

test('another cluster than the environment’s is refused before anything is read', async () => {
  const { exitCode, stderr } = await repository.cli(['network', '-e', environment, '--verify'], {
    KUBECONFIG: controlPlane.kubeconfigPath,
  })
  expect(stderr).toContain('(KUBE_CONTEXT_DIFFERS)')
  expect(exitCode).toBe(3)
})

test('a cluster that can’t be reached is reported as such', async () => {
  const path = `${repository.folder}/kubeconfig`
  const text = await readFile(controlPlane.kubeconfigPath, 'utf8')
  await repository.write('kubeconfig', text.replaceAll(controlPlane.server, 'https://127.0.0.1:9'))
  const env = { KUBECONFIG: path, SCW_API_URL: 'http://127.0.0.1:9' }
  const { exitCode, stderr } = await repository.cli(['network', '-e', environment, '--verify'], env)
  expect(stderr).toContain('(CLUSTER_UNREACHABLE)')
  expect(exitCode).toBe(4)
})
