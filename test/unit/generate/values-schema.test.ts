import { beforeAll, describe, expect, test } from 'vitest'
import { chartValues } from '../../../scripts/generate/chart-values.ts'
import { valuesChecker } from '../../../scripts/generate/check-values.ts'
import type { JsonSchema } from '../../../scripts/generate/json-schema.ts'
import { describedVariables, valuesSchema } from '../../../scripts/generate/values-schema.ts'
import { resolve, resolveAll } from '../../../scripts/model/resolve.ts'
import type { Application } from '../../../scripts/model/types.ts'
import { allSingle, bookshop, oneBundlePerTier, trackdechets } from '../../fixtures/applications.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { generatorSources } from '../../helpers/generating.ts'
import { withValue } from '../../helpers/values.ts'

let base: JsonSchema
beforeAll(async () => {
  base = (await generatorSources()).baseSchema
})

const checker = (application: Application) => valuesChecker(valuesSchema(base, resolveAll(application)))

describe.each([
  ['Trackdéchets', trackdechets],
  ['Trackdéchets with single layout', allSingle],
  ['Trackdéchets with one bundle per tier', oneBundlePerTier],
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

/** What the schema says of the values of `dev` with one place changed. */
const changed = (place: string, value: unknown) =>
  checker(small)(withValue(chartValues(resolve(small, 'dev')), place, value), 'v').map(
    ({ where, message }) => `${where}: ${message.split('. Expected')[0]}`,
  )

test.each<[fact: string, place: string, value: unknown, message: string]>([
  ['another tier', 'tiers.db', {}, 'tiers: must NOT have additional properties ("db")'],
  [
    'a secret nobody catalogued',
    'tiers.api.required.data.MORE',
    'path:/shop-api/more',
    'tiers.api.required.data: must NOT have additional properties ("MORE")',
  ],
  [
    'a secret of another tier',
    'tiers.web.optional.data.WHOLE',
    'path:/shop-api/whole',
    'tiers.web.optional.data: must NOT have additional properties ("WHOLE")',
  ],
  [
    'a required secret among the optional ones',
    'tiers.api.optional',
    { target: 'api-optional-secrets', data: { WHOLE: 'path:/shop-api/whole' } },
    'tiers.api: must NOT have additional properties ("optional")',
  ],
  [
    'another remote ref',
    'tiers.api.required.data.WHOLE',
    'path:/shop-web/whole',
    'tiers.api.required.data.WHOLE: must be equal to constant ("path:/shop-api/whole")',
  ],
  [
    'another field',
    'tiers.api.required.fields.HOST.property',
    '@this',
    'tiers.api.required.fields.HOST.property: must be equal to constant ("host")',
  ],
  [
    'another key of a bundle',
    'tiers.api.required.bundles.mail.keys',
    ['ADMIN'],
    'tiers.api.required.bundles.mail.keys.0: must be equal to one of the allowed values (USER)',
  ],
  [
    'another bundle',
    'tiers.api.required.bundles.post',
    { remoteRef: 'path:/shop-api/post', keys: ['USER'] },
    'tiers.api.required.bundles: must NOT have additional properties ("post")',
  ],
  [
    'another target',
    'tiers.api.required.target',
    'web-secrets',
    'tiers.api.required.target: must be equal to constant ("api-secrets")',
  ],
  [
    'another namespace',
    'tiers.api.namespace',
    'shop-web',
    'tiers.api.namespace: must be equal to one of the allowed values (core, shop-api)',
  ],
  [
    'another store',
    'tiers.api.secretStore',
    'web-secretstore',
    'tiers.api.secretStore: must be equal to constant ("api-secretstore")',
  ],
  [
    'the credential of another tier',
    'tiers.api.credentialsSecret',
    'scw-web-credentials',
    'tiers.api.credentialsSecret: must be equal to constant ("scw-api-credentials")',
  ],
  ['another folder', 'tiers.api.remotePath', '/shop', 'tiers.api.remotePath: must be equal to constant ("/shop-api")'],
  [
    'another key of the credential',
    'credentialKeys.secretKey',
    'x',
    'credentialKeys.secretKey: must be equal to constant ("secret-key")',
  ],
  ['a missing namespace', 'tiers.api.namespace', undefined, "tiers.api: must have required property 'namespace'"],
  [
    'a project of no environment',
    'tiers.api.projectId',
    projects.other,
    'tiers.api.projectId: must be equal to one of the allowed values',
  ],
  ['a field nobody knows', 'scaleway.zone', 'x', 'scaleway: must NOT have additional properties ("zone")'],
  ['a server elsewhere', 'scaleway.apiUrl', 'https://evil.example', 'scaleway.apiUrl: must match pattern'],
  ['a server like ours', 'scaleway.apiUrl', 'http://localhost.evil.example', 'scaleway.apiUrl: must match pattern'],
  ['an interval of nothing', 'refreshInterval', '0h0m0s', 'refreshInterval: must NOT be valid'],
  ['an empty interval', 'refreshInterval', '', 'refreshInterval: must NOT be valid'],
  [
    'a label of the chart for namespaces',
    'namespaces.labels',
    { 'app.kubernetes.io/name': 'x' },
    'namespaces.labels.app.kubernetes.io~1name: boolean schema is false',
  ],
  [
    'namespaces that are not kept',
    'namespaces.annotations',
    { 'helm.sh/resource-policy': 'delete' },
    'namespaces.annotations.helm.sh~1resource-policy: boolean schema is false',
  ],
])('the schema refuses %s', (_, place, value, message) => {
  const [first = 'nothing', ...others] = changed(place, value)
  expect(first.slice(0, message.length + 2)).toBe(`v ${message}`)
  expect(others).toEqual([])
})

test.each<[fact: string, place: string, value: unknown]>([
  ['a secret of another environment', 'tiers.api.required.data.LIVE', 'path:/shop-api/live'],
  ['the namespace of another environment', 'tiers.api.namespace', 'core'],
  ['namespaces that exist already', 'namespaces.create', false],
  ['labels for the namespaces', 'namespaces.labels', { team: 'x', 'example.org/app': 'y' }],
  ['annotations for the namespaces', 'namespaces.annotations', { note: 'x' }],
  ['what Helm hands to subcharts', 'global', { anything: true }],
  ['an emulator on this machine', 'scaleway.apiUrl', 'http://127.0.0.1:8080'],
  ['an emulator in the cluster', 'scaleway.apiUrl', 'http://emulator.local-stack.svc:8080'],
  ['an interval of seconds', 'refreshInterval', '90s'],
])('the schema accepts %s', (_, place, value) => {
  expect(changed(place, value)).toEqual([])
})

describe(`more than ${describedVariables} variables`, () => {
  const many = (count: number) =>
    applicationWith({
      remoteSecretQuota: 10_000,
      secrets: Array.from({ length: count }, (_, index) => ({ variable: `V_${index}` })),
    })
  const dataOf = (application: Application) => {
    const { tiers } = valuesSchema(base, resolveAll(application)).properties ?? {}
    return tiers?.properties?.api?.properties?.required?.properties?.data
  }

  test('up to the limit, each variable has its own description and remote ref', () => {
    expect(Object.keys(dataOf(many(describedVariables))?.properties ?? {})).toHaveLength(describedVariables)
  })

  test('above it, one pattern names them all and accepts no other', () => {
    const application = many(describedVariables + 1)
    expect(dataOf(application)?.properties).toBe(undefined)
    const check = checker(application)
    const values = chartValues(resolve(application, 'dev'))
    expect(check(values, 'v')).toEqual([])
    for (const name of ['V_501', 'V_', 'XV_1', 'V_1 ', 'V_1\n', 'v_1']) {
      expect(check(withValue(values, `tiers.api.required.data.${name}`, 'path:/shop-api/v-1'), 'v')).toHaveLength(1)
    }
  })
})
