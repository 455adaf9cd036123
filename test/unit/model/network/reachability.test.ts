import { expect, test } from 'vitest'
import {
  reachabilityMarkdown,
  reachabilityTables,
  reachabilityText,
} from '../../../../scripts/generate/reachability-page.ts'
import { unstyled } from '../../../../scripts/lib/printable.ts'
import { textWidth } from '../../../../scripts/lib/text-width.ts'
import { endpointsOf } from '../../../../scripts/model/network/endpoints.ts'
import { intendedReachability } from '../../../../scripts/model/network/reachability.ts'
import { reachabilityTable } from '../../../../scripts/model/network/reachability-table.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import type { Application } from '../../../../scripts/model/types.ts'
import { bookshop, trackdechets } from '../../../fixtures/applications.ts'
import { applicationWith, environment } from '../../../helpers/applications.ts'

/** Every pair that is allowed, one text each: `ingress controller (edge) → storefront/pages TCP 8080`. */
const allowed = (application: Application, environment: string) => {
  const model = resolve(application, environment)
  const { catalogue } = application
  return reachabilityTable(endpointsOf(model, catalogue), intendedReachability(model, catalogue)).flatMap((row) =>
    [...row.from].filter(([, verdict]) => verdict.allowed).map(([from]) => `${from} → ${row.to} ${row.port}`),
  )
}
const [ingress, frontend, backend] = [
  'ingress controller (ingress-nginx)',
  ['frontend/ui', 'frontend/(other pods)'],
  [
    'api',
    'cron',
    'notifier',
    'prisma-migrate',
    'queues-bulk-indexation',
    'queues-bulk-indexation-master',
    'queues-indexation',
    'queues-runner',
    'queues-webhooks',
    '(other pods)',
  ].map((name) => `backend/${name}`),
]

test('in Trackdéchets, exactly this is allowed from outside a tier and between tiers', () => {
  const across = allowed(trackdechets, 'recette').filter((line) => !/^backend\/.* → backend\//.test(line))
  const outside = [
    'databases of backend (10.0.0.0/8) TCP 5432, 6379, 9200, 27017',
    'the internet TCP 443',
    'the internet (IPv6) TCP 443',
    'the API server, wherever it is TCP 443',
  ]
  expect(across.sort()).toEqual(
    [
      `${ingress} → frontend/ui TCP 3000`,
      `${ingress} → backend/api TCP 4000`,
      `${ingress} → backend/notifier TCP 82`,
      ...frontend.map((from) => `${from} → backend/api TCP 4000`),
      ...[...frontend, ...backend].map((from) => `${from} → DNS TCP 53, UDP 53`),
      ...backend.flatMap((from) => outside.map((to) => `${from} → ${to}`)),
    ].sort(),
  )
})

test('inside the backend of Trackdéchets everything is allowed, inside the frontend nothing', () => {
  const inside = allowed(trackdechets, 'recette').filter((line) => /^(backend|frontend)\/.* → \1\//.test(line))
  const pairs = backend.flatMap((from) =>
    backend.flatMap((to) => {
      const port = to === 'backend/api' ? 'TCP 4000' : to === 'backend/notifier' ? 'TCP 82' : undefined
      return port ? [`${from} → ${to} ${port}`, `${from} → ${to} any other port`] : [`${from} → ${to} any port`]
    }),
  )
  expect(inside.sort()).toEqual(pairs.sort())
})

test('every pair is reported, allowed or not', () => {
  const model = resolve(trackdechets, 'recette')
  const endpoints = endpointsOf(model, trackdechets.catalogue)
  const rows = reachabilityTable(endpoints, intendedReachability(model, trackdechets.catalogue))
  const pods = [...frontend, ...backend]
  for (const to of pods) {
    for (const row of rows.filter((one) => one.to === to)) {
      expect([...row.from.keys()].sort()).toEqual(
        [...pods, ingress, 'any other pod of the cluster', 'outside the cluster'].sort(),
      )
    }
    const ports = rows.filter((one) => one.to === to).map(({ port }) => port)
    expect(ports.at(-1)).toMatch(/^any (other )?port$/)
  }
  expect(new Set(rows.map(({ to }) => to)).size).toBe(pods.length + endpoints.destinations.length)
})

test('by which policies is reported, also where one side alone would permit it', () => {
  const model = resolve(bookshop, 'live')
  const rows = reachabilityTable(
    endpointsOf(model, bookshop.catalogue),
    intendedReachability(model, bookshop.catalogue),
  )
  const at = (from: string, to: string, port: string) =>
    rows.find((row) => row.to === to && row.port === port)?.from.get(from)
  expect(at('storefront/pages', 'orders/checkout', 'TCP 9000')).toEqual({
    allowed: true,
    egress: ['allow-pages-to-orders-checkout'],
    ingress: ['allow-to-checkout'],
  })
  expect(at('storefront/image-resizer', 'orders/checkout', 'TCP 9000')).toEqual({
    allowed: false,
    egress: [],
    ingress: [],
  })
  expect(at('any other pod of the cluster', 'orders/checkout', 'TCP 9000')).toEqual({
    allowed: false,
    egress: 'open',
    ingress: [],
  })
  expect(at('mailer/postman', 'tracing of mailer (namespace tracing)', 'UDP 6831')?.allowed).toBe(true)
})

test('the table has named ports, sources by namespace and addresses, and what is named of both sides', () => {
  const application = applicationWith({
    tiers: {
      web: {
        description: 'x',
        workloads: { site: { kind: 'Deployment' } },
        egress: { orders: { description: 'x', to: { tier: 'api', workload: 'server' }, ports: ['http'] } },
      },
      api: {
        description: 'x',
        workloads: {
          server: {
            kind: 'Deployment',
            ports: { http: 3000, metrics: 9090, stream: { port: 5000, protocol: 'UDP' } },
            reachableFrom: [
              'web',
              { from: 'ingress-controller/internal', ports: ['http'] },
              { namespace: 'monitoring', podLabels: { app: 'prometheus' }, ports: ['metrics'] },
            ],
          },
        },
      },
    },
    environments: {
      dev: environment({
        ingressControllers: { public: { namespace: 'edge' }, internal: { cidr: '172.16.0.0/22' } },
        dns: [{ cidr: '169.254.20.10/32' }, { namespace: 'dns', podLabels: { app: 'coredns' }, port: 5353 }],
      }),
    },
  })
  expect(allowed(application, 'dev').sort()).toEqual(
    [
      'ingress controller internal (172.16.0.0/22) → api/server TCP 3000',
      'namespace monitoring, app=prometheus → api/server TCP 9090',
      'web/site → api/server TCP 3000',
      'web/(other pods) → api/server TCP 3000',
      ...['web/site', 'web/(other pods)', 'api/server', 'api/(other pods)'].flatMap((from) => [
        `${from} → DNS (169.254.20.10/32) TCP 53, UDP 53`,
        `${from} → DNS (dns, app=coredns) TCP 5353, UDP 5353`,
      ]),
    ].sort(),
  )
  const text = reachabilityText(resolve(application, 'dev'), application.catalogue)
  expect(text).toContain('| web/* | api/server | TCP 3000 | `allow-to-orders` | `allow-to-server` |')
  expect(text).toContain('From elsewhere outside the cluster (203.0.113.1)')
  expect(text).toMatch(/\| api\/server \| UDP 5000 \|/)
})

test('an application that lets the public addresses in says so, and what is outside besides', () => {
  const workloads = { server: { kind: 'Deployment', port: 80, reachableFrom: ['internet'] } } as const
  const application = applicationWith({ tiers: { api: { description: 'x', workloads } } })
  expect(allowed(application, 'dev').filter((line) => line.includes('→ api/server'))).toEqual([
    'the internet → api/server TCP 80',
  ])
  const text = reachabilityText(resolve(application, 'dev'), application.catalogue)
  expect(text).toContain('From elsewhere outside the cluster (192.168.0.1)')
})

test('nobody reaches the metadata of the cloud, however an application is catalogued', () => {
  for (const line of [...allowed(trackdechets, 'production'), ...allowed(bookshop, 'live')]) {
    expect(line).not.toContain('metadata')
  }
})

test('without network policies everything is allowed, and the text says so', () => {
  const model = resolve(bookshop, 'rehearsal')
  const text = reachabilityText(model, bookshop.catalogue)
  expect(text).toContain('This environment leaves out the network policies: everything is allowed.')
  expect(text).not.toContain('–')
})

test('the table is short enough to be read: pods and sources of one tier that differ in nothing share a line', () => {
  const model = resolve(trackdechets, 'recette')
  const endpoints = endpointsOf(model, trackdechets.catalogue)
  const text = reachabilityMarkdown(
    endpoints,
    reachabilityTable(endpoints, intendedReachability(model, trackdechets.catalogue)),
  )
  const lines = text.split('\n')
  expect(lines).toContain(
    '| To | Port | From backend/* | From frontend/* | From ingress controller (ingress-nginx) | From any other pod of the cluster | From outside the cluster |',
  )
  expect(lines).toContain('| backend/api | TCP 4000 | yes | yes | yes | – | – |')
  expect(lines).toContain('| backend/api | any other port | yes | – | – | – | – |')
  expect(lines).toContain('| cloud metadata | TCP 80 | – | – |  |  |  |')
  const last = lines.slice(lines.indexOf('| From | To | Port | Let out by | Let in by |') + 2).filter(Boolean)
  expect(last).toEqual([
    '| backend/* | backend/* | any port | `allow-inside` | `allow-inside` |',
    '| backend/* | DNS | TCP 53, UDP 53 | `allow-dns` |  |',
    '| backend/* | databases of backend (10.0.0.0/8) | TCP 5432, 6379, 9200, 27017 | `allow-to-databases` |  |',
    '| backend/* | the internet | TCP 443 | `allow-to-https` |  |',
    '| backend/* | the internet (IPv6) | TCP 443 | `allow-to-https` |  |',
    '| backend/* | the API server, wherever it is | TCP 443 | `allow-to-https` |  |',
    '| frontend/* | backend/api | TCP 4000 | `allow-to-backend-api` | `allow-to-api` |',
    '| frontend/* | DNS | TCP 53, UDP 53 | `allow-dns` |  |',
    '| ingress controller (ingress-nginx) | backend/api | TCP 4000 |  | `allow-to-api` |',
    '| ingress controller (ingress-nginx) | backend/notifier | TCP 82 |  | `allow-to-notifier` |',
    '| ingress controller (ingress-nginx) | frontend/ui | TCP 3000 |  | `allow-to-ui` |',
  ])
})

test('the tables of the largest application fit 80 columns', () => {
  const model = resolve(trackdechets, 'recette')
  const { catalogue } = trackdechets
  const endpoints = endpointsOf(model, catalogue)
  const rows = reachabilityTable(endpoints, intendedReachability(model, catalogue))
  const shown = unstyled(reachabilityTables(endpoints, rows, 80)).split('\n')
  expect(shown.length).toBeGreaterThan(rows.length)
  expect(Math.max(...shown.map(textWidth))).toBeLessThanOrEqual(80)
})
