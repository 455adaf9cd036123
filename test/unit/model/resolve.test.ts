import { expect, test } from 'vitest'
import { requestsPerRefresh } from '../../../scripts/model/requests.ts'
import { resolve, resolveAll, targetKeys } from '../../../scripts/model/resolve.ts'
import { allSingle, bookshop, oneBundlePerTier, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment, projectEnvironment, projects } from '../../helpers/applications.ts'
import { optionalTarget, requiredKeys, requiredTarget } from '../../helpers/targets.ts'

const tierOf = (application: Parameters<typeof resolve>[0], name: string, environmentName = 'dev') => {
  const tier = resolve(application, environmentName).tiers.find((one) => one.name === name)
  if (!tier) throw new Error(`no tier ${name}`)
  return tier
}

test('environments and tiers are in the order of their names', () => {
  const models = resolveAll(applicationWith({ environments: { live: environment(), dev: environment() } }))
  expect(models.map((model) => model.environment)).toEqual(['dev', 'live'])
  expect(models[0]?.tiers.map((tier) => tier.name)).toEqual(['api', 'web'])
})

test('variables are in byte order, whatever the order of the catalogue', () => {
  const secrets = ['b', 'A', 'a', 'B', '_'].map((variable) => ({ variable, remoteName: `r${variable}` }))
  const forth = tierOf(applicationWith({ secrets }), 'api')
  const back = tierOf(applicationWith({ secrets: [...secrets].reverse() }), 'api')
  expect(requiredTarget(forth)?.singles.map(({ spec }) => spec.variable)).toEqual(['A', 'B', '_', 'a', 'b'])
  expect(back).toEqual(forth)
})

test('an environment has the settings of its own, with the interval in the form the operator writes', () => {
  const environments = { dev: environment({ refreshInterval: '90m', example: true, region: 'nl-ams' }) }
  expect(resolve(applicationWith({ environments }), 'dev')).toMatchObject({
    application: 'shop',
    environment: 'dev',
    example: true,
    region: 'nl-ams',
    isolation: 'path',
    refreshInterval: '1h30m0s',
    kubeContext: 'shop-dev',
    release: { name: 'shop-secrets', namespace: 'shop-secrets' },
  })
  expect(() => resolve(applicationWith(), 'live')).toThrow('no environment live')
})

test('an entry limited to some environments is in those only', () => {
  const application = applicationWith({
    environments: { dev: environment(), live: environment() },
    secrets: [{ variable: 'ALWAYS' }, { variable: 'LIVE_ONLY', environments: ['live'] }],
  })
  const keys = (name: string) => tierOf(application, 'api', name).externalSecrets.flatMap(targetKeys)
  expect(keys('dev')).toEqual(['ALWAYS'])
  expect(keys('live')).toEqual(['ALWAYS', 'LIVE_ONLY'])
})

test('optional entries have an ExternalSecret of their own', () => {
  const application = applicationWith({ secrets: [{ variable: 'A' }, { variable: 'B', optional: true }] })
  const targets = tierOf(application, 'api').externalSecrets
  expect(targets.map((one) => [one.name, one.optional, targetKeys(one)])).toEqual([
    ['api-secrets', false, ['A']],
    ['api-optional-secrets', true, ['B']],
  ])
})

test('a tier without secrets has no ExternalSecret and needs nothing in Scaleway', () => {
  const tier = tierOf(applicationWith(), 'api')
  expect(tier.externalSecrets).toEqual([])
  expect(tier.remoteSecrets).toEqual([])
})

test('the values of an identity are one bundle, named by it', () => {
  const mail = { identity: 'mail', layout: 'bundle' as const }
  const tier = tierOf(
    applicationWith({ secrets: [{ variable: 'Z' }, { variable: 'USER', ...mail }, { variable: 'PASSWORD', ...mail }] }),
    'api',
  )
  expect(requiredTarget(tier)?.singles.map(({ remoteRef }) => remoteRef)).toEqual(['path:/shop-api/z'])
  expect(requiredTarget(tier)?.bundles).toMatchObject([
    { identity: 'mail', remoteRef: 'path:/shop-api/mail', specs: [{ variable: 'PASSWORD' }, { variable: 'USER' }] },
  ])
  expect(requiredKeys(tier)).toEqual(['PASSWORD', 'USER', 'Z'])
  expect(tier.remoteSecrets.map(({ name, shape, optional }) => ({ name, shape, optional }))).toEqual([
    { name: 'mail', shape: 'bundle', optional: false },
    { name: 'z', shape: 'opaque', optional: false },
  ])
})

test('entries that read fields of one JSON value share one remote secret', () => {
  const tier = tierOf(
    applicationWith({
      secrets: [
        { variable: 'HOST', remoteName: 'mail', property: ['relay.host'] },
        { variable: 'USER', remoteName: 'mail', property: ['login', 'user'], optional: true },
      ],
    }),
    'api',
  )
  expect(requiredTarget(tier)?.singles).toMatchObject([{ remoteRef: 'path:/shop-api/mail', property: 'relay\\.host' }])
  expect(optionalTarget(tier)?.singles).toMatchObject([{ remoteRef: 'path:/shop-api/mail', property: 'login.user' }])
  expect(tier.remoteSecrets).toMatchObject([{ name: 'mail', shape: 'json', optional: false }])
})

test('a remote secret is optional when nothing that is required reads it', () => {
  const tier = tierOf(applicationWith({ secrets: [{ optional: true }] }), 'api')
  expect(tier.remoteSecrets).toMatchObject([{ name: 'token', optional: true }])
})

test('a namespace can differ in one environment', () => {
  const application = applicationWith({
    environments: { dev: environment(), live: environment({ namespaces: { api: 'core' } }) },
  })
  expect(tierOf(application, 'api', 'dev').namespace).toBe('shop-api')
  expect(tierOf(application, 'api', 'live').namespace).toBe('core')
  expect(tierOf(application, 'web', 'live').namespace).toBe('shop-web')
})

test('a tier can have a folder that is not the convention', () => {
  const tiers = { api: { description: 'x', workloads: {}, remotePath: '/common/api' } }
  const tier = tierOf(applicationWith({ tiers, secrets: [{}] }), 'api')
  expect(tier.remotePath).toBe('/common/api')
  expect(requiredTarget(tier)?.singles[0]?.remoteRef).toBe('path:/common/api/token')
})

test('the tiers share the project of the environment, or have one each', () => {
  const environments = { dev: environment(), live: projectEnvironment() }
  const ids = (name: string) => resolve(applicationWith({ environments }), name).tiers.map((tier) => tier.projectId)
  expect(ids('dev')).toEqual([projects.dev, projects.dev])
  expect(ids('live')).toEqual([projects.api, projects.web])
})

test.each([
  ['the committed catalogue', trackdechets, 48],
  ['single layout throughout', allSingle, 102],
  ['one bundle per tier', oneBundlePerTier, 12],
])(
  'a refresh of one Trackdéchets environment with %s costs as many requests as promised',
  (_, application, requests) => {
    expect(resolveAll(application).map(requestsPerRefresh)).toEqual([requests, requests, requests])
  },
)

test('the two complete applications share no name, so that nothing can be hard-wired', () => {
  const names = ({ catalogue, environments }: typeof trackdechets) =>
    new Set([
      catalogue.application,
      catalogue.owner,
      ...Object.keys(catalogue.tiers),
      ...Object.values(catalogue.tiers).flatMap((tier) => Object.keys(tier.workloads)),
      ...Object.entries(environments).flatMap(([name, spec]) => [name, spec.kubeContext]),
      ...catalogue.secrets.flatMap((secret) => [secret.variable, secret.remoteName, secret.identity, secret.owner]),
      ...resolveAll({ catalogue, environments }).flatMap((model) => [
        model.release.name,
        ...model.tiers.flatMap((tier) => [tier.projectId, tier.namespace, tier.remotePath, tier.secretStore]),
        ...model.tiers.flatMap((tier) => tier.externalSecrets.map((externalSecret) => externalSecret.name)),
      ]),
    ])
  const others = names(bookshop)
  expect([...names(trackdechets)].filter((name) => name !== undefined && others.has(name))).toEqual([])
  expect(others.size).toBeGreaterThan(60)
})
