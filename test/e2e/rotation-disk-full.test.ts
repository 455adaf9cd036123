import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { KubernetesError } from '../../scripts/kubernetes/errors.ts'
import { emptyEtcd, fillEtcd } from '../helpers/etcd.ts'
import { deployWorkloads } from '../helpers/workloads.ts'
import { type RotatingWorld, startRotatingWorld } from './rotating-world.ts'
import { loginRotation, type UnitRotation } from './rotation-world.ts'
import { startWorldGates, type WorldGates } from './world-gates.ts'

let here: RotatingWorld
let login: UnitRotation
let folder: string
let gates: WorldGates<RotatingWorld['owner']>

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'disk-full-'))
  // Room for the definitions of the operator, the chart and its workloads, and not much more.
  here = await startRotatingWorld('plain', { etcd: ['--quota-backend-bytes=33554432'] })
  login = loginRotation(here, 'red')
  await deployWorkloads(here.world.stack.client, login.tier)
  gates = await startWorldGates(here.world, here.owner, folder)
})
afterAll(async () => {
  await gates?.[Symbol.asyncDispose]()
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})
/** A test that fails leaves nothing to the next one. */
beforeEach(async () => {
  gates.calm()
  await login.startOver()
})

test.each([
  ['before a rotation', 1],
  ['when the journal is to be begun', 2],
  ['when the first version is to be noted', 3],
  ['when everything is delivered', 6],
])('an etcd that runs out of space %s stops it, and loses nothing', async (what, at) => {
  const [old, values, before] = [await login.current(), login.values(), await login.counts()]
  const { client, controlPlane } = here.world.stack
  let said = ''
  const hit = gates.disturb({
    side: 'cluster',
    at,
    writesOnly: true,
    async act(forward) {
      said = await fillEtcd(client, 'default')
      return forward()
    },
  })
  const through = { client: gates.client, account: gates.account }
  try {
    const error = await login.rotate(login.context(through), values).catch((reason: unknown) => reason)
    gates.calm()
    expect([hit()?.method !== 'GET', said]).toEqual([true, expect.stringContaining('database space exceeded')])
    expect([what, error]).toEqual([what, expect.any(KubernetesError)])
    expect(String(error)).toContain('database space exceeded')
    await login.expectWorking(old, values, what)
  } finally {
    await emptyEtcd(client, controlPlane, 'default')
  }
  await login.runOutLease()
  await login.rotate(login.context(), values)
  await login.expectInUse(values, what)
  expect([what, await login.counts()]).toEqual([what, before.map((count) => count + 1)])
  await login.finish(login.context())
})
