import { expect, test } from 'vitest'
import type { OutsideEgressSpec } from '../../../scripts/model/network/spec.ts'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Labels, TierSpec, WorkloadSpec } from '../../../scripts/model/types.ts'
import { trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

interface Parts {
  readonly server?: Partial<WorkloadSpec>
  readonly worker?: Partial<WorkloadSpec>
}

/** The tiers `web` with the workload `site`, and `api` with `server` and `worker`, each with what a test says of them. */
const tiers = (
  { server = {}, worker = {}, ...api }: Partial<TierSpec> & Parts = {},
  web: Partial<TierSpec> = {},
): { tiers: Readonly<Record<string, TierSpec>> } => ({
  tiers: {
    web: { description: 'What the browser gets', workloads: { site: { kind: 'Deployment', port: 8080 } }, ...web },
    api: {
      description: 'What only we run',
      workloads: {
        server: { kind: 'Deployment', port: 4000, ...server },
        worker: { kind: 'CronJob', ...worker },
      },
      ...api,
    },
  },
})
const server = 'catalogue tier "api" workload "server"'
const reachable = (...reachableFrom: string[]) => tiers({ server: { reachableFrom } })
const egress = (fields: Partial<OutsideEgressSpec>, name = 'ledger') =>
  tiers({ egress: { [name]: { description: 'x', to: { cidr: '10.0.0.0/8' }, ports: [5432], ...fields } } })
const ledger = 'catalogue tier "api" egress "ledger"'

test('the catalogue of Trackdéchets breaks no rule of the network', () => {
  expect(checkApplication(trackdechets).filter(({ severity }) => severity !== 'warning')).toEqual([])
})

for (const [source, hint] of [
  ['ingress-controler', ' Did you mean "ingress-controller"?'],
  ['wep', ' Did you mean "web"?'],
  ['web/sitte', ' Did you mean "web/site"?'],
  ['web/site/1', ' Did you mean "web/site"?'],
  ['', ''],
] as const) {
  ruleTest(`nobody is reachable from "${source}"`, {
    refuses: reachable(source),
    telling: [
      {
        code: 'SOURCE_UNKNOWN',
        where: server,
        message: `reachableFrom names "${source}", which does not exist.${hint} Expected "ingress-controller", a tier, or a workload as tier/workload.`,
      },
    ],
    accepts: reachable('ingress-controller', 'web', 'api/worker'),
  })
}

ruleTest('what is reachable has a port', {
  refuses: tiers({ worker: { reachableFrom: ['web'] } }),
  telling: [
    {
      code: 'REACHABLE_WITHOUT_PORT',
      where: 'catalogue tier "api" workload "worker"',
      message: 'is reachable from "web" and has no port. Expected the port its pods listen on.',
    },
  ],
  accepts: tiers({ worker: { reachableFrom: ['web'], port: 82 } }),
})

ruleTest('a tier that is open inside is not a source of its own workloads', {
  refuses: tiers({ server: { reachableFrom: ['api', 'web'] }, internalTraffic: 'open' }),
  telling: [
    {
      code: 'SOURCE_NEEDLESS',
      where: server,
      message:
        'reachableFrom names "api" needlessly: the tier is open inside, so every pod of it may connect. Expected only sources that add something.',
      severity: 'warning',
    },
  ],
  accepts: reachable('api', 'web'),
})

ruleTest('a source is listed once, and no workload of a tier beside the whole tier', {
  refuses: reachable('web', 'web/site', 'ingress-controller', 'ingress-controller'),
  telling: [
    {
      code: 'SOURCE_NEEDLESS',
      where: server,
      message:
        'reachableFrom names "ingress-controller" needlessly: it is listed twice. Expected only sources that add something.',
      severity: 'warning',
    },
    {
      code: 'SOURCE_NEEDLESS',
      where: server,
      message:
        'reachableFrom names "web/site" needlessly: all of tier "web" is listed. Expected only sources that add something.',
      severity: 'warning',
    },
  ],
  accepts: reachable('web', 'ingress-controller'),
})

ruleTest('no tier is called like the ingress controller', {
  refuses: { tiers: { 'ingress-controller': { description: 'x', workloads: {} } } },
  telling: [
    {
      code: 'TIER_NAME_RESERVED',
      where: 'catalogue tier "ingress-controller"',
      message: '"ingress-controller" in reachableFrom means the ingress controller. Expected another name for a tier.',
    },
  ],
  accepts: { tiers: { ingress: { description: 'x', workloads: {} } } },
})

ruleTest('workloads and egress have names Kubernetes takes', {
  refuses: tiers(
    { egress: { 'a.b': { description: 'x', to: 'internet', ports: [443] } } },
    { workloads: { Site: { kind: 'Deployment', podLabels: { app: 'site' } } } },
  ),
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'catalogue tier "api"',
      message:
        'the egress is named "a.b". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'catalogue tier "web"',
      message:
        'the workload is named "Site". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: tiers({ egress: { 'a-b': { description: 'x', to: 'internet', ports: [443] } } }),
})

const shared = (name: string, one: string, other: string) => ({
  code: 'POLICY_NAME_SHARED',
  where: 'catalogue tier "api"',
  message: `"${name}" would be the name of the NetworkPolicies of ${one} and of ${other}. Expected separate names.`,
})
const outside = { description: 'x', to: 'internet', ports: [443] } as const

ruleTest('an egress is not named after a workload of its tier that is reachable', {
  refuses: tiers({ server: { reachableFrom: ['web'] }, egress: { server: outside } }),
  telling: [shared('allow-to-server', 'reachableFrom of workload "server"', 'egress "server"')],
  accepts: tiers({ egress: { server: outside } }),
})

ruleTest('an egress is not named after a workload the tier reaches', {
  refuses: tiers(
    { egress: { 'web-site': outside } },
    { workloads: { site: { kind: 'Deployment', port: 80, reachableFrom: ['api'] } } },
  ),
  telling: [shared('allow-to-web-site', 'reachableFrom of workload "web/site"', 'egress "web-site"')],
  accepts: tiers(
    { egress: { website: outside } },
    { workloads: { site: { kind: 'Deployment', port: 80, reachableFrom: ['api'] } } },
  ),
})

ruleTest('two workloads the tier reaches have policies of different names', {
  refuses: {
    tiers: {
      api: { description: 'x', workloads: { w: { kind: 'Job' } } },
      a: { description: 'x', workloads: { 'b-c': { kind: 'Job', port: 1, reachableFrom: ['api'] } } },
      'a-b': { description: 'x', workloads: { c: { kind: 'Job', port: 1, reachableFrom: ['api'] } } },
    },
  },
  telling: [shared('allow-to-a-b-c', 'reachableFrom of workload "a/b-c"', 'reachableFrom of workload "a-b/c"')],
  accepts: {
    tiers: {
      api: { description: 'x', workloads: { w: { kind: 'Job' } } },
      a: { description: 'x', workloads: { 'b-c': { kind: 'Job', port: 1, reachableFrom: ['api'] } } },
      'a-b': { description: 'x', workloads: { c: { kind: 'Job', port: 1, reachableFrom: ['a'] } } },
    },
  },
})

ruleTest('the name of a policy has at most 63 characters', {
  refuses: tiers({ egress: { [`e${'x'.repeat(54)}`]: outside } }),
  telling: [
    {
      code: 'NAME_TOO_LONG',
      where: 'catalogue tier "api"',
      message: `the NetworkPolicy "allow-to-e${'x'.repeat(54)}" of egress "e${'x'.repeat(54)}" has 64 characters. Expected at most 63.`,
    },
  ],
  accepts: tiers({ egress: { [`e${'x'.repeat(53)}`]: outside } }),
})

for (const [title, mine, theirs, telling] of [
  ['the same labels', { app: 'x' }, { app: 'x' }, ['server', 'worker']],
  ['fewer of the same labels', { app: 'x' }, { app: 'x', part: 'y' }, ['server']],
] as const) {
  ruleTest(`no workload selects the pods of another by ${title}`, {
    refuses: tiers({ server: { podLabels: mine }, worker: { podLabels: theirs } }),
    telling: telling.map((name) => ({
      code: 'POD_LABELS_SHARED',
      where: `catalogue tier "api" workload "${name}"`,
      message: `its podLabels select the pods of workload "${name === 'server' ? 'worker' : 'server'}" too. Expected labels that only its own pods have.`,
    })),
    accepts: tiers({ server: { podLabels: { app: 'x', part: 'z' } }, worker: { podLabels: { app: 'x', part: 'y' } } }),
  })
}

test('two tiers may have workloads of one label: namespaces keep them apart', () => {
  const application = applicationWith(tiers({ server: { podLabels: { app: 'site' } } }))
  expect(checkApplication(application)).toEqual([])
})

for (const [key, value] of [
  ['app', 'two words'],
  ['app', '-x'],
  ['app', 'x'.repeat(64)],
  ['-app', 'x'],
  ['', 'x'],
  ['Example.org/app', 'x'],
  ['a/b/c', 'x'],
  ['/app', 'x'],
] as const) {
  ruleTest(`"${key}: ${value}" is not a label`, {
    refuses: tiers({ server: { podLabels: { [key]: value } } }),
    telling: [
      {
        code: 'POD_LABEL_INVALID',
        where: server,
        message: `"${key}: ${value}" is not a label. Expected at most 63 letters, digits, hyphens, underscores and dots in key and value, and a DNS name before a slash.`,
      },
    ],
    accepts: tiers({ server: { podLabels: { 'app.kubernetes.io/name': 'A_b.c-1', empty: '' } } }),
  })
}

ruleTest('labels that are there are not empty', {
  refuses: tiers({ server: { podLabels: {} }, egress: { e: { ...outside, to: { namespace: 'n', podLabels: {} } } } }),
  telling: ['egress "e"', 'workload "server"'].map((what) => ({
    code: 'POD_LABELS_EMPTY',
    where: `catalogue tier "api" ${what}`,
    message: 'podLabels is empty, which would select every pod. Expected at least one label.',
  })),
  accepts: tiers({ egress: { e: { ...outside, to: { namespace: 'n' } } } }),
})

ruleTest('a port is at most 65535', {
  refuses: tiers({ server: { port: 65536 }, egress: { ledger: { ...outside, ports: [443, 70000] } } }),
  telling: [
    { code: 'PORT_INVALID', where: ledger, message: 'the port is 70000. Expected 1 to 65535.' },
    { code: 'PORT_INVALID', where: server, message: 'the port is 65536. Expected 1 to 65535.' },
  ],
  accepts: tiers({ server: { port: 65535 }, egress: { ledger: { ...outside, ports: [1, 65535] } } }),
})

for (const [ports, fact] of [
  [[], 'ports is empty'],
  [[443, 443], 'a port is listed twice'],
] as const) {
  ruleTest(`egress where ${fact}`, {
    refuses: egress({ ports }),
    telling: [{ code: 'PORTS_INVALID', where: ledger, message: `${fact}. Expected the ports it is for, each once.` }],
    accepts: egress({ ports: [443, 444] }),
  })
}

for (const [cidr, code, message] of [
  [
    '10.0.0.0',
    'CIDR_INVALID',
    '"10.0.0.0" is not a network. Expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32.',
  ],
  [
    'internet',
    'CIDR_INVALID',
    '"internet" is not a network. Expected an address and a prefix length, such as 10.0.0.0/8 or 2001:db8::/32.',
  ],
  [
    '10.0.0.1/8',
    'CIDR_NOT_CANONICAL',
    '"10.0.0.1/8" means the network 10.0.0.0/8. Expected it in that form: a single address has prefix 32, or 128.',
  ],
  [
    'FD12::/32',
    'CIDR_NOT_CANONICAL',
    '"FD12::/32" means the network fd12::/32. Expected it in that form: a single address has prefix 32, or 128.',
  ],
  [
    '0.0.0.0/0',
    'EGRESS_TO_EVERYTHING',
    '"0.0.0.0/0" is every address, those of the cluster and of the cloud\'s metadata among them. Expected a network, or "internet".',
  ],
  [
    '::/0',
    'EGRESS_TO_EVERYTHING',
    '"::/0" is every address, those of the cluster and of the cloud\'s metadata among them. Expected a network, or "internet".',
  ],
  [
    '128.0.0.0/1',
    'EGRESS_TO_METADATA',
    '"128.0.0.0/1" holds 169.254.42.42, where a cloud answers with the credentials of the machine. Expected a network without it.',
  ],
  [
    '169.254.42.42/32',
    'EGRESS_TO_METADATA',
    '"169.254.42.42/32" holds 169.254.42.42, where a cloud answers with the credentials of the machine. Expected a network without it.',
  ],
  [
    'fd00::/16',
    'EGRESS_TO_METADATA',
    '"fd00::/16" holds fd00:42::42, where a cloud answers with the credentials of the machine. Expected a network without it.',
  ],
] as const) {
  ruleTest(`egress to ${cidr}`, {
    refuses: egress({ to: { cidr } }),
    telling: [{ code, where: ledger, message }],
    accepts: egress({ to: { cidr: cidr.includes(':') ? 'fd12::/32' : '10.0.0.1/32' } }),
  })
}

ruleTest('egress does not go into a tier by its namespace, in whatever environment that is one', {
  refuses: {
    ...egress({ to: { namespace: 'front' } }),
    environments: {
      dev: environment(),
      live: environment({
        namespaces: { web: 'front' },
        kubeContext: 'l',
        projectId: 'e47d9b30-5a1c-4f86-a3d2-90bc17f6e825',
      }),
    },
  },
  telling: [
    {
      code: 'EGRESS_INTO_TIER',
      where: ledger,
      message: '"front" is the namespace of tier "web". Expected a namespace outside the tiers.',
    },
  ],
  accepts: egress({ to: { namespace: 'front' } }),
})

ruleTest('egress names a namespace', {
  refuses: egress({ to: { namespace: 'Queues' } }),
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: ledger,
      message:
        'to.namespace is "Queues". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: egress({ to: { namespace: 'queues' } }),
})

ruleTest('the ingress controller has a namespace of its own', {
  refuses: { environments: { dev: environment({ ingressNamespace: 'shop-web' }) } },
  telling: [
    {
      code: 'INGRESS_NAMESPACE_IS_TIER',
      where: 'environment "dev"',
      message:
        'ingressNamespace is "shop-web", the namespace of tier "web". Expected a namespace outside the tiers: every pod in it counts as the ingress controller.',
    },
  ],
  accepts: { environments: { dev: environment({ ingressNamespace: 'edge' }) } },
})

ruleTest('the namespace of the ingress controller can be one', {
  refuses: { environments: { dev: environment({ ingressNamespace: 'ingress/nginx' }) } },
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev"',
      message:
        'ingressNamespace is "ingress/nginx". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: {},
})

const dns = (podLabels: Labels, namespace = 'dns') => ({
  environments: { dev: environment({ dns: { namespace, podLabels } }) },
})
const coreDns = { 'app.kubernetes.io/name': 'coredns' }

ruleTest('the DNS of a cluster has a namespace of its own', {
  refuses: dns(coreDns, 'shop-web'),
  telling: [
    {
      code: 'DNS_NAMESPACE_IS_TIER',
      where: 'environment "dev" dns',
      message:
        'dns.namespace is "shop-web", the namespace of tier "web". Expected a namespace outside the tiers: every tier may connect to the DNS of the cluster.',
    },
  ],
  accepts: dns(coreDns),
})

ruleTest('the namespace of the DNS can be one', {
  refuses: dns(coreDns, 'kube/system'),
  telling: [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where: 'environment "dev" dns',
      message:
        'dns.namespace is "kube/system". Expected at most 63 lowercase letters, digits and hyphens, with a letter or digit at both ends.',
    },
  ],
  accepts: dns(coreDns, 'kube-system'),
})

ruleTest('the DNS of a cluster is found by labels', {
  refuses: dns({}),
  telling: [
    {
      code: 'POD_LABELS_EMPTY',
      where: 'environment "dev" dns',
      message: 'podLabels is empty, which would select every pod. Expected at least one label.',
    },
  ],
  accepts: dns(coreDns),
})

ruleTest('the labels of the DNS can be some', {
  refuses: dns({ app: 'core dns' }),
  telling: [
    {
      code: 'POD_LABEL_INVALID',
      where: 'environment "dev" dns',
      message:
        '"app: core dns" is not a label. Expected at most 63 letters, digits, hyphens, underscores and dots in key and value, and a DNS name before a slash.',
    },
  ],
  accepts: dns({ app: 'core-dns' }),
})

test('an egress to nothing the compiler would take is reported', () => {
  for (const to of [{ cidr: 5 }, { namespaces: 'x' }, { cidr: '10.0.0.0/8', namespace: 'x' }, 'Internet', {}]) {
    expect(
      checkApplication(applicationWith(egress({ to: to as never }))).map(({ code, where }) => `${code} ${where}`),
    ).toEqual([`SHAPE_INVALID ${ledger}`])
  }
})
