import { expect, test } from 'vitest'
import type { OutsideEgressSpec } from '../../../scripts/model/network/spec.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { EnvironmentSpec, TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const tiers = (server: Partial<WorkloadSpec>, api: Partial<TierSpec> = {}) => {
  const tiers: Readonly<Record<string, TierSpec>> = {
    web: { description: 'x', workloads: {} },
    api: { description: 'x', workloads: { server: { kind: 'Deployment', port: 4000, ...server } }, ...api },
  }
  return { tiers }
}
const from = (source: NonNullable<WorkloadSpec['reachableFrom']>[number]) => tiers({ reachableFrom: [source] })
const egress = (to: OutsideEgressSpec['to']) => tiers({}, { egress: { out: { description: 'x', to, ports: [443] } } })
const dev = (fields: Partial<EnvironmentSpec>) => ({ environments: { dev: environment(fields) } })
const server = (source: string) => `catalogue tier "api" workload "server" reachableFrom "${source}"`

ruleTest('a tier is not a source by its namespace', {
  refuses: from({ namespace: 'shop-web' }),
  telling: [
    {
      code: 'SOURCE_IS_TIER',
      where: server('shop-web'),
      message: '"shop-web" is the namespace of tier "web". Expected a namespace outside the tiers.',
    },
  ],
  accepts: from({ namespace: 'monitoring' }),
})

ruleTest('a source names a namespace, and labels that are some', {
  refuses: from({ namespace: 'Monitoring', podLabels: {} }),
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: server('Monitoring'),
      message:
        'namespace is "Monitoring". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
    {
      code: 'POD_LABELS_EMPTY',
      where: server('Monitoring'),
      message: 'podLabels is empty, which would select every pod. Expected at least one label.',
    },
  ],
  accepts: from({ namespace: 'monitoring', podLabels: { app: 'prometheus' } }),
})

for (const [cidr, code, message] of [
  [
    '10.0.0/8',
    'CIDR_INVALID',
    '"10.0.0/8" is not a network. Expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32.',
  ],
  [
    '10.0.0.1/8',
    'CIDR_NOT_CANONICAL',
    '"10.0.0.1/8" means the network 10.0.0.0/8. Expected it in that form: a single address has prefix 32, or 128.',
  ],
  [
    '0.0.0.0/0',
    'SOURCE_IS_EVERYTHING',
    '"0.0.0.0/0" is every address, those of all pods among them. Expected a network, or "internet".',
  ],
] as const) {
  ruleTest(`nobody is reachable from the network ${cidr}`, {
    refuses: from({ cidr }),
    telling: [{ code, where: server(cidr), message }],
    accepts: from({ cidr: '10.0.0.0/8' }),
  })
  ruleTest(`no ingress controller is at the network ${cidr}`, {
    refuses: dev({ ingressControllers: { nodes: [{ cidr: '172.16.0.0/22' }, { cidr }] } }),
    telling: [{ code, where: 'environment "dev" ingress controller "nodes"', message }],
    accepts: dev({ ingressControllers: { nodes: { cidr: '172.16.0.0/22' } } }),
  })
}

ruleTest('each of several ingress controllers has a namespace of its own', {
  refuses: dev({ ingressControllers: { public: { namespace: 'edge' }, own: { namespace: 'shop-web' } } }),
  telling: [
    {
      code: 'INGRESS_NAMESPACE_IS_TIER',
      where: 'environment "dev" ingress controller "own"',
      message:
        'namespace is "shop-web", the namespace of tier "web". Expected a namespace outside the tiers: every pod in it counts as the ingress controller.',
    },
  ],
  accepts: dev({ ingressControllers: { public: { namespace: 'edge' }, own: { namespace: 'edge' } } }),
})

ruleTest('the ingress controllers are given in one way', {
  refuses: dev({ ingressNamespace: 'edge', ingressControllers: { public: { namespace: 'edge' } } }),
  telling: [
    {
      code: 'INGRESS_CONTROLLERS_TWICE',
      where: 'environment "dev"',
      message: 'ingressNamespace and ingressControllers are both set. Expected one of them.',
    },
  ],
  accepts: dev({ ingressControllers: { public: { namespace: 'edge' } } }),
})

ruleTest('an ingress controller has a name that is one word', {
  refuses: dev({ ingressControllers: { 'a/b': { namespace: 'edge' } } }),
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev"',
      message:
        'an ingress controller is named "a/b". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: dev({ ingressControllers: { 'a-b': { namespace: 'edge' } } }),
})

test('the fix of an address without a prefix is the network of it alone', () => {
  const fixes = ['169.254.20.10', 'fd00::a', '10.0.0/8'].map((cidr) => {
    return checkApplication(applicationWith(dev({ dns: { cidr } }))).map(({ fix }) => fix)
  })
  expect(fixes.flat()).toEqual([
    'Write 169.254.20.10/32 for this one address.',
    'Write fd00::a/128 for this one address.',
    'Correct the cidr.',
  ])
})

for (const [cidr, held, near] of [
  ['169.254.169.254/32', '169.254.169.254', '169.254.169.253/32'],
  ['169.254.0.0/16', '169.254.42.42', '169.254.20.0/24'],
  ['169.254.170.0/27', '169.254.170.2', '169.254.171.0/24'],
  ['fe80::a9fe:a9fe/128', 'fe80::169.254.169.254', 'fe80::a9fe:140a/128'],
  ['fe80::/64', 'fe80::169.254.42.42', 'fe80:0:0:1::/64'],
  ['::ffff:a9fe:2a2a/128', '::ffff:169.254.42.42', '::ffff:a00:1/128'],
  ['fd00:42::/32', 'fd00:42::42', 'fd00:43::/32'],
  ['fd00:ec2::254/128', 'fd00:ec2::254', 'fd00:ec2::253/128'],
  ['fd20:ce::/64', 'fd20:ce::254', 'fd20:cf::/64'],
] as const) {
  const message = `"${cidr}" holds ${held}, where a cloud answers with the credentials of the machine. Expected a network without it.`
  ruleTest(`egress to ${cidr} would reach the metadata of a cloud, and to ${near} would not`, {
    refuses: egress({ cidr }),
    telling: [{ code: 'EGRESS_TO_METADATA', where: 'catalogue tier "api" egress "out"', message }],
    accepts: egress({ cidr: near }),
  })
}

ruleTest('the address of the DNS is a link-local one, and not where a cloud has its metadata', {
  refuses: dev({ dns: [{ cidr: '169.254.169.254/32' }, { cidr: '169.254.20.10' }] }),
  telling: [
    {
      code: 'CIDR_INVALID',
      where: 'environment "dev" dns',
      message:
        '"169.254.20.10" is not a network. Expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32.',
    },
    {
      code: 'EGRESS_TO_METADATA',
      where: 'environment "dev" dns',
      message:
        '"169.254.169.254/32" holds 169.254.169.254, where a cloud answers with the credentials of the machine. Expected a network without it.',
    },
  ],
  accepts: dev({
    dns: [{ cidr: '169.254.20.10/32' }, { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } }],
  }),
})

ruleTest('a network of nodes may hold the address of a metadata service: nothing is sent there', {
  refuses: from({ cidr: '128.0.0.1/1' }),
  telling: [
    {
      code: 'CIDR_NOT_CANONICAL',
      where: server('128.0.0.1/1'),
      message:
        '"128.0.0.1/1" means the network 128.0.0.0/1. Expected it in that form: a single address has prefix 32, or 128.',
    },
  ],
  accepts: from({ cidr: '128.0.0.0/1' }),
})
