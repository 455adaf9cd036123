import { expect, test } from 'vitest'
import { applicationOf } from '../../../../scripts/inspect/import/draft.ts'
import { checkApplication } from '../../../../scripts/model/rules/index.ts'
import { draftOf, externalSecret, leftoversOf, otherTier } from '../../../helpers/importing.ts'

const base = `${externalSecret('shop-api', 'data: [{ secretKey: TOKEN, remoteRef: { key: path:/shop-api/token } }]')}${otherTier}---
apiVersion: apps/v1
kind: Deployment
metadata: { name: server, namespace: shop-api }
spec:
  selector: { matchLabels: { app: server } }
  template:
    metadata: { labels: { app: server, version: '3' } }
    spec:
      containers: [{ name: c, ports: [{ name: http, containerPort: 8080 }, { name: metrics, containerPort: 9090 }] }]
---
apiVersion: apps/v1
kind: Deployment
metadata: { name: site, namespace: shop-web }
spec:
  template:
    metadata: { labels: { app: site } }
    spec: { containers: [{ name: c, ports: [{ containerPort: 3000 }] }] }
`

const policy = (name: string, spec: string, namespace = 'shop-api') =>
  `---\napiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata: { name: ${name}, namespace: ${namespace} }\nspec: ${spec}\n`

const closed = (namespace: string) => policy('closed', '{ podSelector: {}, policyTypes: [Ingress, Egress] }', namespace)

/** @param more beside policies that close both namespaces */
const draftWith = (...more: string[]) => draftAsIs(closed('shop-api'), closed('shop-web'), ...more)

const draftAsIs = (...more: string[]) => {
  const draft = draftOf(`${base}${more.join('')}`)
  const { catalogue, environments } = applicationOf(draft)
  expect(checkApplication({ catalogue, environments })).toEqual([])
  return { tier: catalogue.tiers.api, live: environments.live, leftovers: leftoversOf(draft), web: catalogue.tiers.web }
}

test('without a policy nothing that is open today is closed', () => {
  const { live, tier } = draftAsIs()
  expect(live?.without).toEqual(['network-policies'])
  expect(tier?.workloads.server).toEqual({ kind: 'Deployment', ports: { http: 8080, metrics: 9090 }, reads: {} })
})

test.each([
  ['nothing closes one namespace', [closed('shop-api')], 'egress of web, ingress of web'],
  ['nothing closes what goes out', [policy('in', '{ podSelector: {} }'), closed('shop-web')], 'egress of api'],
  [
    'nothing closes what comes in',
    [policy('out', '{ podSelector: {}, policyTypes: [Egress] }'), closed('shop-web')],
    'ingress of api',
  ],
  [
    'other pods are closed',
    [
      policy('one', '{ podSelector: { matchLabels: { app: other } }, policyTypes: [Ingress, Egress] }'),
      closed('shop-web'),
    ],
    'egress of api, ingress of api',
  ],
])('where %s, no policy of the chart does', (_, policies, open) => {
  const { live, leftovers } = draftAsIs(...policies)
  expect(live?.without).toEqual(['network-policies'])
  expect(leftovers).toContain(`NETWORK_OPEN ${open}`)
})

test('pods that are each closed by a policy of their own are closed', () => {
  const own = '{ podSelector: { matchLabels: { app: server } }, policyTypes: [Ingress, Egress] }'
  expect(draftAsIs(policy('server', own), closed('shop-web')).live?.without).toBe(undefined)
})

test('policies say who reaches whom, and where pods connect to', () => {
  const { live, tier, leftovers } = draftWith(
    policy('deny', '{ podSelector: {}, policyTypes: [Ingress, Egress] }'),
    policy(
      'to-server',
      `{ podSelector: { matchLabels: { app: server } }, ingress: [
        { from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop-web } }, podSelector: { matchLabels: { app: site } } },
                 { namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: ingress-nginx } } }], ports: [{ port: http }] },
        { from: [{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: monitoring } } }], ports: [{ port: 9090 }] }] }`,
    ),
    policy(
      'out',
      `{ podSelector: {}, policyTypes: [Egress], egress: [
        { to: [{ namespaceSelector: {} }], ports: [{ port: 53, protocol: UDP }, { port: 53 }] },
        { to: [{ ipBlock: { cidr: 10.4.0.0/16 } }], ports: [{ port: 5432 }] },
        { to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16] } }], ports: [{ port: 443 }] }] }`,
    ),
  )
  expect(leftovers).toEqual([])
  expect(live?.without).toBe(undefined)
  expect(tier?.workloads.server?.reachableFrom).toEqual([
    { from: 'web/site', ports: ['http'] },
    { from: 'ingress-controller', ports: ['http'] },
    { namespace: 'monitoring', ports: [9090] },
  ])
  expect(Object.values(tier?.egress ?? {}).map(({ description: _, ...rest }) => rest)).toEqual([
    { to: { cidr: '10.4.0.0/16' }, ports: [5432] },
    { to: 'internet', ports: [443] },
  ])
})

test.each([
  [
    'an Ingress',
    `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: site, namespace: shop-web }
spec: { rules: [{ host: x, http: { paths: [{ backend: { service: { name: site, port: { number: 80 } } } }] } }] }`,
    [],
  ],
  [
    'a route of the Gateway API',
    `apiVersion: gateway.networking.k8s.io/v1
kind: HTTPRoute
metadata: { name: site, namespace: shop-web }
spec: { parentRefs: [{ name: public, namespace: edge }], rules: [{ backendRefs: [{ name: site, port: 80 }] }] }`,
    ['GATEWAY_PODS_UNKNOWN HTTPRoute site'],
  ],
  [
    'a route of another namespace',
    `apiVersion: gateway.networking.k8s.io/v1
kind: GRPCRoute
metadata: { name: site, namespace: edge }
spec: { parentRefs: [{ name: public }], rules: [{ backendRefs: [{ name: site, namespace: shop-web, port: 80 }] }] }`,
    ['GATEWAY_PODS_UNKNOWN GRPCRoute site'],
  ],
])('a Service behind %s is reachable from its controller', (_, route, left) => {
  const routed = `---
apiVersion: v1
kind: Service
metadata: { name: site, namespace: shop-web }
spec: { selector: { app: site }, ports: [{ port: 80, targetPort: 3000 }] }
---
${route}
`
  const { web, leftovers } = draftWith(routed)
  expect(leftovers).toEqual(left)
  expect(web?.workloads.site).toEqual({
    kind: 'Deployment',
    port: 3000,
    reachableFrom: ['ingress-controller'],
    reads: {},
  })
})

test.each([
  ['pods by expressions', '{ podSelector: { matchExpressions: [{ key: app, operator: Exists }] }, ingress: [{}] }'],
  [
    'no workload',
    '{ podSelector: { matchLabels: { app: nobody } }, ingress: [{ from: [{ podSelector: {} , namespaceSelector: {} }] }] }',
  ],
  [
    'namespaces by labels',
    '{ podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { team: x } } }] }] }',
  ],
  ['whoever asks', '{ podSelector: { matchLabels: { app: server } }, ingress: [{ ports: [{ port: http }] }] }'],
  [
    'every address as a source',
    '{ podSelector: { matchLabels: { app: server } }, ingress: [{ from: [{ ipBlock: { cidr: 0.0.0.0/0 } }] }] }',
  ],
  [
    'every address as a destination',
    '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 0.0.0.0/0, except: [169.254.169.254/32] } }], ports: [{ port: 443 }] }] }',
  ],
  [
    'a network without a part of it',
    '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/8, except: [10.1.0.0/16] } }], ports: [{ port: 443 }] }] }',
  ],
  [
    'egress to every port',
    '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/16 } }] }] }',
  ],
])('a policy that selects %s is left over', (_, spec) => {
  expect(draftWith(policy('odd', spec)).leftovers).toEqual(['POLICY_UNSUPPORTED NetworkPolicy odd'])
})

test('what a rule of the catalogue refuses is left over with its sentence, and the rest stays', () => {
  const { tier, leftovers } = draftWith(
    policy(
      'wide',
      '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/33 } }], ports: [{ port: 1 }] }] }',
    ),
    policy(
      'fine',
      '{ podSelector: {}, policyTypes: [Egress], egress: [{ to: [{ ipBlock: { cidr: 10.0.0.0/16 } }], ports: [{ port: 2 }] }] }',
    ),
  )
  expect(Object.keys(tier?.egress ?? {})).toEqual(['fine'])
  expect(leftovers).toEqual([expect.stringMatching(/tier api: egress wide$/)])
})

test('quotas, defaults and the level of pods are taken from the namespace', () => {
  const settings = `---
apiVersion: v1
kind: Namespace
metadata: { name: shop-api, labels: { pod-security.kubernetes.io/enforce: privileged } }
---
apiVersion: v1
kind: ResourceQuota
metadata: { name: q, namespace: shop-api }
spec: { hard: { pods: 10, limits.memory: 4Gi } }
---
apiVersion: v1
kind: LimitRange
metadata: { name: l, namespace: shop-api }
spec: { limits: [{ type: Container, default: { memory: 256Mi } }] }
`
  expect(draftWith(settings).tier).toMatchObject({
    podSecurity: 'privileged',
    quota: { pods: '10', 'limits.memory': '4Gi' },
    containerDefaults: { limits: { memory: '256Mi' } },
  })
  expect(draftWith().tier?.podSecurity).toBe('baseline')
})
