import { expect, test } from 'vitest'
import { internet } from '../../../../scripts/model/network/network.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { bookshop, trackdechets } from '../../../fixtures/applications.ts'
import { applicationWith } from '../../../helpers/applications.ts'

const networks = (application: typeof bookshop, environment: string) =>
  Object.fromEntries(resolve(application, environment).tiers.map(({ name, network }) => [name, network]))

test('the tiers of Trackdéchets are open to what the application needs', () => {
  const ingress = { namespace: 'ingress-nginx', podLabels: {} }
  const frontend = { namespace: 'trackdechets-frontend', podLabels: {} }
  expect(networks(trackdechets, 'production')).toEqual({
    frontend: {
      open: false,
      ingress: { 'allow-to-ui': { podLabels: { app: 'ui' }, port: 3000, from: [ingress] } },
      egress: {
        'allow-to-backend-api': {
          podLabels: {},
          to: [{ namespace: 'trackdechets-backend', podLabels: { app: 'api' } }],
          ports: [4000],
          protocol: 'TCP',
        },
      },
    },
    backend: {
      open: true,
      ingress: {
        'allow-to-api': { podLabels: { app: 'api' }, port: 4000, from: [frontend, ingress] },
        'allow-to-notifier': { podLabels: { app: 'notifier' }, port: 82, from: [ingress] },
      },
      egress: {
        'allow-to-databases': {
          podLabels: {},
          to: [{ cidr: '10.0.0.0/8', except: [] }],
          ports: [5432, 6379, 9200, 27017],
          protocol: 'TCP',
        },
        'allow-to-https': { podLabels: {}, to: internet, ports: [443], protocol: 'TCP' },
      },
    },
  })
})

test('a source that is one workload is found by its labels on both sides, in its own tier too', () => {
  const { storefront, orders } = networks(bookshop, 'live')
  const pages = { namespace: 'bookshop-storefront', podLabels: { app: 'pages' } }
  expect(storefront).toEqual({
    open: false,
    ingress: {
      'allow-to-image-resizer': { podLabels: { app: 'image-resizer' }, port: 7000, from: [pages] },
      'allow-to-pages': { podLabels: { app: 'pages' }, port: 8080, from: [{ namespace: 'edge', podLabels: {} }] },
    },
    egress: {
      'allow-pages-to-orders-checkout': {
        podLabels: { app: 'pages' },
        to: [
          {
            namespace: 'bookshop-orders',
            podLabels: { 'app.kubernetes.io/name': 'checkout', 'app.kubernetes.io/component': 'server' },
          },
        ],
        ports: [9000],
        protocol: 'TCP',
      },
      'allow-pages-to-storefront-image-resizer': {
        podLabels: { app: 'pages' },
        to: [{ namespace: 'bookshop-storefront', podLabels: { app: 'image-resizer' } }],
        ports: [7000],
        protocol: 'TCP',
      },
    },
  })
  expect(orders?.ingress['allow-to-checkout']?.from).toEqual([{ namespace: 'post-office', podLabels: {} }, pages])
})

test('egress goes to pods of a namespace, by a protocol of its own, on ports in order', () => {
  const { mailer } = networks(bookshop, 'preview')
  expect(mailer?.egress).toMatchObject({
    'allow-to-queue': { to: [{ namespace: 'queues', podLabels: { app: 'nats' } }], ports: [4222], protocol: 'TCP' },
    'allow-to-tracing': { to: [{ namespace: 'tracing', podLabels: {} }], ports: [6831], protocol: 'UDP' },
  })
  const tier = {
    description: 'x',
    workloads: {},
    egress: { e: { description: 'x', to: 'internet', ports: [9, 10, 1] } },
  }
  const { tiers } = resolve(applicationWith({ tiers: { web: tier as never } }), 'dev')
  expect(tiers[0]?.network.egress['allow-to-e']?.ports).toEqual([1, 9, 10])
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
  expect(model.tiers.find(({ name }) => name === 'web')?.network.ingress['allow-to-site']?.from).toHaveLength(1)
})
