import { expect, test } from 'vitest'
import { restartReaders } from '../../../../scripts/change/rotation/restart-readers.ts'
import { defaultWaits, type RotationContext } from '../../../../scripts/change/rotation/rotation-context.ts'
import type { RotationState } from '../../../../scripts/change/rotation/rotation-state.ts'
import { type KubernetesObject, kinds } from '../../../../scripts/kubernetes/kinds.ts'
import { resolve } from '../../../../scripts/model/resolve.ts'
import { findUnit } from '../../../../scripts/model/rotation-unit.ts'
import { applicationWith } from '../../../helpers/applications.ts'
import { clusterApi } from '../../../helpers/cluster-api.ts'
import { reading } from '../../../helpers/pod-templates.ts'

const tiers = { api: { description: 'The API', workloads: { migrate: { kind: 'Job' as const } } } }
const model = resolve(applicationWith({ tiers, secrets: [{ variable: 'A' }] }), 'dev')
const unit = findUnit(model, 'A')
const { namespace } = unit.tiers[0]
const state = { variables: ['A'], restartAt: '2026-01-02T00:00:00.700Z', remotes: [] } as unknown as RotationState

const spec = reading('api-secrets')
const template = { metadata: { labels: { app: 'x' } }, spec }
const object = (name: string, parts: object, owner?: object) =>
  ({ metadata: { name, namespace, ...(owner ? { ownerReferences: [owner] } : {}) }, ...parts }) as KubernetesObject
const ofJob = { kind: 'Job', apiVersion: 'batch/v1', name: 'migrate', uid: 'x', controller: true }
const running = (startedAt: string) => {
  return { phase: 'Running', containerStatuses: [{ name: 'main', state: { running: { startedAt } } }] }
}

/** A Job of the catalogue, whose pod started then. */
async function world(startedAt: string, timeoutMs: number, onLog: (line: string) => void = () => undefined) {
  const api = await clusterApi()
  api.put(kinds.job, object('migrate', { spec: { template } }))
  api.put(kinds.pod, object('migrate-1', { spec, status: running(startedAt) }, ofJob))
  const lines: string[] = []
  const log = (line: string) => {
    lines.push(line)
    onLog(line)
  }
  const waits = { ...defaultWaits, rollout: { timeoutMs, pollMs: 5 } }
  const { signal } = new AbortController()
  return { api, lines, context: { client: api.client, model, unit, signal, waits, log } as unknown as RotationContext }
}

test('a pod of a Job that has the old value is waited for until it ends', async () => {
  let end = () => undefined as unknown
  const { api, lines, context } = await world('2026-01-01T23:59:59Z', 60_000, () => end())
  end = () => api.remove(kinds.pod, 'migrate-1')
  await restartReaders(context, state)
  expect(lines).toEqual(['waiting until the pods of Job/migrate have ended'])
})

test('when time is up it is named, and nothing else happens', async () => {
  const { context } = await world('2026-01-01T23:59:59Z', 0)
  await expect(restartReaders(context, state)).rejects.toMatchObject({
    problems: [
      {
        code: 'CONSUMERS_NOT_READY',
        where: `Job/${namespace}/migrate`,
        fix: expect.stringMatching(/--abort goes back to the old version\.$/),
      },
    ],
  })
})

test('one that started in the second of the delivery has the new value', async () => {
  const { lines, context } = await world('2026-01-02T00:00:00Z', 0)
  await restartReaders(context, state)
  expect(lines).toEqual(['Job/migrate: Jobs are not restarted; let them end, or create them again'])
})

test('what the catalogue does not name is not restarted without leave, nor what nothing replaces', async () => {
  const { api, context } = await world('2026-01-02T00:00:00Z', 0)
  const selector = { matchLabels: { app: 'x' } }
  api.put(kinds.deployment, object('gerico', { spec: { selector, template } }))
  const owner = { kind: 'ReplicaSet', apiVersion: 'apps/v1', name: 'gerico-1', uid: 'x', controller: true }
  const pod = object('gerico-1-x', { spec, status: running('2026-01-01T00:00:00Z') }, owner)
  api.put(kinds.pod, { ...pod, metadata: { ...pod.metadata, labels: { app: 'x' } } })
  api.put(kinds.pod, object('debug', { spec, status: running('2026-01-01T00:00:00Z') }))
  const refused = restartReaders(context, state)
  await expect(refused).rejects.toMatchObject({ problems: [{ code: 'READER_UNLISTED' }, { code: 'READER_STAYS' }] })
  await expect(restartReaders(context, state, { unlisted: 'all' })).rejects.toMatchObject({
    problems: [{ code: 'READER_STAYS', where: `Pod/${namespace}/debug` }],
  })
  expect(api.requests.filter((request) => !/^(LIST|GET|KINDS)/.test(request))).toEqual([])
})
