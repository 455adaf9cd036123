import { expect, test } from 'vitest'
import { syncProblems } from '../../../scripts/cluster/sync-problems.ts'
import type { WaitReport } from '../../../scripts/cluster/wait-for-sync.ts'
import { resolve } from '../../../scripts/model/resolve.ts'
import { applicationWith } from '../../helpers/applications.ts'

const model = resolve(
  applicationWith({
    secrets: [
      { variable: 'REDIS_URL', owner: 'Platform' },
      { variable: 'REDIS_URL_READ' },
      { variable: 'S3_KEY', layout: 'bundle', identity: 's3' },
      { variable: 'S3_REGION', layout: 'bundle', identity: 's3' },
      { variable: 'TRACKING', optional: true },
    ],
  }),
  'dev',
)
const required = { namespace: 'shop-api', name: 'api-secrets' }
const optional = { namespace: 'shop-api', name: 'api-optional-secrets' }

const problemsOf = (report: Partial<WaitReport> & Pick<WaitReport, 'state' | 'message'>) =>
  syncProblems(model, [{ ref: required, ...report }], '5m')

test('what is synced is not a problem', () => {
  expect(problemsOf({ state: 'synced', message: 'secret synced' })).toEqual([])
})

test.each([
  ['(key: path:/shop-api/redis-url), err: Secret does not exist', 'catalogue "REDIS_URL" (api), owner Platform'],
  ['(key: path:/shop-api/redis-url-read), err: x', 'catalogue "REDIS_URL_READ" (api), owner Shop team'],
  ['(key: path:/shop-api/s3), err: x', 'catalogue "S3_KEY" (api), catalogue "S3_REGION" (api), owner Shop team'],
  ['map has no entry for key "b_s3__S3_REGION"', 'catalogue "S3_REGION" (api), owner Shop team'],
  ['SecretSyncedError: could not get it', 'all its catalogued keys (4), owner Platform, Shop team'],
])('a failure is reported with the entries its message is about, and their owner: %s', (message, about) => {
  expect(problemsOf({ state: 'failed', message })).toEqual([
    {
      code: 'NOT_SYNCED',
      where: 'ExternalSecret/shop-api/api-secrets',
      message: `${message}. Expected it to be synced within 5m.`,
      fix: `Create or correct in Scaleway what the message names, or correct the catalogue. Affected: ${about}.`,
    },
  ])
})

test.each([
  ['kind-absent', /^Install External Secrets Operator/],
  ['namespace-ending', /^Wait until it is deleted, then .*`kubectl describe namespace shop-api`/],
  ['namespace-absent', /`npm run deploy -- --environment dev`.*GitOps/],
  ['absent', /`npm run deploy -- --environment dev`.*GitOps/],
  ['outdated', /`npm run deploy -- --environment dev`.*behind/],
] as const)('what was never deployed is fixed by a deployment: %s', (obstacle, fix) => {
  const [problem] = problemsOf({ state: 'pending', message: 'm', obstacle })
  expect(problem).toMatchObject({ code: 'NOT_SYNCED', fix: expect.stringMatching(fix) })
})

test('a target with other keys names each of them, and the entries of those that are missing', () => {
  const keys = { missing: ['REDIS_URL'], unexpected: ['X'] }
  const [problem] = problemsOf({ state: 'failed', message: 'm', obstacle: 'target-differs', keys })
  expect(problem?.code).toBe('TARGET_DIFFERS')
  expect(problem?.fix).toContain('Secret/shop-api/api-secrets')
  expect(problem?.fix).toContain('catalogue "REDIS_URL" (api), owner Platform')
})

test('an operator that does nothing is asked for', () => {
  const [problem] = problemsOf({ state: 'pending', message: 'the operator has not processed it yet' })
  expect(problem?.fix).toMatch(/check that the operator runs/)
})

test('an optional one that is another than the one of the catalogue is an error', () => {
  const [problem] = problemsOf({ ref: optional, state: 'pending', obstacle: 'outdated', message: 'm' })
  expect(problem).toMatchObject({ code: 'NOT_SYNCED', where: 'ExternalSecret/shop-api/api-optional-secrets' })
  expect(problem?.severity).toBeUndefined()
})

test('about an optional one there are only warnings', () => {
  const failed = problemsOf({ ref: optional, state: 'failed', message: 'm' })
  expect(failed).toMatchObject([{ code: 'NOT_SYNCED', severity: 'warning' }])
  const keys = { missing: ['TRACKING'], unexpected: [] }
  expect(problemsOf({ ref: optional, state: 'synced', message: 'm', keys })).toEqual([
    {
      code: 'OPTIONAL_INCOMPLETE',
      where: 'Secret/shop-api/api-optional-secrets',
      message: 'lacks TRACKING, which is optional. Expected every catalogued key and no other.',
      fix: 'If it is needed, create catalogue "TRACKING" (api), owner Shop team.',
      severity: 'warning',
    },
  ])
})

test('a target of another type is reported with the command that deletes it', () => {
  expect(problemsOf({ state: 'failed', obstacle: 'type-differs', message: 'm' })).toMatchObject([
    {
      code: 'TARGET_TYPE',
      fix: expect.stringMatching(
        /^`kubectl delete secret api-secrets --namespace shop-api`: the operator creates it again/,
      ),
    },
  ])
})

test('a target that may not be read is a warning', () => {
  const found = problemsOf({ state: 'synced', message: 'm', keys: 'unreadable' })
  expect(found).toMatchObject([{ code: 'TARGET_UNREADABLE', severity: 'warning' }])
})

test('what the catalogue does not name is passed over', () => {
  expect(syncProblems(model, [{ ref: { ...required, name: 'x' }, state: 'failed', message: 'm' }], '5m')).toEqual([])
})
