import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { beforeAll, describe, expect, test } from 'vitest'
import { judgePolicies, namespaceLabels } from '../../scripts/chart/judge-policies.ts'
import type { Manifest } from '../../scripts/chart/manifests.ts'
import { networkPoliciesOf } from '../../scripts/chart/network-policy.ts'
import { checkReachability } from '../../scripts/chart/reachability-difference.ts'
import { operatorValuesText } from '../../scripts/generate/operator-values.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import { endpointsOf } from '../../scripts/model/network/endpoints.ts'
import { internet } from '../../scripts/model/network/peers.ts'
import { reachabilityTable } from '../../scripts/model/network/reachability-table.ts'
import { resolve, resolveAll } from '../../scripts/model/resolve.ts'
import { bookshop, trackdechets } from '../fixtures/applications.ts'
import { type ApplicationParts, applicationWith, environment } from '../helpers/applications.ts'
import { chartOf, find, helm4, helms, manifestsOf, tryTemplate, valuesFile } from '../helpers/chart.ts'
import { temporaryFolder } from '../helpers/folders.ts'
import { repositoryFile } from '../helpers/generating.ts'
import { handBuiltPolicies } from '../helpers/hand-built-policies.ts'
import { applications } from '../helpers/random-networks.ts'
import { type Repository, userFolder } from '../helpers/repository.ts'
import { withValue } from '../helpers/values.ts'

const networked: ApplicationParts = {
  tiers: {
    web: {
      description: 'Pages',
      workloads: { site: { kind: 'Deployment' } },
      egress: { orders: { description: 'GraphQL', to: { tier: 'api', workload: 'server' }, ports: ['http'] } },
    },
    api: {
      description: 'Orders',
      workloads: {
        server: {
          kind: 'Deployment',
          ports: { http: 3000, metrics: 9090, stream: { port: 5000, protocol: 'UDP' } },
          reachableFrom: [
            { from: 'ingress-controller/internal', ports: ['http'] },
            { from: 'web', ports: ['http', 'stream'] },
            { namespace: 'monitoring', podLabels: { app: 'prometheus' }, ports: ['metrics'] },
            { from: 'internet', ports: ['stream'] },
          ],
        },
      },
    },
  },
  environments: {
    dev: environment({
      ingressControllers: { public: { namespace: 'edge' }, internal: { cidr: '172.16.0.0/22' } },
      dns: [
        { cidr: '169.254.20.10/32' },
        { namespace: 'openshift-dns', podLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' }, port: 5353 },
      ],
    }),
  },
}

const policiesIn = (manifests: readonly Manifest[], namespace: string) =>
  Object.fromEntries(
    manifests
      .filter(({ kind, metadata }) => kind === 'NetworkPolicy' && metadata.namespace === namespace)
      .map(({ metadata, spec }) => [metadata.name, spec]),
  )

test('the pods of a tier reach the DNS their environment names, and no other', async () => {
  const dns = { namespace: 'dns', podLabels: { 'app.kubernetes.io/name': 'coredns' } }
  const application = applicationWith({ environments: { dev: environment({ dns }) } })
  const { chart, values } = await chartOf(application)
  const manifests = await manifestsOf(helm4, chart, values('dev'))
  expect(policiesIn(manifests, 'shop-api')['allow-dns']).toMatchObject({
    egress: [
      {
        to: [
          {
            namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': dns.namespace } },
            podSelector: { matchLabels: dns.podLabels },
          },
        ],
      },
    ],
  })
  expect(checkReachability(manifests, resolve(application, 'dev'), application.catalogue)).toEqual([])
})

test('values can’t open a whole namespace as DNS', async () => {
  const { chart, values } = await chartOf(applicationWith())
  const [written] = parseYamlDocuments(await readFile(values('dev'), 'utf8'), 'dev.yaml')
  const bare = withValue(written, 'networkPolicies.dns.0.to.podLabels', undefined)
  const { exitCode, stderr } = await tryTemplate(helm4, chart, await valuesFile(await temporaryFolder(), bare))
  expect(exitCode).toBe(1)
  expect(stderr).toContain('podLabels')
})

describe.each(helms)('the policies of Trackdéchets, rendered by %s', (_, helm) => {
  let manifests: readonly Manifest[]
  beforeAll(async () => {
    const { chart, values } = await chartOf(trackdechets)
    manifests = await manifestsOf(helm, chart, values('production'))
  })

  const byName = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })
  const every = {
    'default-deny': { podSelector: {}, policyTypes: ['Ingress', 'Egress'] },
    'allow-dns': {
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ namespaceSelector: byName('kube-system'), podSelector: { matchLabels: { 'k8s-app': 'kube-dns' } } }],
          ports: [
            { protocol: 'UDP', port: 53 },
            { protocol: 'TCP', port: 53 },
          ],
        },
      ],
    },
  }

  test('the frontend is entered at ui:3000 by the ingress controller, and leaves to api:4000', () => {
    expect(policiesIn(manifests, 'trackdechets-frontend')).toEqual({
      ...every,
      'allow-to-ui': {
        podSelector: { matchLabels: { app: 'ui' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ namespaceSelector: byName('ingress-nginx') }], ports: [{ protocol: 'TCP', port: 3000 }] }],
      },
      'allow-to-backend-api': {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [
          {
            to: [{ namespaceSelector: byName('trackdechets-backend'), podSelector: { matchLabels: { app: 'api' } } }],
            ports: [{ protocol: 'TCP', port: 4000 }],
          },
        ],
      },
    })
  })

  test('the backend is entered at api:4000 and notifier:82, is open inside, and leaves to its databases and by https', () => {
    const [database, https] = [[5432, 6379, 9200, 27017], [443]].map((ports) =>
      ports.map((port) => ({ protocol: 'TCP', port })),
    )
    expect(policiesIn(manifests, 'trackdechets-backend')).toEqual({
      ...every,
      'allow-inside': {
        podSelector: {},
        policyTypes: ['Ingress', 'Egress'],
        ingress: [{ from: [{ podSelector: {} }] }],
        egress: [{ to: [{ podSelector: {} }] }],
      },
      'allow-to-api': {
        podSelector: { matchLabels: { app: 'api' } },
        policyTypes: ['Ingress'],
        ingress: [
          {
            from: [
              { namespaceSelector: byName('trackdechets-frontend') },
              { namespaceSelector: byName('ingress-nginx') },
            ],
            ports: [{ protocol: 'TCP', port: 4000 }],
          },
        ],
      },
      'allow-to-notifier': {
        podSelector: { matchLabels: { app: 'notifier' } },
        policyTypes: ['Ingress'],
        ingress: [{ from: [{ namespaceSelector: byName('ingress-nginx') }], ports: [{ protocol: 'TCP', port: 82 }] }],
      },
      'allow-to-databases': {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [{ to: [{ ipBlock: { cidr: '10.0.0.0/8' } }], ports: database }],
      },
      'allow-to-https': {
        podSelector: {},
        policyTypes: ['Egress'],
        egress: [
          {
            to: [
              {
                ipBlock: {
                  cidr: '0.0.0.0/0',
                  except: [
                    '10.0.0.0/8',
                    '100.64.0.0/10',
                    '127.0.0.0/8',
                    '169.254.0.0/16',
                    '172.16.0.0/12',
                    '192.168.0.0/16',
                  ],
                },
              },
              { ipBlock: { cidr: '::/0', except: ['::1/128', 'fc00::/7', 'fe80::/10'] } },
            ],
            ports: https,
          },
        ],
      },
    })
  })

  test('every policy carries the labels of its tier', () => {
    const policies = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
    expect(policies).toHaveLength(11)
    for (const { apiVersion, metadata } of policies) {
      expect(apiVersion).toBe('networking.k8s.io/v1')
      expect(metadata.labels).toMatchObject({
        'app.kubernetes.io/component': metadata.namespace?.replace('trackdechets-', ''),
        'tiered-secrets/environment': 'production',
      })
    }
  })
})

test.each([
  ['Trackdéchets', trackdechets],
  ['the bookshop', bookshop],
])('in every environment of %s the rendered policies allow what the catalogue says', async (_, application) => {
  const { chart, values } = await chartOf(application)
  for (const environment of Object.keys(application.environments)) {
    const manifests = await manifestsOf(helm4, chart, values(environment))
    expect(checkReachability(manifests, resolve(application, environment), application.catalogue)).toEqual([])
  }
})

test('a policy that goes by one workload, UDP or pods of another namespace is rendered so', async () => {
  const { chart, values } = await chartOf(bookshop)
  const manifests = await manifestsOf(helm4, chart, values('live'))
  expect(find(manifests, 'NetworkPolicy', 'allow-pages-to-orders-checkout').spec).toMatchObject({
    podSelector: { matchLabels: { app: 'pages' } },
    egress: [{ to: [{ podSelector: { matchLabels: { 'app.kubernetes.io/component': 'server' } } }] }],
  })
  expect(find(manifests, 'NetworkPolicy', 'allow-to-tracing').spec).toMatchObject({
    egress: [
      {
        to: [{ namespaceSelector: { matchLabels: { 'kubernetes.io/metadata.name': 'tracing' } } }],
        ports: [{ protocol: 'UDP', port: 6831 }],
      },
    ],
  })
  expect(policiesIn(await manifestsOf(helm4, chart, values('rehearsal')), 'bookshop-orders')).toEqual({})
})

describe('an application with all words of the network', async () => {
  const application = applicationWith(networked)
  const { chart, values } = await chartOf(application)
  const manifests = await manifestsOf(helm4, chart, values('dev'))
  const byName = (name: string) => ({ matchLabels: { 'kubernetes.io/metadata.name': name } })
  const tcp = (...ports: number[]) => ports.map((port) => ({ protocol: 'TCP', port }))
  const udp = (port: number) => ({ protocol: 'UDP', port })

  test('is rendered as its catalogue says', () => {
    expect(checkReachability(manifests, resolve(application, 'dev'), application.catalogue)).toEqual([])
  })

  test('DNS is the address of NodeLocal DNSCache, and CoreDNS on the port of its pods', () => {
    expect(policiesIn(manifests, 'shop-web')['allow-dns']).toEqual({
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        { to: [{ ipBlock: { cidr: '169.254.20.10/32' } }], ports: [udp(53), ...tcp(53)] },
        {
          to: [
            {
              namespaceSelector: byName('openshift-dns'),
              podSelector: { matchLabels: { 'dns.operator.openshift.io/daemonset-dns': 'default' } },
            },
          ],
          ports: [udp(5353), ...tcp(5353)],
        },
      ],
    })
  })

  test('each source reaches its ports: the controllers http, Prometheus metrics, the public addresses a stream', () => {
    const [prometheus, nodes] = [
      { namespaceSelector: byName('monitoring'), podSelector: { matchLabels: { app: 'prometheus' } } },
      { ipBlock: { cidr: '172.16.0.0/22' } },
    ]
    expect(find(manifests, 'NetworkPolicy', 'allow-to-server').spec).toEqual({
      podSelector: { matchLabels: { app: 'server' } },
      policyTypes: ['Ingress'],
      ingress: [
        { from: [nodes], ports: tcp(3000) },
        {
          from: internet.map(({ cidr, except }) => ({ ipBlock: { cidr, except } })),
          ports: [udp(5000)],
        },
        { from: [prometheus], ports: tcp(9090) },
        { from: [{ namespaceSelector: byName('shop-web') }], ports: [...tcp(3000), udp(5000)] },
      ],
    })
  })

  test('an egress to a workload of a tier has its name and its ports', () => {
    expect(Object.keys(policiesIn(manifests, 'shop-web')).sort()).toEqual([
      'allow-dns',
      'allow-to-orders',
      'default-deny',
    ])
    expect(find(manifests, 'NetworkPolicy', 'allow-to-orders').spec).toEqual({
      podSelector: {},
      policyTypes: ['Egress'],
      egress: [
        {
          to: [{ namespaceSelector: byName('shop-api'), podSelector: { matchLabels: { app: 'server' } } }],
          ports: tcp(3000),
        },
      ],
    })
  })

  test('the operator may ask the same DNS', async () => {
    const [, objects = ''] = operatorValuesText(resolveAll(application), '1.2.3').split('extraObjects:')
    expect(objects).toContain('cidr: "169.254.20.10/32"')
    expect(objects).toContain('{ protocol: UDP, port: 5353 }')
  })
})

test('for some random applications, the chart renders what the catalogue says', async () => {
  for (const application of fc.sample(applications, { numRuns: 6, seed: 20 })) {
    const { chart, values } = await chartOf(application)
    const manifests = await manifestsOf(helm4, chart, values('dev'))
    const model = resolve(application, 'dev')
    expect(checkReachability(manifests, model, application.catalogue)).toEqual([])
    const rendered = manifests.filter(({ kind }) => kind === 'NetworkPolicy')
    const specs = (list: readonly Manifest[]) =>
      Object.fromEntries(list.map(({ metadata, spec }) => [`${metadata.namespace}/${metadata.name}`, spec]))
    expect(specs(rendered)).toEqual(specs(handBuiltPolicies(model)))
  }
})

test.each([
  ['a policy that is left out', /"name" "allow-dns"/, '"name" "allow-nothing"'],
  ['a wider selector', '$ingress.podLabels | nindent', 'dict | nindent'],
  ['a rule without `from`', /- from:\n\s+\{\{- range \.from \}\}[\s\S]*?\{\{- end \}\}\n\s+ports:/, '- ports:'],
  [
    'a rule of all ports',
    /\n\s+ports:\n\s+\{\{- range \$protocol, \$ports := \.ports \}\}[\s\S]*?\{\{- end \}\}\n\s+\{\{- end \}\}/,
    '',
  ],
])('%s in the template is reported', async (_, from, to) => {
  const { chart, values } = await chartOf(trackdechets)
  const path = join(chart, 'templates/network-policy.yaml')
  const text = await readFile(path, 'utf8')
  await writeFile(path, text.replace(from, to))
  expect(await readFile(path, 'utf8')).not.toBe(text)
  const manifests = await manifestsOf(helm4, chart, values('recette'))
  const problems = checkReachability(manifests, resolve(trackdechets, 'recette'), trackdechets.catalogue)
  expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['REACHABILITY_DIFFERS']))
})

describe('the commands', () => {
  let repository: Repository
  const template = 'charts/tiered-secrets/templates/network-policy.yaml'
  beforeAll(async () => {
    repository = await userFolder()
  })

  test('network prints what the committed tables say, from the rendered policies', async () => {
    const { exitCode, stdout, stderr } = await repository.cli(['network', '--environment', 'recette'])
    expect([exitCode, stderr]).toEqual([0, ''])
    const committed = await repository.read('values/recette.reachability.md')
    const rows = committed.split('\n').filter((line) => line.startsWith('|') && !line.startsWith('| ---'))
    const words = (text: string) =>
      text
        .replace(/[|`\s]+/g, ' ')
        .trim()
        .toLowerCase()
    expect(words(stdout)).toBe(words(rows.join(' ')))
    expect(stdout.split('\n').filter((line) => line !== '')).toHaveLength(rows.length)
  })

  test('network --output json prints every pair', async () => {
    const { stdout } = await repository.cli(['network', '--environment', 'recette', '--output', 'json'])
    const { version, environment, pairs } = JSON.parse(stdout)
    expect([version, environment]).toEqual([1, 'recette'])
    expect(pairs).toContainEqual({
      from: 'frontend/ui',
      to: 'backend/api',
      port: 'TCP 4000',
      allowed: true,
      egress: ['allow-to-backend-api'],
      ingress: ['allow-to-api'],
    })
    expect(pairs).toContainEqual({
      from: 'outside the cluster',
      to: 'backend/api',
      port: 'TCP 4000',
      allowed: false,
      egress: 'open',
      ingress: [],
    })
    const model = resolve(trackdechets, 'recette')
    const { policies } = networkPoliciesOf(handBuiltPolicies(model))
    const rows = reachabilityTable(
      endpointsOf(model, trackdechets.catalogue),
      judgePolicies(policies, namespaceLabels([])),
    )
    expect(pairs).toHaveLength(rows.reduce((sum, { from }) => sum + from.size, 0))
  })

  test('check fails when the rendered policies allow something else, and names the pair', async () => {
    await repository.edit(template, '$ingress.podLabels | nindent', 'dict | nindent')
    const { exitCode, stderr } = await repository.cli(['check'])
    await repository.write(template, await repositoryFile(template))
    expect(exitCode).toBe(3)
    expect(stderr).toContain(
      'reachability production: from ingress controller (ingress-nginx) to frontend/(other pods): the policies let in TCP 3000 by allow-to-ui. Expected them to let in nothing.',
    )
    expect(stderr).toContain('(REACHABILITY_DIFFERS)')
  })

  test('a change of who reaches whom is a line of the diff', async () => {
    const path = 'values/recette.reachability.md'
    const catalogue = await repository.read('scripts/catalogue.ts')
    await repository.edit(
      'scripts/catalogue.ts',
      "port: 82, reachableFrom: ['ingress-controller']",
      "port: 82, reachableFrom: ['ingress-controller', 'frontend']",
    )
    const { exitCode, stdout } = await repository.cli(['gen-values', '--check'])
    expect(exitCode).toBe(3)
    const diff = stdout.slice(stdout.indexOf(`--- a/${path}`))
    expect(diff).toContain('\n-| backend/notifier | TCP 82 | yes | – | yes | – | – |\n')
    expect(diff).toContain('\n+| backend/notifier | TCP 82 | yes | yes | yes | – | – |\n')
    await repository.write('scripts/catalogue.ts', catalogue)
  })

  test('the table of an environment that is gone is removed; a text somebody wrote by hand stays', async () => {
    await repository.write('values/old.reachability.md', await repository.read('values/recette.reachability.md'))
    await repository.write('values/notes.md', '# Mine\n')
    expect((await repository.cli(['gen-values'])).stderr).toContain('removed values/old.reachability.md')
    expect(await repository.read('values/notes.md')).toBe('# Mine\n')
  })
})
