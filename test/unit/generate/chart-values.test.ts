import { expect, test } from 'vitest'
import { chartValues, chartValuesText } from '../../../scripts/generate/chart-values.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import type { EnvironmentSpec } from '../../../scripts/model/types.ts'
import { bookshop } from '../../fixtures/applications.ts'
import { type ApplicationParts, applicationWith, environment, projects } from '../../helpers/applications.ts'

const valuesOf = (parts: ApplicationParts) => chartValues(resolve(applicationWith(parts), 'dev'))

test('the values of an environment say what all of its tiers share', () => {
  const { tiers: _, ...shared } = valuesOf({})
  expect(shared).toEqual({
    application: 'shop',
    environment: 'dev',
    isolation: 'path',
    scaleway: { region: 'fr-par' },
    refreshInterval: '1h0m0s',
    namespaces: { create: true },
    credentialKeys: { accessKey: 'access-key', secretKey: 'secret-key' },
    operator: { accounts: [{ namespace: 'external-secrets', name: 'external-secrets' }] },
    admission: { enabled: true },
    rbac: { enabled: true },
    networkPolicies: {
      enabled: true,
      dns: [{ to: { namespace: 'kube-system', podLabels: { 'k8s-app': 'kube-dns' } }, port: 53 }],
    },
    reloader: { enabled: false },
  })
})

test('an environment names the operators of its tiers, and a class that keeps others away', () => {
  expect(valuesOf({ environments: { dev: environment({ operator: 'per-tier' }) } }).operator).toEqual({
    accounts: [
      { namespace: 'shop-api-operator', name: 'external-secrets' },
      { namespace: 'shop-web-operator', name: 'external-secrets' },
    ],
    controllerClass: 'shop',
  })
  const own = { namespace: 'eso', name: 'operator' }
  expect(valuesOf({ environments: { dev: environment({ operator: own }) } }).operator).toEqual({ accounts: [own] })
})

test('no values file says where the API is: that is for local use', () => {
  expect(JSON.stringify(chartValues(resolve(bookshop, 'live')))).not.toMatch(/apiUrl|https?:/)
})

test('a tier without secrets has its names and nothing else', () => {
  expect(valuesOf({}).tiers.web).toEqual({
    namespace: 'shop-web',
    projectId: projects.dev,
    remotePath: '/shop-web',
    secretStore: 'web-secretstore',
    credentialsSecret: 'scw-web-credentials',
    serviceAccount: 'web-workloads',
    podSecurity: 'restricted',
    network: { open: false },
  })
})

test('single secrets, fields and bundles each have a place of their own', () => {
  const mail = { identity: 'mail', layout: 'bundle' as const }
  const { tiers } = valuesOf({
    secrets: [
      { variable: 'WHOLE' },
      { variable: 'HOST', remoteName: 'relay', property: ['relay.host'] },
      { variable: 'USER', ...mail },
      { variable: 'PASSWORD', ...mail },
      { variable: 'EXTRA', optional: true },
    ],
  })
  expect(tiers.api?.required).toEqual({
    target: 'api-secrets',
    data: { WHOLE: 'path:/shop-api/whole' },
    fields: { HOST: { remoteRef: 'path:/shop-api/relay', property: 'relay\\.host' } },
    bundles: { mail: { remoteRef: 'path:/shop-api/mail', keys: ['PASSWORD', 'USER'] } },
  })
  expect(tiers.api?.optional).toEqual({ target: 'api-optional-secrets', data: { EXTRA: 'path:/shop-api/extra' } })
})

test('the text begins with its source, has Unix line ends and ends with one', () => {
  const text = chartValuesText(valuesOf({ secrets: [{}] }))
  expect(text.split('\n')[0]).toBe(
    '# Generated from scripts/catalogue.ts and scripts/environments.ts by `npm run gen-values`. Do not edit.',
  )
  expect(text).not.toMatch(/\r|[ \t]\n|\n\n/)
  expect(text.endsWith('\n')).toBe(true)
})

test('what an environment leaves out is off', () => {
  const { admission, rbac, networkPolicies } = valuesOf({
    environments: { dev: environment({ without: ['rbac', 'admission'] }) },
  })
  expect([admission.enabled, rbac.enabled, networkPolicies.enabled]).toEqual([false, false, true])
})

test('what answers DNS is what an environment names: pods or addresses, and a port', () => {
  const pods = { namespace: 'dns', podLabels: { app: 'coredns' } }
  const dnsOf = (dns: EnvironmentSpec['dns']) =>
    valuesOf({ environments: { dev: environment(dns ? { dns } : {}) } }).networkPolicies.dns
  expect(dnsOf({ ...pods, port: 5353 })).toEqual([{ to: pods, port: 5353 }])
  expect(dnsOf([{ cidr: '169.254.20.10/32' }, pods])).toEqual([
    { to: { cidr: '169.254.20.10/32' }, port: 53 },
    { to: pods, port: 53 },
  ])
})

test('a tier carries its protections', () => {
  const api = {
    description: 'x',
    workloads: {},
    podSecurity: 'baseline',
    quota: { secrets: '10' },
    containerDefaults: { limits: { cpu: '1' } },
  } as const
  const viewers = [{ kind: 'Group', name: 'developers' }] as const
  const sealed = { accessKey: 'AgA', secretKey: 'AgB' }
  const dev = environment({ access: { api: { viewers } }, sealedCredentials: { api: sealed } })
  expect(valuesOf({ tiers: { api }, environments: { dev } }).tiers.api).toMatchObject({
    podSecurity: 'baseline',
    quota: { secrets: '10' },
    containerDefaults: { limits: { cpu: '1' } },
    viewers,
    sealedCredentials: sealed,
  })
})

test('Reloader is reported of the targets only where an environment has it', () => {
  const enabled = (fields: Partial<EnvironmentSpec>) =>
    valuesOf({ environments: { dev: environment(fields) } }).reloader.enabled
  expect([enabled({}), enabled({ restart: 'checksum' }), enabled({ restart: 'reloader' })]).toEqual([
    false,
    false,
    true,
  ])
})
