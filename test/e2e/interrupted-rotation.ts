import { mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { RotationContext } from '../../scripts/change/rotation/rotation-context.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { Application } from '../../scripts/model/types.ts'
import { rotating, rotatingTiers } from '../fixtures/rotating.ts'
import { textsBelow } from '../helpers/folders.ts'
import { LeftStates } from '../helpers/left-states.ts'
import { expectSentence } from '../helpers/sentences.ts'
import { deployWorkloads } from '../helpers/workloads.ts'
import { type RotatingWorld, startRotatingWorld } from './rotating-world.ts'
import { type UnitRotation, unitRotation, type Values } from './rotation-world.ts'
import { startWorldGates, type WorldGates } from './world-gates.ts'

/** A unit whose rotations go through two gates: by default an identity of two remote secrets. */
export interface Disturbed {
  readonly login: UnitRotation
  readonly gates: WorldGates<RotatingWorld['owner']>
  readonly context: RotationContext
  /** The same with no patience for an answer. */
  readonly hasty: RotationContext
}

/** One stack for rotations that are interrupted, and everything that was written where somebody may read it. */
export interface InterruptedRotations extends AsyncDisposable {
  readonly here: RotatingWorld
  readonly folder: string
  /** A unit a worker, in tiers of its own: rotations of different tiers don't meet. */
  readonly workers: readonly Disturbed[]
  /** What is left behind by an interruption. */
  readonly states: LeftStates
  trace(text: string): void
  /** Whether a run ended with an error, which has to be a sentence. */
  failureOf(act: Promise<unknown>, what: string): Promise<boolean>
  /** @param atLeast how many values there must have been */
  expectNoLeaks(atLeast: number): Promise<void>
}

/** What is in use before a rotation, and what it is about. */
export interface Before {
  readonly old: Values
  readonly next: Values
  readonly counts: readonly number[]
  readonly restarts: number
}

/** @param options.units names of what is rotated, each by a worker. Default: the logins of the tiers of `rotating` */
export async function startInterruptedRotations({
  application = rotating,
  units = rotatingTiers.map((name) => `${name}-login`),
}: {
  readonly application?: Application
  readonly units?: readonly string[]
} = {}): Promise<InterruptedRotations> {
  const folder = await mkdtemp(join(tmpdir(), 'rotation-'))
  const here = await startRotatingWorld('plain', { application })
  const values = new Set<string>()
  let traces = ''
  const trace = (text: string) => {
    traces += `${text}\n`
  }
  const workers = await Promise.all(
    units.map(async (name) => {
      const login = unitRotation(here, name, values)
      for (const tier of login.unit.tiers) await deployWorkloads(here.world.stack.client, tier)
      const gates = await startWorldGates(here.world, here.owner, folder)
      const { client, account } = gates
      const context = login.context({ client, account, log: trace })
      return { login, gates, context, hasty: { ...context, account: { ...account, timeoutMs: 300 } } }
    }),
  )
  return {
    here,
    folder,
    workers,
    states: new LeftStates(),
    trace,
    async failureOf(act, what) {
      const error = await act.then(
        () => undefined,
        (reason: unknown) => reason ?? new Error('nothing'),
      )
      if (error === undefined) return false
      trace(String(error))
      expectSentence(error, what)
      return true
    },
    async expectNoLeaks(atLeast) {
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
      expect(values.size).toBeGreaterThan(atLeast)
      expect(operatorLog.length).toBeGreaterThan(1000)
      for (const [place, text] of Object.entries(places)) {
        // Not the value itself in the message of a failing test.
        expect([place, [...values].filter((value) => text.includes(value)).length]).toEqual([place, 0])
      }
    },
    async [Symbol.asyncDispose]() {
      for (const { gates } of workers) await gates[Symbol.asyncDispose]()
      await here[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true, maxRetries: 5 })
    },
  }
}

/** A run of its own, as every command line is. */
export const nextRun = (context: RotationContext): RotationContext => ({ ...context, holder: `test ${Math.random()}` })

/** How everything is before a rotation, and the values it is to bring. */
export async function look({ login }: Disturbed): Promise<Before> {
  const [old, counts, restarts] = await Promise.all([login.current(), login.counts(), login.restarts()])
  return { old, next: login.values(), counts, restarts }
}

/** Runs a rotation again, to its end, and checks what it leaves: one version more than before, and nothing in between. */
export async function expectRotated({ login, context }: Disturbed, { next, counts, restarts }: Before, what: string) {
  await login.runOutLease()
  await login.rotate(nextRun(context), next)
  await login.expectInUse(next, what)
  expect([what, await login.counts()]).toEqual([what, counts.map((count) => count + 1)])
  expect([what, await login.statuses()]).toEqual([what, counts.map(() => ['disabled', 'enabled'])])
  expect([what, await login.restarts()]).toEqual([what, restarts + login.unit.tiers.length])
  expect([what, await login.phase()]).toEqual([what, 'disabled'])
}
