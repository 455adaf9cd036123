import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { carryOutRestart } from '../../scripts/change/restart/carry-out.ts'
import { lookAtConsumers } from '../../scripts/change/restart/look.ts'
import { planRestart } from '../../scripts/change/restart/restart-plan.ts'
import type { RotationContext } from '../../scripts/change/rotation/rotation-context.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import { writeDotenv } from '../../scripts/payload/dotenv.ts'
import { rotatingTiers } from '../fixtures/rotating.ts'
import { sides } from '../helpers/disturbance.ts'
import { clusterFaults, faults } from '../helpers/faults.ts'
import { textsBelow } from '../helpers/folders.ts'
import { killedRun } from '../helpers/killed-run.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { share } from '../helpers/share.ts'
import { deployWorkloads } from '../helpers/workloads.ts'
import { type RotatingWorld, startRotatingWorld } from './rotating-world.ts'
import { type LoginRotation, loginRotation, type Values } from './rotation-world.ts'
import { startWorldGates, type WorldGates } from './world-gates.ts'

/** An identity of two remote secrets whose rotations go through two gates. */
interface Disturbed {
  readonly login: LoginRotation
  readonly gates: WorldGates<RotatingWorld['owner']>
  readonly context: RotationContext
  /** The same with no patience for an answer. */
  readonly hasty: RotationContext
}

let here: RotatingWorld
let folder: string
/** One tier a worker: rotations of different tiers don't meet. */
let workers: readonly Disturbed[]
const values = new Set<string>()
/** Everything that was written where somebody may read it. */
let traces = ''
const trace = (text: string) => {
  traces += `${text}\n`
}

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'rotation-'))
  here = await startRotatingWorld('plain')
  workers = await Promise.all(
    rotatingTiers.map(async (name) => {
      const login = loginRotation(here, name, values)
      await deployWorkloads(here.world.stack.client, login.tier)
      const gates = await startWorldGates(here.world, here.owner, folder)
      const { client, account } = gates
      const context = login.context({ client, account, log: trace })
      return { login, gates, context, hasty: { ...context, account: { ...account, timeoutMs: 300 } } }
    }),
  )
}, 120_000)

afterAll(async () => {
  for (const { gates } of workers ?? []) await gates[Symbol.asyncDispose]()
  await here?.[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true, maxRetries: 5 })
})

/** A run of its own, as every command line is. */
const anew = (context: RotationContext): RotationContext => ({ ...context, holder: `test ${Math.random()}` })

interface Before {
  readonly old: Values
  readonly counts: readonly number[]
  readonly restarts: number
}

/** How everything is before a rotation. */
async function look({ login }: Disturbed): Promise<Before> {
  return { old: await login.current(), counts: await login.counts(), restarts: await login.restarts() }
}

/** Runs a rotation again, to its end, and checks what it leaves: one version more than before, and nothing in between. */
async function expectRotated({ login, context }: Disturbed, next: Values, before: Before, what: string) {
  await login.runOutLease()
  await login.rotate(anew(context), next)
  await login.expectInUse(next, what)
  expect([what, await login.counts()]).toEqual([what, before.counts.map((count) => count + 1)])
  expect([what, await login.statuses()]).toEqual([what, before.counts.map(() => ['disabled', 'enabled'])])
  expect([what, await login.restarts()]).toEqual([what, before.restarts + 1])
  expect([what, await login.phase()]).toEqual([what, 'disabled'])
}

/** Ends the rotation, so that the next one begins anew. */
async function ended({ login, context }: Disturbed, what: string): Promise<void> {
  await login.finish(anew(context))
  expect([what, await login.statuses()]).toEqual([what, [['enabled'], ['enabled']]])
}

/** What a disturbed run ends with, if not well. */
async function failureOf(act: Promise<void>, what: string): Promise<boolean> {
  const error = await act.then(
    () => undefined,
    (reason: unknown) => reason ?? new Error('nothing'),
  )
  if (error === undefined) return false
  trace(String(error))
  expectSentence(error, what)
  return true
}

test('a rotation killed at any request goes on, with one of the values to be had at every moment', {
  timeout: 900_000,
}, async () => {
  const jobs = sides.flatMap((side) => (['before', 'after'] as const).map((when) => ({ side, when })))
  const rounds: Record<string, number> = {}
  await share(jobs, workers, async ({ side, when }, worker) => {
    const { login, gates } = worker
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, killed ${when} request ${at} to the ${side}`
      const [before, next] = [await look(worker), login.values()]
      const file = join(folder, `${login.tier.name}.env`)
      await writeFile(file, writeDotenv(new Map(Object.entries(next))), { mode: 0o600 })
      const args = ['--environment', 'plain', login.unit.name, '--from', file, '--no-overlap', '--yes']
      const line = { folder: here.repository.folder, env: { ...here.env, ...gates.env }, args: ['rotate', ...args] }
      const { killed, output } = await killedRun(line, gates, { side, at, when })
      await rm(file)
      trace(output)
      await login.expectWorking(before.old, next, what)
      await expectRotated(worker, next, before, what)
      await ended(worker, what)
      if (!killed) break
      rounds[`${side} ${when}`] = at
    }
  })
  // Fewer would mean that the gates were gone around.
  expect(rounds['scaleway before']).toBeGreaterThan(18)
  expect(rounds['cluster before']).toBeGreaterThan(20)
  // Two versions added and two disabled; the lease twice, the journal eight times, a refresh and a restart.
  expect(rounds['scaleway after']).toBeGreaterThanOrEqual(4)
  expect(rounds['cluster after']).toBeGreaterThanOrEqual(10)
})

test('after any fault at any request it says what is wrong, and goes on the next time', {
  timeout: 900_000,
}, async () => {
  const seen: Record<string, number> = {}
  const all = [...faults, ...clusterFaults]
  await share(all, workers, async ([name, fault], worker) => {
    const { login, gates, context, hasty } = worker
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at}`
      const [before, next] = [await look(worker), login.values()]
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      const own = anew(name === 'no answer' ? hasty : context)
      if (await failureOf(login.rotate(own, next), what)) seen[name] = (seen[name] ?? 0) + 1
      gates.calm()
      await login.expectWorking(before.old, next, what)
      await expectRotated(worker, next, before, what)
      await ended(worker, what)
      if (hit() === undefined) break
    }
  })
  const telling = all.map(([name]) => name).filter((name) => !name.includes('lost'))
  expect(
    Object.keys(seen)
      .filter((name) => !name.includes('lost'))
      .sort(),
  ).toEqual(telling.sort())
})

test('a return killed or disturbed at any request is brought to its end by the next', {
  timeout: 900_000,
}, async () => {
  const chosen = [...faults, ...clusterFaults].filter(([name]) => /403|broken|lost/.test(name))
  await share(chosen, workers, async ([name, fault], worker) => {
    const { login, gates, context } = worker
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at} of a return`
      const next = login.values()
      const before = await look(worker)
      await login.rotate(anew(context), next)
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      await failureOf(login.abort(anew(context)), what)
      gates.calm()
      await login.expectWorking(before.old, next, what)
      await login.runOutLease()
      await login.abort(anew(context))
      await login.expectInUse(before.old, what)
      expect([what, await login.phase()]).toEqual([what, undefined])
      expect([what, await login.counts()]).toEqual([what, before.counts.map((count) => count + 1)])
      // There and back.
      expect([what, await login.restarts()]).toEqual([what, before.restarts + 2])
      const statuses = await login.statuses()
      expect([what, statuses.map((all) => all.filter((status) => status === 'enabled').length)]).toEqual([what, [1, 1]])
      await login.deleteDisabled()
      if (hit() === undefined) break
    }
  })
})

test('a restart disturbed at any request restarts everything once in the end', { timeout: 300_000 }, async () => {
  const lost = [...faults, ...clusterFaults].filter(([, { side }]) => side === 'cluster')
  await share(lost, workers, async ([name, fault], { login, gates, context }) => {
    const { client } = here.world.stack
    const ref = { namespace: login.tier.namespace, name: 'server' }
    const generation = async () => (await client.get(kinds.deployment, ref))?.metadata.generation ?? 0
    const restart = async (own: RotationContext) => {
      const rows = planRestart('checksum', await lookAtConsumers(own.client, [login.tier]))
      const restarting = { client: own.client, signal: own.signal, waits: own.waits.rollout, log: trace }
      const problems = await carryOutRestart(restarting, rows, { mode: 'checksum', wait: true })
      if (problems.length > 0) throw new ProblemError(problems)
    }
    await restart(context)
    for (let at = 1; ; at++) {
      const what = `${login.tier.name}, ${name} at request ${at} of a restart`
      await login.change()
      const before = await generation()
      const hit = gates.disturb({ ...fault, at, lasting: !name.includes('lost') })
      await failureOf(restart(context), what)
      gates.calm()
      await restart(context)
      expect([what, await generation()]).toEqual([what, before + 1])
      if (hit() === undefined) break
    }
  })
})

test('no value is in any output, argument, journal, event, log or file', async () => {
  const { controlPlane, client } = here.world.stack
  const lists = await Promise.all(
    [kinds.configMap, kinds.lease, kinds.event, kinds.externalSecret, kinds.deployment].map((kind) =>
      client.list<KubernetesObject>(kind),
    ),
  )
  const operatorLog = await readFile(join(controlPlane.folder, 'external-secrets.log'), 'utf8')
  const places = {
    'output and arguments': traces,
    'log of the operator': operatorLog,
    'objects of the cluster': JSON.stringify(lists),
    files: await textsBelow(folder),
  }
  expect(values.size).toBeGreaterThan(200)
  expect(operatorLog.length).toBeGreaterThan(1000)
  for (const [place, text] of Object.entries(places)) {
    // Not the value itself in the message of a failing test.
    expect([place, [...values].filter((value) => text.includes(value)).length]).toEqual([place, 0])
  }
})
