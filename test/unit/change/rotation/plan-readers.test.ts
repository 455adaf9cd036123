import { describe, expect, test } from 'vitest'
import { planConsumers } from '../../../../scripts/change/rotation/plan-readers.ts'
import type { RotationContext } from '../../../../scripts/change/rotation/rotation-context.ts'
import { type Kind, type KubernetesObject, kinds } from '../../../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../../../scripts/lib/problems.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { findUnit } from '../../../../scripts/model/rotation-unit.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { clusterApi } from '../../../helpers/cluster-api.ts'
import { mounting, reading } from '../../../helpers/pod-templates.ts'

const model = resolve(
  applicationWith({
    tiers: {
      api: {
        description: 'The API',
        workloads: { server: { kind: 'Deployment' }, cron: { kind: 'CronJob' }, migrate: { kind: 'Job' } },
      },
    },
    secrets: [{ variable: 'A' }, { variable: 'B' }],
  }),
  'dev',
)
const unit = findUnit(model, 'A')
const [{ namespace }] = unit.tiers
const specs = unit.entries.map(({ spec }) => spec)
const [older, change, newer] = ['2026-01-01T00:00:00Z', '2026-01-02T00:00:00Z', '2026-01-03T00:00:00Z'] as const

const whole = reading('api-secrets')
const made = (name: string, spec: object, more: object = {}): KubernetesObject => {
  const template = { metadata: { labels: { app: name } }, spec }
  const parts = { selector: { matchLabels: { app: name } }, template, ...more }
  return { metadata: { name, namespace }, spec: parts } as KubernetesObject
}
/** A pod whose container started then. */
const pod = (name: string, app: string, spec: object = whole, startedAt: string = older, owner?: [string, string]) => {
  const ownerReferences = owner ? [{ kind: owner[0], apiVersion: owner[1], name: app, uid: 'x' }] : []
  const state = { running: { startedAt } }
  const status = { phase: 'Running', containerStatuses: [{ name: 'main', state }] }
  return { metadata: { name, namespace, labels: { app }, ownerReferences }, spec, status } as KubernetesObject
}
const ofReplicaSet: [string, string] = ['ReplicaSet', 'apps/v1']
const ofJob: [string, string] = ['Job', 'batch/v1']

async function plan(objects: readonly (readonly [Kind, KubernetesObject])[], since?: Date, refused?: Kind) {
  const api = await clusterApi()
  for (const [kind, object] of objects) api.put(kind, object)
  if (refused) api.refuse(refused, 403)
  const context = { client: api.client, unit, model, signal: new AbortController().signal } as RotationContext
  const plans = await planConsumers(context, specs, since)
  return plans.map(({ kind, name, action, isCatalogued, obstacle }) => {
    return `${kind}/${name}${isCatalogued ? '' : ' unlisted'}: ${action}${obstacle ? ` ${obstacle.code}` : ''}`
  })
}
/** The plan of what the catalogue does not name. */
const unlisted = async (...parts: Parameters<typeof plan>) =>
  (await plan(...parts)).filter((text) => text.includes('unlisted'))

test('what the catalogue names is planned, there or not', async () => {
  expect(await plan([[kinds.deployment, made('server', whole)]])).toEqual([
    'Deployment/server: restart',
    'CronJob/cron: none',
    'Job/migrate: none',
  ])
})

describe('what it does not name', () => {
  const gerico = [kinds.deployment, made('gerico', whole)] as const
  const running = [kinds.pod, pod('gerico-1', 'gerico', whole, older, ofReplicaSet)] as const

  test('is restarted, where it has pods', async () => {
    expect(await unlisted([gerico, running])).toEqual(['Deployment/gerico unlisted: restart'])
    expect(await unlisted([gerico])).toEqual(['Deployment/gerico unlisted: none'])
  })

  test('is not a reader of a key it does not get', async () => {
    const env = [{ name: 'B', valueFrom: { secretKeyRef: { name: 'api-secrets', key: 'B' } } }]
    const single = { containers: [{ name: 'main', env }] }
    const objects = [
      [kinds.deployment, made('gerico', single)] as const,
      [kinds.pod, pod('gerico-1', 'gerico', single, older, ofReplicaSet)] as const,
    ]
    expect(await unlisted(objects)).toEqual([])
  })

  test('that is paused, or tells nothing of its rollout, is an obstacle', async () => {
    const paused = [kinds.deployment, made('gerico', whole, { paused: true })] as const
    expect(await unlisted([paused, running])).toEqual(['Deployment/gerico unlisted: restart CONSUMER_HELD'])
  })

  test('and that nothing replaces is an obstacle, unless its containers are new or its files follow', async () => {
    const stuck = ['Pod/debug unlisted: stuck READER_STAYS']
    expect(await unlisted([[kinds.pod, pod('debug', 'debug')]])).toEqual(stuck)
    expect(await unlisted([[kinds.pod, pod('debug', 'debug')]], new Date(change))).toEqual(stuck)
    const fine = ['Pod/debug unlisted: none']
    expect(await unlisted([[kinds.pod, pod('debug', 'debug', whole, newer)]], new Date(change))).toEqual(fine)
    expect(await unlisted([[kinds.pod, pod('debug', 'debug', mounting('api-secrets'))]])).toEqual(fine)
    const bare = [kinds.replicaSet, made('bare', whole)] as const
    const its = [kinds.pod, pod('bare-1', 'bare', whole, older, ofReplicaSet)] as const
    expect(await unlisted([bare, its])).toEqual(['ReplicaSet/bare unlisted: stuck READER_STAYS'])
  })
})

describe('what runs once', () => {
  const cron = [kinds.cronJob, made('cron', {}, { jobTemplate: { spec: { template: { spec: whole } } } })] as const
  const run = {
    metadata: {
      ...{ name: 'cron-1', namespace },
      ownerReferences: [{ kind: 'CronJob', apiVersion: 'batch/v1', name: 'cron', uid: 'x' }],
    },
  } as KubernetesObject

  test('has to end, where it runs now with older values', async () => {
    const objects = [
      [kinds.job, made('migrate', whole)] as const,
      [kinds.pod, pod('migrate-1', 'migrate', whole, older, ofJob)] as const,
      cron,
      [kinds.job, run] as const,
      [kinds.pod, pod('cron-1-x', 'cron-1', whole, older, ofJob)] as const,
    ]
    expect(await plan(objects)).toEqual(['Deployment/server: none', 'CronJob/cron: end', 'Job/migrate: end'])
    expect(await plan(objects, new Date('2025-12-31T00:00:00Z'))).toEqual([
      'Deployment/server: none',
      'CronJob/cron: none',
      'Job/migrate: none',
    ])
  })
})

test('who may not see what reads may not rotate', async () => {
  const refused = plan([], undefined, kinds.statefulSet)
  await expect(refused).rejects.toThrow(ProblemError)
  await expect(refused).rejects.toMatchObject({ problems: [{ code: 'WORKLOADS_UNREADABLE' }] })
})
