import { describe, expect, test } from 'vitest'
import { environment } from '../../../../helpers/applications.ts'
import { audited, deployment } from '../audited.ts'

const catalogue = {
  tiers: { web: { description: 'Pages', workloads: {} }, api: { description: 'Orders', workloads: {} } },
}
const found = (text: string, more = {}) => audited(text, { catalogue, ...more })
const pods =
  deployment('api', 'ports: [{ name: http, containerPort: 3000 }]') + deployment('site', 'env: []', '', 'shop-web')

const policy = (spec: string) => `---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata: { name: rule, namespace: shop-api }
spec: { ${spec} }
`
const service = (spec: string) => `---
apiVersion: v1
kind: Service
metadata: { name: api, namespace: shop-api }
spec: { ${spec} }
`
const ingress = (backend: string) => `---
apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: edge, namespace: shop-api }
spec: { rules: [{ http: { paths: [{ path: /, backend: ${backend} }] } }] }
`
const operated = '---\napiVersion: db.example.org/v1\nkind: Database\nmetadata: { name: db, namespace: shop-api }\n'

test('a workload selects the pods that it makes', () => {
  expect(found(pods.replace('matchLabels: { app: api }', 'matchLabels: { app: other }'))).toEqual([
    'SELECTOR_DIFFERS Deployment/shop-api/api spec.selector',
  ])
})

describe('policies', () => {
  test('a subject that no pod has, unless an operator may make it', () => {
    const rule = (label: string) => policy(`podSelector: { matchLabels: { app: ${label} } }`)
    expect(found(pods + rule('apu'))).toEqual(['POLICY_SELECTS_NOTHING NetworkPolicy/shop-api/rule spec.podSelector'])
    expect(found(pods + rule('api'))).toEqual([])
    expect(found(pods + rule('db') + operated)).toEqual([])
    expect(found(pods + policy('podSelector: {}'))).toEqual([])
    expect(found(rule('apu'))).toEqual([])
  })

  test('expressions', () => {
    const rule = (operator: string, more = '') =>
      policy(`podSelector: { matchExpressions: [{ key: app, operator: ${operator}${more} }] }`)
    expect(found(pods + rule('In', ', values: [api, x]'))).toEqual([])
    expect(found(pods + rule('NotIn', ', values: [api]'))).toHaveLength(1)
    expect(found(pods + rule('DoesNotExist'))).toHaveLength(1)
    expect(found(pods + rule('Exists'))).toEqual([])
  })

  test('a peer of its own namespace, and of another one', () => {
    const peer = (text: string) => policy(`podSelector: {}, ingress: [{ from: [${text}] }]`)
    const at = ['PEER_SELECTS_NOTHING NetworkPolicy/shop-api/rule spec.ingress[0].from[0]']
    expect(found(pods + peer('{ podSelector: { matchLabels: { app: x } } }'))).toEqual(at)
    expect(found(pods + peer('{ podSelector: { matchLabels: { app: api } } }'))).toEqual([])
    const web = (label: string) =>
      `{ namespaceSelector: { matchLabels: { kubernetes.io/metadata.name: shop-web } }, podSelector: { matchLabels: { app: ${label} } } }`
    expect(found(pods + peer(web('site')))).toEqual([])
    expect(found(pods + peer(web('page')))).toEqual(at)
    expect(found(pods + peer(web('page').replace('shop-web', 'monitoring')))).toEqual([])
    expect(found(pods + peer('{ ipBlock: { cidr: 10.0.0.0/8 } }'))).toEqual([])
  })

  test('a label that no namespace carries by itself', () => {
    const peer = (labels: string) =>
      policy(`podSelector: {}, ingress: [{ from: [{ namespaceSelector: { matchLabels: { ${labels} } } }] }]`)
    const at = ['NAMESPACE_LABEL_UNCARRIED NetworkPolicy/shop-api/rule spec.ingress[0].from[0]']
    expect(found(pods + peer('name: shop-web'))).toEqual(at)
    expect(found(pods + peer('name: kube-system'))).toEqual(at)
    expect(found(pods + peer('kubernetes.io/metadata.name: ingress-nginx'))).toEqual([])
    const labelled = '---\napiVersion: v1\nkind: Namespace\nmetadata: { name: shop-web, labels: { name: shop-web } }\n'
    expect(found(pods + labelled + peer('name: shop-web'))).toEqual([])
    // Somebody else's namespace may carry it.
    expect(found(pods + peer('team: search'))).toEqual([])
  })

  test('DNS by UDP alone', () => {
    const ports = (text: string) => policy(`podSelector: {}, egress: [{ ports: [${text}] }]`)
    expect(found(pods + ports('{ protocol: UDP, port: 53 }'))).toEqual([
      'DNS_WITHOUT_TCP NetworkPolicy/shop-api/rule spec.egress',
    ])
    expect(found(pods + ports('{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }'))).toEqual([])
    expect(found(pods + ports('{ port: 443 }'))).toEqual([])
  })
})

describe('Services', () => {
  test('no pods, and pods', () => {
    expect(found(pods + service('selector: { app: apu }'))).toEqual([
      'SERVICE_WITHOUT_PODS Service/shop-api/api spec.selector',
    ])
    expect(found(pods + service('selector: { app: api }'))).toEqual([])
    expect(found(pods + service('selector: { app: db }') + operated)).toEqual([])
    expect(found(pods + service('type: ExternalName, externalName: x.example.org'))).toEqual([])
  })

  test('a named port that no container has', () => {
    const to = (port: string) => service(`selector: { app: api }, ports: [{ port: 80, targetPort: ${port} }]`)
    expect(found(pods + to('web'))).toEqual(['SERVICE_PORT_UNKNOWN Service/shop-api/api spec.ports[0].targetPort'])
    expect(found(pods + to('http'))).toEqual([])
    expect(found(pods + to('9999'))).toEqual([])
  })
})

describe('Ingresses', () => {
  const own = pods + service('selector: { app: api }, ports: [{ name: http, port: 80 }]')
  const path = 'Ingress/shop-api/edge spec.rules[0].http.paths[0].backend'

  test('backends that are right', () => {
    expect(found(own + ingress('{ service: { name: api, port: { number: 80 } } }'))).toEqual([])
    expect(found(own + ingress('{ service: { name: api, port: { name: http } } }'))).toEqual([])
  })

  test('fields that do not exist', () => {
    expect(found(own + ingress('{ serviceName: api, servicePort: 80 }'))).toEqual([
      `BACKEND_FIELD_UNKNOWN ${path}.serviceName`,
      `BACKEND_FIELD_UNKNOWN ${path}.servicePort`,
    ])
    expect(found(own + ingress('{ service: { name: api, namespace: shop-web, port: { number: 80 } } }'))).toEqual([
      `BACKEND_FIELD_UNKNOWN ${path}.service.namespace`,
    ])
  })

  test('a Service or a port that is not there', () => {
    expect(found(own + ingress('{ service: { name: apu, port: { number: 80 } } }'))).toEqual([`BACKEND_UNMADE ${path}`])
    expect(found(own + ingress('{ service: { name: api, port: { number: 3000 } } }'))).toEqual([
      `BACKEND_PORT_UNKNOWN ${path}`,
    ])
  })
})

describe('routes of the Gateway API', () => {
  const own = pods + service('selector: { app: api }, ports: [{ name: http, port: 80 }]')
  const route = (ref: string, more = '', kind = 'HTTPRoute', namespace = 'shop-api') => `---
apiVersion: gateway.networking.k8s.io/v1
kind: ${kind}
metadata: { name: edge, namespace: ${namespace} }
spec: { parentRefs: [{ name: public, namespace: edge }], rules: [{ backendRefs: [${ref}]${more} }] }
`
  const grant = (from: string, to: string) =>
    `---\napiVersion: gateway.networking.k8s.io/v1beta1\nkind: ReferenceGrant\nmetadata: { name: g, namespace: shop-api }\nspec: { from: [${from}], to: [${to}] }\n`
  const path = 'HTTPRoute/shop-api/edge spec.rules[0].backendRefs[0]'

  test.each(['HTTPRoute', 'GRPCRoute', 'TLSRoute'])('%s: backends that are right', (kind) => {
    expect(found(own + route('{ name: api, port: 80, weight: 1 }', '', kind))).toEqual([])
    expect(found(own + route('{ group: multicluster.x-k8s.io, kind: ServiceImport, name: far }', '', kind))).toEqual([])
    expect(found(own + route('{ name: log, namespace: logging, port: 80 }', '', kind))).toEqual([])
  })

  test('a Service, a port or a field that is not there', () => {
    expect(found(own + route('{ name: apu, port: 80 }'))).toEqual([`BACKEND_UNMADE ${path}`])
    expect(found(own + route('{ name: api, port: 3000 }'))).toEqual([`BACKEND_PORT_UNKNOWN ${path}`])
    expect(found(own + route('{ name: api }'))).toEqual([`BACKEND_PORT_UNKNOWN ${path}`])
    expect(found(own + route('{ name: api, port: 80, servicePort: 80 }'))).toEqual([
      `BACKEND_FIELD_UNKNOWN ${path}.servicePort`,
    ])
    const mirror = ', filters: [{ type: RequestMirror, requestMirror: { backendRef: { name: copy, port: 80 } } }]'
    expect(found(own + route('{ name: api, port: 80 }', mirror))).toEqual([
      'BACKEND_UNMADE HTTPRoute/shop-api/edge spec.rules[0].filters[0].requestMirror.backendRef',
    ])
  })

  test('a Service of another namespace needs a grant for this kind, namespace and Service', () => {
    const across = own + route('{ name: api, namespace: shop-api, port: 80 }', '', 'HTTPRoute', 'shop-web')
    const refused = ['BACKEND_NOT_GRANTED HTTPRoute/shop-web/edge spec.rules[0].backendRefs[0]']
    const from = (kind: string, namespace: string) =>
      `{ group: gateway.networking.k8s.io, kind: ${kind}, namespace: ${namespace} }`
    expect(found(across)).toEqual(refused)
    expect(found(across + grant(from('HTTPRoute', 'shop-web'), '{ group: "", kind: Service }'))).toEqual([])
    expect(found(across + grant(from('HTTPRoute', 'shop-web'), '{ group: "", kind: Service, name: api }'))).toEqual([])
    expect(found(across + grant(from('HTTPRoute', 'shop-web'), '{ group: "", kind: Service, name: x }'))).toEqual(
      refused,
    )
    expect(found(across + grant(from('GRPCRoute', 'shop-web'), '{ group: "", kind: Service }'))).toEqual(refused)
    expect(found(across + grant(from('HTTPRoute', 'other'), '{ group: "", kind: Service }'))).toEqual(refused)
  })
})

describe('egress that the catalogue needs', () => {
  const tiers = {
    ...catalogue.tiers,
    api: {
      description: 'Orders',
      workloads: {},
      egress: { stock: { description: 'Stock', to: { cidr: '10.0.0.0/8' }, ports: [5432] } },
    },
  }
  const without = { environments: { dev: environment({ without: ['network-policies'] }) } }
  const closed = (rules: string) =>
    policy(`podSelector: { matchLabels: { app: api } }, policyTypes: [Egress], egress: [${rules}]`)
  const dns = '{ ports: [{ protocol: UDP, port: 53 }, { protocol: TCP, port: 53 }] }'
  const of = (rules: string) => audited(pods + closed(rules), { catalogue: { tiers, ...without } })

  test('is reported where the policies of the chart are off', () => {
    expect(of(dns)).toEqual(['EGRESS_FORGOTTEN NetworkPolicy/shop-api/rule api allow-to-stock'])
    expect(of('{ ports: [{ port: 5432 }] }')).toEqual(['EGRESS_FORGOTTEN NetworkPolicy/shop-api/rule api DNS'])
    expect(of(`${dns}, { ports: [{ port: 5000, endPort: 6000 }] }`)).toEqual([])
    expect(of('{}')).toEqual([])
    expect(audited(pods + closed(dns), { catalogue: { tiers } })).toEqual([])
  })
})
