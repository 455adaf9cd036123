import { expect, test } from 'vitest'
import { internet } from '../../../../scripts/model/network/peers.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { checkApplication } from '../../../../scripts/model/rules/index.ts'
import type { EnvironmentSpec, TierSpec, WorkloadSpec } from '../../../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../../../fixtures/applications.ts'
import { applicationWith, environment } from '../../../helpers/applications.ts'

const networks = (application: typeof bookshop, environment: string) =>
  Object.fromEntries(resolve(application, environment).tiers.map(({ name, network }) => [name, network]))

const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }))

test('the tiers of Trackdéchets are open to what the application needs', () => {
  const ingress = { namespace: 'ingress-nginx', podLabels: {} }
  const frontend = { namespace: 'trackdechets-frontend', podLabels: {} }
  expect(networks(trackdechets, 'production')).toEqual({
    frontend: {
      open: false,
      ingress: { 'allow-to-ui': { podLabels: { app: 'ui' }, rules: [{ peers: [ingress], ports: tcp(3000) }] } },
      egress: {
        'allow-to-backend-api': {
          podLabels: {},
          rules: [{ peers: [{ namespace: 'trackdechets-backend', podLabels: { app: 'api' } }], ports: tcp(4000) }],
        },
      },
    },
    backend: {
      open: true,
      ingress: {
        'allow-to-api': { podLabels: { app: 'api' }, rules: [{ peers: [frontend, ingress], ports: tcp(4000) }] },
        'allow-to-notifier': { podLabels: { app: 'notifier' }, rules: [{ peers: [ingress], ports: tcp(82) }] },
      },
      egress: {
        'allow-to-databases': {
          podLabels: {},
          rules: [{ peers: [{ cidr: '10.0.0.0/8', except: [] }], ports: tcp(5432, 6379, 9200, 27017) }],
        },
        'allow-to-https': { podLabels: {}, rules: [{ peers: internet, ports: tcp(443) }] },
      },
    },
  })
})

test('a source that is one workload is found by its labels on both sides, in its own tier too', () => {
  const { storefront, orders } = networks(bookshop, 'live')
  const pages = { namespace: 'bookshop-storefront', podLabels: { app: 'pages' } }
  const edge = { namespace: 'edge', podLabels: {} }
  const resizer = { namespace: 'bookshop-storefront', podLabels: { app: 'image-resizer' } }
  const checkout = {
    namespace: 'bookshop-orders',
    podLabels: { 'app.kubernetes.io/name': 'checkout', 'app.kubernetes.io/component': 'server' },
  }
  expect(storefront).toEqual({
    open: false,
    ingress: {
      'allow-to-image-resizer': { podLabels: resizer.podLabels, rules: [{ peers: [pages], ports: tcp(7000) }] },
      'allow-to-pages': { podLabels: pages.podLabels, rules: [{ peers: [edge], ports: tcp(8080) }] },
    },
    egress: {
      'allow-pages-to-orders-checkout': {
        podLabels: pages.podLabels,
        rules: [{ peers: [checkout], ports: tcp(9000) }],
      },
      'allow-pages-to-storefront-image-resizer': {
        podLabels: pages.podLabels,
        rules: [{ peers: [resizer], ports: tcp(7000) }],
      },
    },
  })
  expect(orders?.ingress['allow-to-checkout']?.rules).toEqual([
    { peers: [{ namespace: 'post-office', podLabels: {} }, pages], ports: tcp(9000) },
  ])
})

test('egress goes to pods of a namespace, by a protocol of its own, on ports in order', () => {
  const { mailer } = networks(bookshop, 'preview')
  const queue = { namespace: 'queues', podLabels: { app: 'nats' } }
  const tracing = { namespace: 'tracing', podLabels: {} }
  expect(mailer?.egress).toMatchObject({
    'allow-to-queue': { rules: [{ peers: [queue], ports: tcp(4222) }] },
    'allow-to-tracing': { rules: [{ peers: [tracing], ports: [{ protocol: 'UDP', port: 6831 }] }] },
  })
  const egress = { e: { description: 'x', to: 'internet', ports: [9, 10, 1] } } as const
  const { tiers } = resolve(applicationWith({ tiers: { web: { description: 'x', workloads: {}, egress } } }), 'dev')
  expect(tiers[0]?.network.egress['allow-to-e']?.rules[0]?.ports).toEqual(tcp(1, 9, 10))
})

/** The network of tier `api` whose workload `server` is as given; `web` has the workloads `site` and `shop`. */
const network = (server: Partial<WorkloadSpec>, web: Partial<TierSpec> = {}, dev: Partial<EnvironmentSpec> = {}) => {
  const tiers = {
    web: {
      description: 'x',
      workloads: { site: { kind: 'Deployment' }, shop: { kind: 'Deployment' } },
      ...web,
    },
    api: { description: 'x', workloads: { server: { kind: 'Deployment', ...server } } },
  } as const
  const application = applicationWith({ tiers, environments: { dev: environment(dev) } })
  expect(checkApplication(application)).toEqual([])
  return networks(application, 'dev')
}
const rulesInto = (server: Partial<WorkloadSpec>, dev: Partial<EnvironmentSpec> = {}) =>
  network(server, {}, dev).api?.ingress['allow-to-server']?.rules
const named = { ports: { http: 3000, metrics: 9090, stream: { port: 5000, protocol: 'UDP' } } } as const
const all = [...tcp(3000, 9090), { protocol: 'UDP', port: 5000 }]
const web = { namespace: 'shop-web', podLabels: {} }

test('a source that names no ports reaches `port`, and without it all of `ports`', () => {
  expect(rulesInto({ ...named, reachableFrom: ['web'] })).toEqual([{ peers: [web], ports: all }])
  expect(rulesInto({ ...named, port: 80, reachableFrom: ['web'] })).toEqual([{ peers: [web], ports: tcp(80) }])
})

test('a source may name ports, by name or number, and those with the same ports share a rule', () => {
  const prometheus = { namespace: 'monitoring', podLabels: { app: 'prometheus' } }
  const nodes = { cidr: '172.16.0.0/22', except: [] }
  const reachableFrom = [
    'web',
    { ...prometheus, ports: ['metrics'] },
    { cidr: nodes.cidr, ports: [9090] },
    { from: 'ingress-controller', ports: [80, 'stream'] },
  ] as const
  expect(rulesInto({ ...named, port: 80, reachableFrom })).toEqual([
    { peers: [nodes, prometheus], ports: tcp(9090) },
    { peers: [{ namespace: 'ingress-nginx', podLabels: {} }], ports: [...tcp(80), { protocol: 'UDP', port: 5000 }] },
    { peers: [web], ports: tcp(80) },
  ])
})

test('a number means the port by every protocol', () => {
  const ports = { dns: 53, datagrams: { port: 53, protocol: 'UDP' } } as const
  const reachableFrom = [{ from: 'web', ports: [53] }]
  expect(rulesInto({ ports, port: 80, reachableFrom })?.[0]?.ports).toEqual([
    { protocol: 'TCP', port: 53 },
    { protocol: 'UDP', port: 53 },
  ])
})

test('several entries of one source add up, and let it out by one policy', () => {
  const reachableFrom = ['web/site', { from: 'web/site', ports: ['metrics'] }]
  const { api, web } = network({ ...named, port: 80, reachableFrom })
  expect(api?.ingress['allow-to-server']?.rules[0]?.ports).toEqual(tcp(80, 9090))
  expect(Object.keys(web?.egress ?? {})).toEqual(['allow-site-to-api-server'])
  expect(web?.egress['allow-site-to-api-server']?.rules[0]?.ports).toEqual(tcp(80, 9090))
})

test('the public addresses are let in where a workload says so', () => {
  expect(rulesInto({ port: 80, reachableFrom: ['internet'] })).toEqual([{ peers: internet, ports: tcp(80) }])
})

test('of several ingress controllers all are meant, or the one that is named', () => {
  const ingressControllers = {
    public: { namespace: 'edge', podLabels: { app: 'traefik' } },
    internal: [{ cidr: '172.16.0.0/22' }, { cidr: 'fd12::/64' }],
  }
  const [pods, nodes, nodes6] = [
    { namespace: 'edge', podLabels: { app: 'traefik' } },
    { cidr: '172.16.0.0/22', except: [] },
    { cidr: 'fd12::/64', except: [] },
  ]
  const from = (source: string) => rulesInto({ port: 80, reachableFrom: [source] }, { ingressControllers })?.[0]?.peers
  expect(from('ingress-controller')).toEqual([nodes, nodes6, pods])
  expect(from('ingress-controller/public')).toEqual([pods])
  expect(from('ingress-controller/internal')).toEqual([nodes, nodes6])
})

test('an egress to a workload of a tier takes the place of the policy of its own, and keeps to its ports', () => {
  const egress = { orders: { description: 'x', to: { tier: 'api', workload: 'server' }, ports: ['http'] } }
  const open = network({ ...named, reachableFrom: ['web'] }).web?.egress
  expect(open).toEqual({
    'allow-to-api-server': {
      podLabels: {},
      rules: [{ peers: [{ namespace: 'shop-api', podLabels: { app: 'server' } }], ports: all }],
    },
  })
  const narrow = network({ ...named, reachableFrom: ['web'] }, { egress }).web?.egress
  expect(narrow).toEqual({
    'allow-to-orders': {
      podLabels: {},
      rules: [{ peers: [{ namespace: 'shop-api', podLabels: { app: 'server' } }], ports: tcp(3000) }],
    },
  })
})

test('an egress to a tier lets each workload out to what is open to it', () => {
  const egress = { orders: { description: 'x', to: { tier: 'api' } } }
  const reachableFrom = [
    { from: 'web/site', ports: ['http'] },
    { from: 'web/shop', ports: ['metrics'] },
  ]
  const out = network({ ...named, reachableFrom }, { egress }).web?.egress
  expect(Object.entries(out ?? {}).map(([name, { podLabels, rules }]) => [name, podLabels, rules[0]?.ports])).toEqual([
    ['allow-shop-to-orders', { app: 'shop' }, tcp(9090)],
    ['allow-site-to-orders', { app: 'site' }, tcp(3000)],
  ])
})

test('the internet is every public address: no private one, none of the machine, none of the cloud', () => {
  expect(internet).toEqual([
    {
      cidr: '0.0.0.0/0',
      except: ['10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12', '192.168.0.0/16'],
    },
    { cidr: '::/0', except: ['::1/128', 'fc00::/7', 'fe80::/10'] },
  ])
})

test('a source that is listed twice is one', () => {
  const workloads = { site: { kind: 'Deployment', port: 80, reachableFrom: ['api', 'api'] } } as const
  const tiers = { web: { description: 'x', workloads }, api: { description: 'x', workloads: {} } }
  const model = resolve(applicationWith({ tiers }), 'dev')
  expect(
    model.tiers.find(({ name }) => name === 'web')?.network.ingress['allow-to-site']?.rules[0]?.peers,
  ).toHaveLength(1)
})
