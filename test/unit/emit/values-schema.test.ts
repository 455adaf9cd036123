import { beforeAll, describe, expect, test } from 'vitest'
import { chartValues } from '../../../scripts/emit/chart-values.ts'
import { valuesChecker } from '../../../scripts/emit/check-values.ts'
import { describedVariables, type JsonSchema, valuesSchema } from '../../../scripts/emit/values-schema.ts'
import { resolve, resolveAll } from '../../../scripts/model/resolve.ts'
import type { Application } from '../../../scripts/model/types.ts'
import { allSingle, bookshop, oneBundlePerTier, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { generatorSources } from '../../helpers/generating.ts'

let base: JsonSchema
beforeAll(async () => void ({ baseSchema: base } = await generatorSources()))

const checker = (application: Application) => valuesChecker(valuesSchema(base, resolveAll(application)))

describe.each([
  ['Trackdéchets', trackdechets],
  ['Trackdéchets with single layout', allSingle],
  ['Trackdéchets with one bundle a tier', oneBundlePerTier],
  ['the bookshop', bookshop],
])('the schema of %s', (_, application) => {
  test('accepts the values of each environment', () => {
    const check = checker(application)
    for (const model of resolveAll(application)) expect(check(chartValues(model), model.environment)).toEqual([])
  })
})

test('the schema of one application refuses the values of another', () => {
  const check = checker(trackdechets)
  expect(check(chartValues(resolve(bookshop, 'live')), 'values/live.yaml')).toContainEqual({
    code: 'VALUES_REFUSED_BY_SCHEMA',
    where: 'values/live.yaml tiers',
    message:
      'must NOT have additional properties ("storefront"). Expected values that charts/tiered-secrets/values.schema.json accepts.',
    fix: 'Correct scripts/catalogue.ts, or schema/values.base.schema.json if the contract is wrong, and run `npm run gen-values`.',
  })
})

const small = applicationWith({
  environments: { dev: environment(), live: environment({ namespaces: { api: 'core' } }) },
  secrets: [
    { variable: 'WHOLE' },
    { variable: 'HOST', remoteName: 'relay', property: ['host'] },
    { variable: 'USER', identity: 'mail', layout: 'bundle' },
    { variable: 'LIVE', environments: ['live'] },
    { variable: 'OF_WEB', tier: 'web', optional: true },
  ],
})

type Tree = { [name: string]: Tree } & { [name: string]: unknown }

/** The values of `dev`, changed. */
const changed = (change: (values: Tree) => void) => {
  const values = structuredClone(chartValues(resolve(small, 'dev'))) as unknown as Tree
  change(values)
  return checker(small)(values, 'v').map(({ where, message }) => `${where}: ${message.split('. Expected')[0]}`)
}

test.each<[string, (values: Tree) => void, string]>([
  ['another tier', (v) => (v.tiers.db = v.tiers.api), 'v tiers: must NOT have additional properties ("db")'],
  [
    'a secret nobody catalogued',
    (v) => (v.tiers.api.required.data.MORE = 'path:/shop-api/more'),
    'v tiers.api.required.data: must NOT have additional properties ("MORE")',
  ],
  [
    'a secret of another tier',
    (v) => (v.tiers.web.optional.data.WHOLE = 'path:/shop-api/whole'),
    'v tiers.web.optional.data: must NOT have additional properties ("WHOLE")',
  ],
  [
    'a required secret among the optional ones',
    (v) =>
      (v.tiers.api.optional = { target: 'api-optional-secrets', data: { WHOLE: 'path:/shop-api/whole' } } as never),
    'v tiers.api: must NOT have additional properties ("optional")',
  ],
  [
    'another remote ref',
    (v) => (v.tiers.api.required.data.WHOLE = 'path:/shop-web/whole'),
    'v tiers.api.required.data.WHOLE: must be equal to constant ("path:/shop-api/whole")',
  ],
  [
    'another field',
    (v) => (v.tiers.api.required.fields.HOST.property = '@this'),
    'v tiers.api.required.fields.HOST.property: must be equal to constant ("host")',
  ],
  [
    'another key of a bundle',
    (v) => (v.tiers.api.required.bundles.mail.keys = ['ADMIN'] as never),
    'v tiers.api.required.bundles.mail.keys.0: must be equal to one of the allowed values (USER)',
  ],
  [
    'another bundle',
    (v) => (v.tiers.api.required.bundles.post = { remoteRef: 'path:/shop-api/post', keys: ['USER'] } as never),
    'v tiers.api.required.bundles: must NOT have additional properties ("post")',
  ],
  [
    'another namespace',
    (v) => (v.tiers.api.namespace = 'shop-web'),
    'v tiers.api.namespace: must be equal to one of the allowed values (core, shop-api)',
  ],
  [
    'another store',
    (v) => (v.tiers.api.secretStore = 'web-secretstore'),
    'v tiers.api.secretStore: must be equal to constant ("api-secretstore")',
  ],
  [
    'the credential of another tier',
    (v) => (v.tiers.api.credentialsSecret = 'scw-web-credentials'),
    'v tiers.api.credentialsSecret: must be equal to constant ("scw-api-credentials")',
  ],
  [
    'another folder',
    (v) => (v.tiers.api.remotePath = '/'),
    'v tiers.api.remotePath: must be equal to constant ("/shop-api")',
  ],
  [
    'another key of the credential',
    (v) => (v.credentialKeys.secretKey = 'x'),
    'v credentialKeys.secretKey: must be equal to constant ("secret-key")',
  ],
  ['a missing tier name', (v) => delete v.tiers.api.namespace, "v tiers.api: must have required property 'namespace'"],
  ['a field nobody knows', (v) => (v.scaleway.zone = 'x'), 'v scaleway: must NOT have additional properties ("zone")'],
  [
    'a server that is not local',
    (v) => (v.scaleway.apiUrl = 'https://evil.example'),
    'v scaleway.apiUrl: must match pattern',
  ],
  [
    'a namespace label of the chart',
    (v) => (v.namespaces.labels = { 'app.kubernetes.io/name': 'x' } as never),
    'v namespaces.labels.app~1kubernetes',
  ],
  ['an interval of nothing', (v) => (v.refreshInterval = '0s'), 'v refreshInterval: must NOT be valid'],
])('the schema refuses %s', (_, change, message) => {
  const [first = 'nothing', ...others] = changed(change)
  if (message.includes('~1')) expect(first).toMatch(/^v namespaces\.labels\.app\.kubernetes\.io~1name/)
  else expect(first.startsWith(message), first).toBe(true)
  expect(others).toEqual([])
})

test.each<[string, (values: Tree) => void]>([
  ['the values as they are', () => undefined],
  ['a secret of another environment', (v) => (v.tiers.api.required.data.LIVE = 'path:/shop-api/live')],
  ['the namespace of another environment', (v) => (v.tiers.api.namespace = 'core')],
  ['another project', (v) => (v.tiers.api.projectId = projects.other)],
  ['namespaces that exist already', (v) => (v.namespaces.create = false as never)],
  ['labels for the namespaces', (v) => (v.namespaces.labels = { team: 'x' } as never)],
  ['what Helm hands to subcharts', (v) => (v.global = { anything: true } as never)],
  ['an emulator on this machine', (v) => (v.scaleway.apiUrl = 'http://127.0.0.1:8080')],
  ['an emulator in the cluster', (v) => (v.scaleway.apiUrl = 'http://emulator.local-stack.svc:8080')],
])('the schema accepts %s', (_, change) => {
  expect(changed(change)).toEqual([])
})

describe(`more than ${describedVariables} variables`, () => {
  const many = (count: number) =>
    applicationWith({
      remoteSecretQuota: 10_000,
      secrets: Array.from({ length: count }, (_, index) => ({ variable: `V_${index}` })),
    })
  const dataOf = (application: Application) => {
    const tiers = valuesSchema(base, resolveAll(application)).properties?.tiers as Tree & JsonSchema
    return tiers.properties?.api?.properties?.required?.properties?.data as JsonSchema
  }

  test('up to the limit, each variable has its own description and remote ref', () => {
    expect(Object.keys(dataOf(many(describedVariables)).properties ?? {})).toHaveLength(describedVariables)
  })

  test('above it, one pattern names them all and accepts no other', () => {
    const application = many(describedVariables + 1)
    expect(dataOf(application).properties).toBe(undefined)
    const check = checker(application)
    const values = chartValues(resolve(application, 'dev')) as unknown as Tree
    expect(check(values, 'v')).toEqual([])
    for (const name of ['V_501', 'V_', 'XV_1', 'V_1 ', 'V_1\n', 'v_1']) {
      const data = { ...values.tiers.api.required.data, [name]: 'path:/shop-api/v-1' }
      const required = { ...values.tiers.api.required, data }
      const tiers = { ...values.tiers, api: { ...values.tiers.api, required } }
      expect(check({ ...values, tiers }, 'v')).toHaveLength(1)
    }
  })
})
