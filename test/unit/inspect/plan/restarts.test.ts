import { expect, test } from 'vitest'
import type { PodTemplate } from '../../../../scripts/cluster/pod-templates.ts'
import type { SecretUse } from '../../../../scripts/cluster/secret-uses.ts'
import type { ObjectChange } from '../../../../scripts/inspect/plan/objects.ts'
import { restartsOf } from '../../../../scripts/inspect/plan/restarts.ts'
import type { FieldChange } from '../../../../scripts/kubernetes/difference.ts'
import { resolve, type TierModel } from '../../../../scripts/model/resolve.ts'
import { applicationWith } from '../../../helpers/applications.ts'

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
const use: SecretUse = { secret: 'api-secrets', by: 'variables', optional: false }

function restarts(
  fields: readonly FieldChange[],
  { uses = [use], kind = 'Deployment', action = 'change', name = 'api-secrets' } = {},
) {
  const change = {
    kind: 'ExternalSecret',
    namespace: tier.namespace,
    name,
    action: action as ObjectChange['action'],
    fields,
  }
  const template = { kind, name: 'server', secrets: uses } as unknown as PodTemplate
  const gone = [{ namespace: tier.namespace, name, keys: ['OLD'], readers: [] }]
  return restartsOf(tier, new Map([['server', { template, pods: [] }]]), [change], gone)
}

const ref: FieldChange = { path: 'spec.data[A].remoteRef.key', before: 'a', after: 'b' }

test('a workload restarts for a key that is read from elsewhere, comes or goes', () => {
  const workload = 'Deployment/shop-api/server'
  expect(restarts([ref])).toEqual([{ workload, keys: ['A'] }])
  expect(restarts([{ path: 'spec.data[NEW]', after: {} }])).toEqual([{ workload, keys: ['NEW'] }])
  expect(restarts([{ path: 'spec.target.template.data.S3_KEY', before: 'x' }])).toEqual([
    { workload, keys: ['S3_KEY'] },
  ])
})

const optional = { uses: [{ ...use, secret: 'api-optional-secrets', optional: true }], name: 'api-optional-secrets' }

test('pods that run without a target restart when it comes, and when it goes', () => {
  const workload = 'Deployment/shop-api/server'
  expect(restarts([], { ...optional, action: 'add' })).toEqual([{ workload, keys: ['TRACKING'] }])
  expect(restarts([], { ...optional, action: 'remove' })).toEqual([{ workload, keys: ['OLD'] }])
})

test('a bundle stands for all of its keys, each told once', () => {
  const fields = [
    { path: 'spec.dataFrom[path:/shop-api/s3].extract', before: 1, after: 2 },
    { path: 'spec.target.template.data.S3_KEY', before: 'x', after: 'y' },
  ]
  expect(restarts(fields)).toEqual([{ workload: 'Deployment/shop-api/server', keys: ['S3_KEY', 'S3_REGION'] }])
})

test.each([
  ['another change of the ExternalSecret', [{ path: 'spec.refreshInterval', before: 1, after: 2 }], {}],
  ['a key it does not read', [ref], { uses: [{ ...use, keys: ['B'] }] }],
  ['another Secret', [ref], { uses: [{ ...use, secret: 'x' }] }],
  ['files, which follow by themselves', [ref], { uses: [{ ...use, by: 'volume' as const }] }],
  ['a Job, which reads at its next run', [ref], { kind: 'Job' }],
  ['a CronJob', [ref], { kind: 'CronJob' }],
  ['a new target without which pods wait', [ref], { action: 'add' }],
  ['a target that goes, without which pods do not start', [ref], { action: 'remove' }],
  ['a target that is kept', [], { ...optional, action: 'keep' }],
  ['a new target that is read as files', [], { ...optional, uses: [{ ...use, by: 'volume' }], action: 'add' }],
])('no restart for %s', (_, fields, options) => {
  expect(restarts(fields, options as object)).toEqual([])
})
