import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { Application } from '../../../scripts/model/types.ts'
import { applicationWith, environment, projectEnvironment } from '../../helpers/applications.ts'

const misshapen = (application: unknown) =>
  checkApplication(application as Application).map(({ code, where, message }) => {
    expect(code).toBe('SHAPE_INVALID')
    return `${where}: ${message}`
  })

/** The application `shop` with one entry, some of whose fields are as given. */
const withSecret = (fields: object) => {
  const { catalogue, environments } = applicationWith({ secrets: [{}] })
  return { catalogue: { ...catalogue, secrets: [{ ...catalogue.secrets[0], ...fields }] }, environments }
}

test('an application of the right shape passes', () => {
  expect(misshapen(withSecret({}))).toEqual([])
  expect(misshapen(applicationWith({ environments: { dev: projectEnvironment() } }))).toEqual([])
})

test.each([
  ['no catalogue', undefined],
  ['a list instead of a catalogue', []],
])('%s is reported', (_, catalogue) => {
  expect(misshapen({ catalogue, environments: {} })).toEqual([
    'catalogue: is not an object. Expected an object with dataVersion, application, owner, remoteSecretQuota, legacy, tiers, secrets.',
  ])
})

test.each([
  [2, '2'],
  ['1', '"1"'],
  [null, 'of type object'],
  [1n, 'of type bigint'],
])('of data files in form %s only that is said', (dataVersion, shown) => {
  const catalogue = { dataVersion, secrets: 'of another kind' }
  expect(checkApplication({ catalogue, environments: {} } as unknown as Application)).toEqual([
    {
      code: 'DATA_VERSION',
      where: 'catalogue',
      message: `has dataVersion ${shown}. Expected 1, the form of data files that this version of tiered-secrets reads.`,
      fix: 'Install the version of tiered-secrets they were written for, or change them as its CHANGELOG.md tells.',
    },
  ])
})

test('a missing field is reported with what it has to be', () => {
  expect(misshapen(withSecret({ description: undefined }))).toEqual([
    'catalogue "TOKEN" (api): has no description. Expected a text that is not empty.',
  ])
})

test('an unknown field is reported with the nearest one', () => {
  expect(misshapen(withSecret({ formatt: 'token' }))).toEqual([
    'catalogue "TOKEN" (api): has an unknown field "formatt". Did you mean "format"? Expected only tier, variable, target, key, remoteName, format, description, optional, environments, identity, layout, property, owner, rotation, overlap, sameAs, irreplaceable.',
  ])
})

test.each([
  ['variable', '', '"variable" is empty. Expected a text that is not empty.'],
  ['variable', 7, '"variable" is 7. Expected a text that is not empty.'],
  ['optional', 'yes', '"optional" is a text. Expected true or false.'],
  ['optional', null, '"optional" is null. Expected true or false.'],
  ['environments', 'dev', '"environments" is a text. Expected a list of texts.'],
  ['key', ['tls.crt'], '"key" is a list. Expected a text that is not empty.'],
  ['key', () => 'x', '"key" is a function. Expected a text that is not empty.'],
  ['layout', 'budle', '"layout" is "budle". Did you mean "bundle"? Expected one of: single, bundle.'],
  ['layout', ['bundle'], '"layout" is a list. Expected one of: single, bundle.'],
  ['layout', {}, '"layout" is an object. Expected one of: single, bundle.'],
  ['overlap', false, '"overlap" is false. Expected a text that is not empty.'],
])('the field %s can not be %j', (field, value, message) => {
  const where =
    field === 'variable' && value === 7 ? 'catalogue secrets[0]' : `catalogue "${value === '' ? '' : 'TOKEN'}" (api)`
  expect(misshapen(withSecret({ [field]: value }))).toEqual([`${where}: ${message}`])
})

test('an entry that is not an object is reported by its number', () => {
  const { catalogue, environments } = applicationWith()
  expect(misshapen({ catalogue: { ...catalogue, secrets: [null] }, environments })).toEqual([
    expect.stringMatching(/^catalogue secrets\[0\]: is not an object\. Expected an object with tier, variable/),
  ])
})

test('a catalogue without a tier, and no environment, are refused', () => {
  const { catalogue } = applicationWith()
  expect(misshapen({ catalogue: { ...catalogue, tiers: {}, secrets: [] }, environments: {} })).toEqual([
    'catalogue tiers: is empty. Expected at least one tier.',
    'environments: is empty. Expected at least one environment.',
  ])
})

test('tiers and workloads have a shape too', () => {
  const { catalogue, environments } = applicationWith()
  const tiers = {
    one: { description: 'x' },
    two: { description: 'x', workloads: { a: { kind: 'Pod' } } },
    three: { description: 'x', workloads: { a: { kind: 'Job', port: 0 } } },
  }
  expect(misshapen({ catalogue: { ...catalogue, tiers }, environments })).toEqual([
    'catalogue tier "one": has no workloads. Expected an object.',
    'catalogue tier "three" workload "a": "port" is 0. Expected a whole number above zero.',
    'catalogue tier "two" workload "a": "kind" is "Pod". Expected one of: Deployment, StatefulSet, DaemonSet, Rollout, Job, CronJob.',
  ])
})

test.each([
  ['port', '80'],
  ['ports', [80]],
  ['ports', { http: 0 }],
  ['ports', { http: { port: 80, protocol: 'SCTP' } }],
  ['ports', { http: { protocol: 'UDP' } }],
  ['reachableFrom', 'web'],
  ['reachableFrom', [{ tier: 'web' }]],
  ['reachableFrom', [{ from: 'web', namespace: 'x' }]],
  ['reachableFrom', [{ namespace: 'x', ports: 'http' }]],
  ['reachableFrom', [{ namespace: 'x', port: 80 }]],
  ['reachableFrom', [{ cidr: '10.0.0.0/8', ports: [true] }]],
  ['reachableFrom', [{ ports: [80] }]],
  ['reachableFrom', [null]],
])('%s of a workload can not be %j', (field, value) => {
  const { catalogue, environments } = applicationWith()
  const workloads = { site: { kind: 'Deployment', [field]: value } }
  const tiers = { ...catalogue.tiers, web: { description: 'x', workloads } }
  expect(misshapen({ catalogue: { ...catalogue, tiers }, environments })).toEqual([
    expect.stringContaining(`catalogue tier "web" workload "site": "${field}" is `),
  ])
})

test('isolation mode "project" wants a project id a tier, and "path" one for all', () => {
  const path = { ...environment(), projectIds: {} }
  const project = { ...projectEnvironment(), projectId: 'x' }
  expect(misshapen(applicationWith({ environments: { path, project } as never }))).toEqual([
    expect.stringMatching(/^environment "path": has an unknown field "projectIds"\. Did you mean "projectId"\?/),
    expect.stringMatching(/^environment "project": has an unknown field "projectId"\. Did you mean "projectIds"\?/),
  ])
})

test('an application without environments is reported', () => {
  const { catalogue } = applicationWith()
  expect(misshapen({ catalogue, environments: {} })).toEqual([
    'environments: is empty. Expected at least one environment.',
  ])
  expect(misshapen({ catalogue, environments: undefined })).toEqual([
    'environments: is not an object. Expected environments by name.',
  ])
})

test('a misshapen application is not handed to the rules, which rely on the shape', () => {
  const { catalogue, environments } = applicationWith({ application: 'Not a name' })
  expect(misshapen({ catalogue: { ...catalogue, owner: undefined }, environments })).toHaveLength(1)
})

test.each([
  ['egress', { out: { description: 'x', to: 'anywhere', ports: [1] } }, 'catalogue tier "web" egress "out"'],
  ['egress', { out: { description: 'x', to: 'internet', ports: ['443'] } }, 'catalogue tier "web" egress "out"'],
  ['containerDefaults', { limit: {} }, 'catalogue tier "web" containerDefaults'],
  ['quota', { secrets: 10 }, 'catalogue tier "web"'],
  ['podSecurity', 'strict', 'catalogue tier "web"'],
  ['internalTraffic', true, 'catalogue tier "web"'],
])('%s of a tier can not be %j', (field, value, where) => {
  const { catalogue, environments } = applicationWith()
  const tiers = { ...catalogue.tiers, web: { ...catalogue.tiers.web, [field]: value } }
  expect(misshapen({ catalogue: { ...catalogue, tiers }, environments })).toEqual([
    expect.stringMatching(new RegExp(`^${where}: `)),
  ])
})

test.each([
  ['access', { web: { viewers: [{ kind: 'Group' }] } }],
  ['access', { web: { viewers: [{ kind: 'ServiceAccount', name: 'x' }] } }],
  ['access', { web: { operators: [{ kind: 'User', name: 'x', namespace: 'y' }] } }],
  ['access', { web: { readers: [] } }],
  ['sealedCredentials', { web: { accessKey: 'x' } }],
  ['without', ['rbac', 'everything']],
  ['restart', 'sometimes'],
  ['iamApplications', 'shop'],
  ['dns', 'kube-system'],
  ['dns', { namespace: 'dns' }],
  ['dns', { namespace: 'dns', podLabels: { app: 5 } }],
  ['dns', []],
  ['dns', [{ namespace: 'dns' }]],
  ['dns', { cidr: '10.0.0.1/32', podLabels: { app: 'x' } }],
  ['dns', { address: '10.0.0.1' }],
  ['dns', { cidr: '10.0.0.1/32', port: '53' }],
  ['ingressControllers', {}],
  ['ingressControllers', { public: 'edge' }],
  ['ingressControllers', { public: [] }],
  ['ingressControllers', { public: { namespace: 'edge', cidr: '10.0.0.0/8' } }],
  ['operator', 'shared'],
  ['operator', { namespace: 'x' }],
  ['legacy', 'shop/shop-secrets'],
  ['legacy', { namespace: 'shop' }],
])('%s of an environment can not be %j', (field, value) => {
  expect(misshapen(applicationWith({ environments: { dev: environment({ [field]: value }) } }))).toEqual([
    expect.stringMatching(new RegExp(`"${field}" (is|has) .*Expected `)),
  ])
})

test('all settings of an environment together have the right shape', () => {
  const subjects = [
    { kind: 'Group', name: 'x' } as const,
    { kind: 'ServiceAccount', name: 'x', namespace: 'y' } as const,
  ]
  const dev = environment({
    access: { web: { viewers: subjects, operators: [] } },
    sealedCredentials: { web: { accessKey: 'x', secretKey: 'y' } },
    without: ['rbac'],
    restart: 'checksum',
    organizationId: 'x',
    keyLifetime: '1d',
    ingressNamespace: 'x',
    dns: { namespace: 'x', podLabels: { y: 'z' } },
    operator: { namespace: 'x', name: 'y' },
    legacy: { namespace: 'x', secret: 'y' },
  })
  const others = environment({
    legacy: 'none',
    operator: 'per-tier',
    ingressControllers: {
      a: { namespace: 'x' },
      b: [{ namespace: 'x', podLabels: { y: 'z' } }, { cidr: '10.0.0.0/8' }],
    },
    dns: [
      { cidr: '169.254.20.10/32', port: 5353 },
      { namespace: 'x', podLabels: { y: 'z' } },
    ],
  })
  expect(misshapen(applicationWith({ environments: { dev: others } }))).toEqual([])
  expect(misshapen(applicationWith({ environments: { dev } }))).toEqual([])
})

test.each([[{ namespace: 'shop' }], [{ namespace: 'shop', secret: '' }], ['none']])(
  'legacy of the catalogue can not be %j',
  (legacy) => {
    expect(misshapen(applicationWith({ legacy: legacy as never }))).toEqual([
      expect.stringMatching(/^catalogue: "legacy" is (an object|a text)\. Expected \{ namespace, secret \}\.$/),
    ])
  },
)
