import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import type { KubernetesClient } from '../../scripts/kubernetes/client.ts'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import {
  type Kind,
  type KubernetesObject,
  kinds,
  type ObjectRef,
  type SecretObject,
} from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { createApiKey, createApplication, createPolicy } from '../../scripts/scaleway/iam.ts'
import { createVersion } from '../../scripts/scaleway/versions.ts'
import type { Disturbance } from '../helpers/disturbance.ts'
import { eventually } from '../helpers/eventually.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { deployWorkloads } from '../helpers/workloads.ts'
import { type Outages, startOutages } from './outages.ts'
import { type RotatingWorld, startRotatingWorld } from './rotating-world.ts'
import { loginRotation, quickWaits, type UnitRotation } from './rotation-world.ts'
import { startWorldGates, type WorldGates } from './world-gates.ts'

let here: RotatingWorld
let login: UnitRotation
let folder: string
let gates: WorldGates<RotatingWorld['owner']>
let outages: Outages

const quota = { apiVersion: 'v1', kind: 'ResourceQuota', plural: 'resourcequotas', namespaced: true }
const nothingMore = { namespace: 'ledger-secrets', name: 'nothing-more' }

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'outages-'))
  const stateFile = join(folder, 'scaleway.json')
  here = await startRotatingWorld('plain', { emulator: { stateFile } })
  login = loginRotation(here, 'red')
  await deployWorkloads(here.world.stack.client, login.tier)
  gates = await startWorldGates(here.world, here.owner, folder)
  outages = await startOutages(here, { stateFile, elsewhere: here.tier('blue') })
})
afterAll(async () => {
  await gates?.[Symbol.asyncDispose]()
  await outages?.[Symbol.asyncDispose]()
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
/** A test that fails leaves nothing to the next one: everything runs, and no rotation is begun. */
beforeEach(async () => {
  gates.calm()
  outages.scaleway().faults.clear()
  await outages.end()
  await here.world.stack.client.delete(quota, nothingMore)
  await login.startOver()
})

/** What a run through the gates is refused with, once something happens at one of its requests. */
async function refusedWith(
  disturbance: Disturbance,
  values: ReturnType<UnitRotation['values']>,
  waits = quickWaits,
): Promise<string[]> {
  const hit = gates.disturb(disturbance)
  const { client, account } = gates
  const error = await login.rotate(login.context({ client, account, waits }), values).then(
    () => undefined,
    (reason: unknown) => reason,
  )
  gates.calm()
  expect(hit()).toBeDefined()
  expectSentence(error, 'the refusal')
  return error instanceof ProblemError ? error.problems.map(({ code }) => code) : [String(error)]
}

/** The same command again, when all is well: exactly one new version, delivered and in use. */
async function expectGoesOn(values: ReturnType<UnitRotation['values']>, before: readonly number[], what: string) {
  await login.rotate(login.context(), values)
  await login.expectInUse(values, what)
  expect([what, await login.counts()]).toEqual([what, before.map((count) => count + 1)])
  await login.finish(login.context())
}

/** The same where versions of somebody else's have come and gone: they count. */
async function expectGoesOnFrom(values: ReturnType<UnitRotation['values']>, what: string) {
  await login.rotate(login.context(), values)
  await login.expectInUse(values, what)
  await login.finish(login.context())
}

test.each([
  ['before the first version is added', 1],
  ['between the two', 2],
  ['before the old ones are disabled', 3],
])('Scaleway goes away %s, and comes back', async (what, at) => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const codes = await refusedWith(
    {
      side: 'scaleway',
      at,
      writesOnly: true,
      async act() {
        await outages.stopScaleway()
        return 'reset'
      },
    },
    values,
  )
  expect(codes).toEqual(['SCALEWAY_UNREACHABLE'])
  await outages.end()
  await login.expectWorking(old, values, what)
  await expectGoesOn(values, before, what)
})

test('a burst of 429 and slow answers cost time, and nothing else', async () => {
  const [values, before] = [login.values(), await login.counts()]
  const { faults } = outages.scaleway()
  faults.add({ kind: 'too_many_requests', principal: 'owner', count: 4, retryAfterSeconds: 1 })
  faults.add({ kind: 'latency', principal: 'owner', delayMs: 150 })
  await login.rotate(login.context(), values)
  const hits = faults.list().map(({ spec, hits }) => [spec.kind, hits > 3])
  faults.clear()
  expect(hits).toEqual([
    ['too_many_requests', true],
    ['latency', true],
  ])
  await login.expectInUse(values, 'a burst')
  expect(await login.counts()).toEqual(before.map((count) => count + 1))
  await login.finish(login.context())
})

test('a key that is revoked half-way is reported, and another one continues', async () => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const { emulator, model } = here.world.stack
  const { organizationId } = emulator.owner
  const application = await createApplication(here.owner, organizationId, 'somebody')
  const rule = { permission_set_names: ['SecretManagerFullAccess'], project_ids: [login.tier.projectId] }
  await createPolicy(here.owner, organizationId, { name: 'all', applicationId: application.id, rules: [rule] })
  const expiresAt = new Date(Date.now() + 3_600_000)
  const key = await createApiKey(here.owner, application.id, { description: 'x', expiresAt })
  const revoke = () => outages.scaleway().setKeyDisabled(key.access_key, true)
  const hit = gates.disturb({
    side: 'scaleway',
    at: 2,
    writesOnly: true,
    async act(forward) {
      revoke()
      return forward()
    },
  })
  const account = { ...gates.account, secretKey: key.secret_key }
  const error = await login.rotate(login.context({ account, client: gates.client }), values).catch((e: unknown) => e)
  gates.calm()
  expect([hit()?.method, error]).toEqual([
    'POST',
    expect.objectContaining({ exitCode: 4, type: 'denied_authentication' }),
  ])
  expect(String(error)).not.toContain(key.secret_key)
  expect(model.region).toBe('fr-par')
  await login.expectWorking(old, values, 'a revoked key')
  await expectGoesOn(values, before, 'a revoked key')
})

test('an operator that is killed is reported, and the rotation continues with the next one', async () => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const codes = await refusedWith(
    {
      side: 'cluster',
      at: 3,
      writesOnly: true,
      async act(forward) {
        outages.killOperator()
        return forward()
      },
    },
    values,
    { ...quickWaits, refresh: { timeoutMs: 2_000, pollMs: 100 } },
  )
  expect([codes, await login.phase()]).toEqual([['NOT_SYNCED'], 'added'])
  await login.expectWorking(old, values, 'a killed operator')
  await outages.end()
  await expectGoesOn(values, before, 'a killed operator')
})

test.each([1, 4, 7])('an API server that dies at write %i comes back, and the rotation continues', async (at) => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const codes = await refusedWith(
    {
      side: 'cluster',
      at,
      writesOnly: true,
      async act() {
        await outages.killApiServer()
        return 'reset'
      },
    },
    values,
  )
  expect(codes).toEqual(['CLUSTER_UNREACHABLE'])
  await outages.end()
  await login.expectWorking(old, values, 'a restarted API server')
  await login.runOutLease()
  await expectGoesOn(values, before, 'a restarted API server')
})

test('two operators of the same command at once make one rotation', async () => {
  const [one, other, before] = [login.values(), login.values(), await login.counts()]
  const ends = await Promise.allSettled([one, other].map((values) => login.rotate(login.context(), values)))
  const [refused] = ends.filter((end) => end.status === 'rejected')
  expect(ends.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected'])
  expect(refused?.reason.problems).toMatchObject([{ code: expect.stringMatching(/^(LEASE_HELD|ROTATION_WENT_ON)$/) }])
  await login.expectInUse(ends[0]?.status === 'fulfilled' ? one : other, 'two operators')
  expect(await login.counts()).toEqual(before.map((count) => count + 1))
  await login.finish(login.context())
})

test('a journal that a quota refuses keeps everything as it is', async () => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const { client } = here.world.stack
  await client.create(quota, { metadata: nothingMore, spec: { hard: { 'count/configmaps': '0' } } } as KubernetesObject)
  await eventually(
    () => client.get<KubernetesObject & { status?: { hard?: object } }>(quota, nothingMore),
    (found) => found?.status?.hard !== undefined,
    { timeoutMs: 60_000 },
  )
  await expect(login.rotate(login.context(), values)).rejects.toMatchObject({
    status: 403,
    message: expect.stringContaining('exceeded quota: nothing-more'),
  })
  await login.expectInUse(old, 'a quota')
  expect([await login.counts(), await login.phase()]).toEqual([before, undefined])
  await client.delete(quota, nothingMore)
  await expectGoesOn(values, before, 'a quota')
  expect(await client.get(kinds.namespace, { name: 'ledger-secrets' })).toBeDefined()
})

test('a return that was interrupted is finished by the next rotation, and reported', async () => {
  const [old, values] = [await login.current(), login.values()]
  await login.rotate(login.context(), values)
  gates.disturb({ side: 'cluster', at: 6, writesOnly: true, lasting: true, act: async () => 'reset' })
  await expect(login.abort(login.context({ client: gates.client }))).rejects.toMatchObject({ exitCode: 4 })
  gates.calm()
  expect(await login.phase()).toBe('returning')
  await expect(login.rotate(login.context(), login.values())).rejects.toMatchObject({
    problems: [{ code: 'ROTATION_RETURNED' }],
  })
  await login.expectInUse(old, 'an interrupted return')
  expect(await login.phase()).toBe(undefined)
  await login.deleteDisabled()
})

test('a version that somebody adds just before is not hidden behind one of ours', async () => {
  const [values, before] = [login.values(), await login.counts()]
  const strange = { ...(await login.current()), LOGIN_KEY: `strange-${'x'.repeat(32)}` }
  const codes = await refusedWith(
    {
      side: 'cluster',
      at: 2,
      writesOnly: true,
      async act(forward) {
        const { model } = here.world.stack
        const id = await here.idOf(login.tier, 'login-key')
        await createVersion(here.owner, model.region, id, strange.LOGIN_KEY)
        return forward()
      },
    },
    values,
  )
  expect(codes).toEqual(['ROTATION_CHANGED_MEANWHILE'])
  const [key = 0, user = 0] = before
  expect(await login.counts()).toEqual([key + 1, user])
  await login.expectWorking(strange, strange, 'a version of somebody else')
  await login.deleteNewest('login-key')
  await expectGoesOnFrom(values, 'a version of somebody else')
})

test("where the target may not be read, the operator's status is relied on", async () => {
  const [values, before] = [login.values(), await login.counts()]
  const { client } = here.world.stack
  const blind: KubernetesClient = {
    ...client,
    get: (kind, ref, signal) => {
      if (kind.kind !== 'Secret') return client.get(kind, ref, signal)
      return Promise.reject(new KubernetesError('GET Secret', 403, 'Forbidden', 'no'))
    },
  }
  const told: string[] = []
  await login.rotate(login.context({ client: blind, log: (line) => told.push(line) }), values)
  expect(told).toContain("Secret/ledger-red/red-secrets: you may not read it; relying on the operator's status")
  await expectGoesOn(values, before, 'a blind rotation')
})

test('all new versions of an identity are there before the operator is reported of any', async () => {
  const [values, before] = [login.values(), await login.counts()]
  const { client } = here.world.stack
  const there: (readonly number[])[] = []
  const watching: KubernetesClient = {
    ...client,
    async mergePatch<T extends KubernetesObject>(kind: Kind, ref: ObjectRef, patch: object, signal?: AbortSignal) {
      if (kind.kind === 'ExternalSecret') there.push(await login.counts())
      return client.mergePatch<T>(kind, ref, patch, signal)
    },
  }
  await login.rotate(login.context({ client: watching }), values)
  expect(there).toEqual([before.map((count) => count + 1)])
  await login.finish(login.context())
})

test('a target that somebody else writes is reported, and nothing is disabled', async () => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const { client } = here.world.stack
  const foreign: KubernetesClient = {
    ...client,
    async get<T extends KubernetesObject>(kind: Kind, ref: ObjectRef, signal?: AbortSignal) {
      const found = await client.get<T>(kind, ref, signal)
      const { data } = (found ?? {}) as SecretObject
      return kind.kind === 'Secret' && data
        ? ({ ...found, data: { ...data, LOGIN_KEY: 'Zm9yZWlnbg==' } } as unknown as T)
        : found
    },
  }
  const error = await login.rotate(login.context({ client: foreign }), values).catch((reason: unknown) => reason)
  expect(error).toMatchObject({
    problems: [
      {
        code: 'TARGET_DIFFERS',
        where: 'Secret/ledger-red/red-secrets',
        message: expect.stringContaining('does not hold the value of the version to deliver, for LOGIN_KEY'),
      },
    ],
  })
  expect(await login.statuses()).toEqual([
    ['enabled', 'enabled'],
    ['enabled', 'enabled'],
  ])
  await login.expectWorking(old, values, 'a foreign value')
  await expectGoesOn(values, before, 'a foreign value')
})
