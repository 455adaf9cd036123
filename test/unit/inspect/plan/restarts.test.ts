import { expect, test } from 'vitest'
import { cataloguedKeys } from '../../../../scripts/cluster/known-keys.ts'
import type { SourcesSpec } from '../../../../scripts/cluster/pod-outline.ts'
import type { ObjectChange } from '../../../../scripts/inspect/plan/plan-objects.ts'
import { restartsOf } from '../../../../scripts/inspect/plan/restarts.ts'
import type { FieldChange } from '../../../../scripts/kubernetes/difference.ts'
import { resolve, type TierModel } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { mounting, podTemplate, reading } from '../../../helpers/pod-templates.ts'

const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'A' },
      { variable: 'S3_KEY', layout: 'bundle', identity: 's3' },
      { variable: 'S3_REGION', layout: 'bundle', identity: 's3' },
      { variable: 'TRACKING', optional: true },
    ],
  }),
  'dev',
)
const tier = model.tiers.find(({ name }) => name === 'api') as TierModel
const spec = reading('api-secrets')

function restarts(
  fields: readonly FieldChange[],
  {
    pods = spec as SourcesSpec,
    kind = 'Deployment',
    action = 'change',
    name = 'api-secrets',
    isCatalogued = true,
  } = {},
) {
  const change = {
    kind: 'ExternalSecret',
    namespace: tier.namespace,
    name,
    action: action as ObjectChange['action'],
    fields,
  }
  const state = { template: podTemplate({ kind }, pods), pods: [], known: cataloguedKeys(tier) }
  const consumers = new Map(isCatalogued ? [['server', state]] : [])
  const gone = [{ namespace: tier.namespace, name, keys: ['OLD'], readers: [] }]
  return restartsOf(tier, { consumers, unlisted: isCatalogued ? [] : [state] }, [change], gone)
}

const ref: FieldChange = { path: 'spec.data[A].remoteRef.key', before: 'a', after: 'b' }

test('a workload restarts for a key that is read from elsewhere, comes or goes', () => {
  const server = { workload: 'Deployment/shop-api/server', isCatalogued: true }
  expect(restarts([ref])).toEqual([{ ...server, keys: ['A'] }])
  expect(restarts([{ path: 'spec.data[NEW]', after: {} }])).toEqual([{ ...server, keys: ['NEW'] }])
  expect(restarts([{ path: 'spec.target.template.data.S3_KEY', before: 'x' }])).toEqual([
    { ...server, keys: ['S3_KEY'] },
  ])
})

test('a workload is not told to restart for a key without which it would not start again', () => {
  const variable = (key: string) => ({ name: key, valueFrom: { secretKeyRef: { name: 'api-secrets', key } } })
  const pods = { containers: [{ name: 'main', env: [variable('OLD'), variable('A')] }] }
  const removed: FieldChange = { path: 'spec.data[OLD]', before: {} }
  expect(restarts([removed], { pods })).toEqual([])
  expect(restarts([removed, ref], { pods })).toMatchObject([{ keys: ['A'] }])
  expect(restarts([removed])).toMatchObject([{ keys: ['OLD'] }])
})

const optional = {
  pods: { containers: [{ envFrom: [{ secretRef: { name: 'api-optional-secrets', optional: true } }] }] },
  name: 'api-optional-secrets',
}

test('pods that run without a target restart when it comes, and when it goes', () => {
  const server = { workload: 'Deployment/shop-api/server', isCatalogued: true }
  expect(restarts([], { ...optional, action: 'add' })).toEqual([{ ...server, keys: ['TRACKING'] }])
  expect(restarts([], { ...optional, action: 'remove' })).toEqual([{ ...server, keys: ['OLD'] }])
})

test('a bundle stands for all of its keys, each reported once', () => {
  const fields = [
    { path: 'spec.dataFrom[path:/shop-api/s3].extract', before: 1, after: 2 },
    { path: 'spec.target.template.data.S3_KEY', before: 'x', after: 'y' },
  ]
  expect(restarts(fields)).toEqual([
    { workload: 'Deployment/shop-api/server', isCatalogued: true, keys: ['S3_KEY', 'S3_REGION'] },
  ])
})

test.each([
  ['another change of the ExternalSecret', [{ path: 'spec.refreshInterval', before: 1, after: 2 }], {}],
  [
    'a key it does not read',
    [ref],
    {
      pods: { containers: [{ env: [{ name: 'B', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'B' } } }] }] },
    },
  ],
  ['another Secret', [ref], { pods: reading('x') }],
  ['files, which follow by themselves', [ref], { pods: mounting('api-secrets') }],
  ['a Job, which reads at its next run', [ref], { kind: 'Job' }],
  ['a CronJob', [ref], { kind: 'CronJob' }],
  ['a new target without which pods wait', [ref], { action: 'add' }],
  ['a target that goes, without which pods do not start', [ref], { action: 'remove' }],
  ['a target that is kept', [], { ...optional, action: 'keep' }],
  ['a new target that is read as files', [], { ...optional, pods: mounting('api-optional-secrets'), action: 'add' }],
])('no restart for %s', (_, fields, options) => {
  expect(restarts(fields, options as object)).toEqual([])
})

test('a reader that the catalogue does not name is counted, and marked', () => {
  expect(restarts([ref], { isCatalogued: false })).toEqual([
    { workload: 'Deployment/shop-api/server', isCatalogued: false, keys: ['A'] },
  ])
})

test('a key under a value of the pod template changes nothing', () => {
  const pods = { containers: [{ ...spec.containers?.[0], env: [{ name: 'A', value: 'x' }] }] }
  expect(restarts([ref], { pods })).toEqual([])
})

test('a part of a volume is not refreshed', () => {
  const [volume] = mounting('api-secrets').volumes ?? []
  const volumeMounts = [{ name: 'api-secrets', mountPath: '/a', subPath: 'A' }]
  const pods = { containers: [{ volumeMounts }], volumes: volume ? [volume] : [] }
  expect(restarts([ref], { pods })).toEqual([
    { workload: 'Deployment/shop-api/server', isCatalogued: true, keys: ['A'] },
  ])
})
