import { randomBytes } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { expect } from 'vitest'
import { abort } from '../../scripts/change/rotation/abort.ts'
import { finish } from '../../scripts/change/rotation/finish.ts'
import { prepare } from '../../scripts/change/rotation/prepare.ts'
import { type RotateOptions, rotate } from '../../scripts/change/rotation/rotate-unit.ts'
import type { RotationContext, Waits } from '../../scripts/change/rotation/rotation-context.ts'
import { readTarget } from '../../scripts/cluster/target.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import type { TierModel } from '../../scripts/model/resolve.ts'
import { findUnit, remotesIn } from '../../scripts/model/rotation-unit.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'
import { createVersion, deleteVersion } from '../../scripts/scaleway/versions.ts'
import { eventually } from '../helpers/eventually.ts'
import { forceRefresh } from './refresh.ts'
import type { RotatingWorld } from './rotating-world.ts'

/** Short enough for tests, and few requests. */
export const quickWaits: Waits = {
  refresh: { timeoutMs: 20_000, pollMs: 100 },
  rollout: { timeoutMs: 20_000, pollMs: 200 },
  probeMs: 5_000,
  leaseMs: 30_000,
  sameRunMs: 3_600_000,
}

/** Values of a unit, by variable. Never shown. */
export type Values = Readonly<Record<string, string>>

/** The identity `<tier>-login`, which is two remote secrets, and everything a test asks of it. */
export interface LoginRotation {
  readonly tier: TierModel
  readonly unit: RotationContext['unit']
  context(parts?: Partial<RotationContext>): RotationContext
  /** As the command does it: looks, then rotates to the given values. The old versions are disabled at once. */
  rotate(context: RotationContext, values: Values, options?: Partial<RotateOptions>): Promise<void>
  abort(context: RotationContext): Promise<void>
  finish(context: RotationContext): Promise<void>
  /** Two new values. */
  values(): Values
  /** What Scaleway would deliver now. */
  current(): Promise<Values>
  /** Whether for each remote secret the old or the new value can be delivered. */
  expectWorking(old: Values, next: Values, what: string): Promise<void>
  /** Whether these are what is delivered and what the consumers run with. */
  expectInUse(values: Values, what: string): Promise<void>
  /** How many versions each remote secret ever had. */
  counts(): Promise<readonly number[]>
  statuses(): Promise<readonly string[][]>
  /** As `npm run fill -- --prune` does. */
  deleteDisabled(): Promise<void>
  /** As somebody does who takes a version of his back. */
  deleteNewest(name: string): Promise<void>
  /** How often the pod template of the consumer was changed. */
  restarts(): Promise<number>
  /** Gives the target another value, outside of any rotation, in another second than before. */
  change(): Promise<void>
  /** What the journal says of the phase; undefined: there is none. */
  phase(): Promise<string | undefined>
  /** As if somebody had waited until nobody believed in the lease of a killed run, which then is given back. */
  runOutLease(): Promise<void>
}

const names: Readonly<Record<string, string>> = { LOGIN_USER: 'login-user', LOGIN_KEY: 'login-key' }

/** @param seen every value is added to it */
export function loginRotation(here: RotatingWorld, tierName: string, seen: Set<string> = new Set()): LoginRotation {
  const { world } = here
  const { client, model } = world.stack
  const tier = here.tier(tierName)
  const unit = findUnit(model, `${tierName}-login`)
  const lock = { namespace: model.release.namespace, name: unit.lock }
  const target = { namespace: tier.namespace, name: `${tierName}-secrets` }
  const specOf = (variable: string) => {
    const found = unit.entries.find(({ spec }) => spec.variable === variable)
    if (!found) throw new Error(`no ${variable}`)
    return found.spec
  }
  const given = (values: Values): ReadonlyMap<SecretSpec, string> =>
    new Map(Object.entries(values).map(([variable, value]) => [specOf(variable), value]))
  const current = async () => {
    const entries = await Promise.all(
      Object.entries(names).map(async ([variable, name]) => {
        const value = await here.payload(tier, name, 'latest_enabled')
        return [variable, value ?? ''] as const
      }),
    )
    for (const [, value] of entries) if (value !== '') seen.add(value)
    return Object.fromEntries(entries)
  }
  return {
    tier,
    unit,
    current,
    context: (parts = {}) => ({
      model,
      unit,
      client,
      account: here.owner,
      signal: new AbortController().signal,
      holder: `test ${randomBytes(4).toString('hex')}`,
      waits: quickWaits,
      log: () => undefined,
      ...parts,
    }),
    async rotate(context, values, options = {}) {
      const preparation = await prepare(context, { readValues: async () => given(values), restart: true })
      const errors = preparation.problems.filter(({ severity }) => severity !== 'warning')
      if (errors.length > 0) throw new ProblemError(errors)
      if (preparation.kind === 'same') return
      await rotate(context, { ...preparation, restart: true, overlap: false, ...options })
    },
    async abort(context) {
      await abort(context, { restart: true })
    },
    async finish(context) {
      await finish(context)
    },
    values() {
      const made = { LOGIN_USER: `user-${randomText()}`, LOGIN_KEY: `key-${randomText()}` }
      for (const value of Object.values(made)) seen.add(value)
      return made
    },
    async expectWorking(old, next, what) {
      const now = await current()
      for (const variable of Object.keys(names))
        expect([what, variable, now[variable] === old[variable] || now[variable] === next[variable]]).toEqual([
          what,
          variable,
          true,
        ])
    },
    async expectInUse(values, what) {
      const now = await current()
      const digests = await world.digests(target.namespace, target.name)
      for (const [variable, value] of Object.entries(values))
        expect([what, variable, now[variable] === value, digests?.[variable] === world.digest(value)]).toEqual([
          what,
          variable,
          true,
          true,
        ])
    },
    counts: async () =>
      (await Promise.all(remotesIn(unit).map(({ name }) => here.versions(tier, name)))).map((all) =>
        Math.max(...all.map(({ revision }) => revision)),
      ),
    statuses: async () =>
      (await Promise.all(remotesIn(unit).map(({ name }) => here.versions(tier, name)))).map((all) =>
        all.map(({ status }) => status).filter((status) => status !== 'scheduled_for_deletion'),
      ),
    async deleteDisabled() {
      for (const { name } of remotesIn(unit))
        for (const { revision, status } of await here.versions(tier, name))
          if (status === 'disabled')
            await deleteVersion(here.owner, model.region, await here.idOf(tier, name), revision)
    },
    async deleteNewest(name) {
      const newest = (await here.versions(tier, name)).at(-1)
      await deleteVersion(here.owner, model.region, await here.idOf(tier, name), newest?.revision ?? 0)
    },
    async restarts() {
      const server = await client.get(kinds.deployment, { namespace: tier.namespace, name: 'server' })
      return server?.metadata.generation ?? 0
    },
    async change() {
      const before = await readTarget(client, target)
      await sleep(1_100)
      const value = `key-${randomText()}`
      seen.add(value)
      await createVersion(here.owner, model.region, await here.idOf(tier, 'login-key'), value)
      await forceRefresh(client, target)
      await eventually(
        () => readTarget(client, target),
        (now) => typeof now === 'object' && typeof before === 'object' && now.version !== before.version,
      )
    },
    async phase() {
      const found = await client.get<KubernetesObject & { data: Record<string, string> }>(kinds.configMap, lock)
      return found && (JSON.parse(found.data['state.json'] ?? '{}').phase as string)
    },
    async runOutLease() {
      if (!(await client.get(kinds.lease, lock))) return
      await client.mergePatch(kinds.lease, lock, { spec: { holderIdentity: null, renewTime: null } })
    },
  }
}

// --- internal ---

function randomText(): string {
  return randomBytes(20).toString('hex')
}
