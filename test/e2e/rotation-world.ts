import { randomBytes } from 'node:crypto'
import { expect } from 'vitest'
import { restartedAt } from '../../scripts/change/restart/restart-plan.ts'
import { abort } from '../../scripts/change/rotation/abort.ts'
import { finish } from '../../scripts/change/rotation/finish.ts'
import { prepare } from '../../scripts/change/rotation/prepare.ts'
import { type RotateOptions, rotate } from '../../scripts/change/rotation/rotate-unit.ts'
import type { RotationContext, Waits } from '../../scripts/change/rotation/rotation-context.ts'
import { markOf, parseState, type RotatedRemote } from '../../scripts/change/rotation/rotation-state.ts'
import type { WorkloadObject } from '../../scripts/cluster/pod-templates.ts'
import { readTarget } from '../../scripts/cluster/target.ts'
import { readJournal } from '../../scripts/kubernetes/journal.ts'
import { type KubernetesObject, kinds } from '../../scripts/kubernetes/kinds.ts'
import type { LeaseObject } from '../../scripts/kubernetes/lease-object.ts'
import { ProblemError } from '../../scripts/lib/problems.ts'
import type { FillEntry } from '../../scripts/model/fill-entries.ts'
import type { RemoteSecretModel, TierModel } from '../../scripts/model/resolve.ts'
import { calledIn, findUnit } from '../../scripts/model/rotation-unit.ts'
import { originOf } from '../../scripts/model/shared-values.ts'
import type { SecretSpec } from '../../scripts/model/types.ts'
import { readPayload } from '../../scripts/payload/payload.ts'
import {
  accessVersion,
  createVersion,
  deleteVersion,
  disableVersion,
  enableVersion,
  listVersions,
} from '../../scripts/scaleway/versions.ts'
import { eventually } from '../helpers/eventually.ts'
import { forceRefresh, refreshAll } from './refresh.ts'
import type { RotatingWorld } from './rotating-world.ts'

/** They notice soon what comes, and are patient with a machine that is busy. */
export const quickWaits: Waits = {
  refresh: { timeoutMs: 120_000, pollMs: 100 },
  rollout: { timeoutMs: 120_000, pollMs: 200 },
  probeMs: 5_000,
  leaseMs: 30_000,
  sameRunMs: 3_600_000,
}

/** Values of a unit, by variable; with its tier where the unit has several. Never shown. */
export type Values = Readonly<Record<string, string>>

/** A unit whose entries are read by the Deployment `server` of their tier, and everything a test asks of it. */
export interface UnitRotation {
  /** The one in its name. */
  readonly tier: TierModel
  readonly unit: RotationContext['unit']
  context(parts?: Partial<RotationContext>): RotationContext
  /** As the command does it: looks, then rotates to the given values. The old versions are disabled at once. */
  rotate(context: RotationContext, values: Values, options?: Partial<RotateOptions>): Promise<void>
  abort(context: RotationContext): Promise<void>
  finish(context: RotationContext): Promise<void>
  /** New values: one for each that is not shared. */
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
  /**
   * What a run that was interrupted has left behind, without what differs from run to run: the journal, whose versions
   * there are, whether they have the new values, what is delivered, and whether the consumer was restarted.
   */
  left(before: { readonly next: Values; readonly restarts: number }): Promise<LeftBehind>
  /** As if there had been no rotation: one version of each remote secret, and neither journal nor lease. */
  forget(): Promise<void>
  /** The same, and has it delivered. Where there is no rotation, it does nothing. */
  startOver(): Promise<void>
  /** What the journal says, and which versions are enabled, for `goBackTo`. */
  remember(): Promise<Remembered>
  /** Puts the journal and the versions back as they were, and has that delivered. */
  goBackTo(remembered: Remembered): Promise<void>
  /** As somebody does who takes a version of his back. */
  deleteNewest(name: string): Promise<void>
  /** How often the pod templates of the consumers were changed. */
  restarts(): Promise<number>
  /** Gives the target another value, outside of any rotation, in another second than before. */
  change(): Promise<void>
  /** What the journal says of the phase; undefined: there is none. */
  phase(): Promise<string | undefined>
  /** As if somebody had waited until nobody believed in the lease of a killed run, which then is given back. */
  runOutLease(): Promise<void>
}

/** What is left of a rotation. Arrays are of its remote secrets, or of its variables. */
export interface LeftBehind {
  readonly journal: unknown
  readonly versions: readonly (readonly string[])[]
  /** Of each variable: whether Scaleway would deliver the new value now, and whether the target has what it would. */
  readonly isNew: readonly boolean[]
  readonly isDelivered: readonly boolean[]
  readonly isRestarted: readonly boolean[]
  /** How often the pod template of the consumer was changed since before. */
  readonly restarts: number
}

export interface Remembered {
  readonly journal: string
  readonly enabled: ReadonlyMap<RemoteSecretModel, readonly number[]>
}

/** Where a value of the unit is. */
type Place = FillEntry & { readonly variable: string }

interface JournalObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

/** The identity `<tier>-login`, which is two remote secrets. */
export function loginRotation(here: RotatingWorld, tierName: string, seen: Set<string> = new Set()): UnitRotation {
  return unitRotation(here, `${tierName}-login`, seen)
}

/** @param seen every value is added to it */
export function unitRotation(here: RotatingWorld, name: string, seen: Set<string> = new Set()): UnitRotation {
  const { world } = here
  const { client, model } = world.stack
  const unit = findUnit(model, name)
  const [tier] = unit.tiers
  const lock = { namespace: model.release.namespace, name: unit.lock }
  const target = { namespace: tier.namespace, name: `${tier.name}-secrets` }
  const places = unit.entries.map((entry) => ({ ...entry, variable: calledIn(unit, entry.spec) }))
  const remotes: Place[] = [...new Map(places.map((place) => [place.remote, place])).values()]
  const given = (values: Values): ReadonlyMap<SecretSpec, string> =>
    new Map(
      Object.entries(values).map(([variable, value]) => {
        const found = places.find((place) => place.variable === variable)
        if (!found) throw new Error(`no ${variable}`)
        return [found.spec, value]
      }),
    )
  const ids = new Map<RemoteSecretModel, Promise<string>>()
  const idOf = ({ tier, remote }: Place) => {
    const id = ids.get(remote) ?? here.idOf(tier, remote.name)
    ids.set(remote, id)
    return id
  }
  const versionsOf = async (place: Place) => listVersions(here.owner, model.region, await idOf(place))
  const alive = async (place: Place) =>
    (await versionsOf(place)).filter(({ status }) => status !== 'scheduled_for_deletion')
  const current = async () => {
    const entries = await Promise.all(
      places.map(async (place) => {
        const payload = accessVersion(here.owner, model.region, await idOf(place), 'latest_enabled')
        const value = await payload.then(
          (bytes) => readPayload(place.remote, bytes).valueOf(place.spec) ?? '',
          () => '',
        )
        return [place.variable, value] as const
      }),
    )
    for (const [, value] of entries) if (value !== '') seen.add(value)
    return Object.fromEntries(entries)
  }
  /** A digest of what the targets hold, by the names of `places`. */
  const delivered = async () => {
    const own = await Promise.all(
      unit.tiers.map(async (one) => [one, await world.digests(one.namespace, `${one.name}-secrets`)] as const),
    )
    const byTier = new Map(own)
    return Object.fromEntries(places.map(({ variable, tier, spec }) => [variable, byTier.get(tier)?.[spec.variable]]))
  }
  const servers = () =>
    Promise.all(
      unit.tiers.map(({ namespace }) => client.get<WorkloadObject>(kinds.deployment, { namespace, name: 'server' })),
    )
  const deliver = () =>
    refreshAll(
      client,
      unit.tiers.map(({ namespace, name }) => ({ namespace, name: `${name}-secrets` })),
    )
  const isDelivered = async () => {
    const [now, digests] = await Promise.all([current(), delivered()])
    return Object.entries(now).every(([variable, value]) => digests[variable] === world.digest(value))
  }
  const runOutLease = async () => {
    const lease = await client.get<LeaseObject>(kinds.lease, lock)
    if (!lease?.spec?.holderIdentity) return
    await client.mergePatch(kinds.lease, lock, { spec: { holderIdentity: null, renewTime: null } })
  }
  const forget = async () => {
    await client.delete(kinds.configMap, lock)
    await client.delete(kinds.lease, lock)
    const all = await Promise.all(remotes.map(alive))
    // What shares a value keeps one: where a part has no new one, all keep the old one.
    const isNew = all.every((versions) => versions.length > 1)
    for (const [index, place] of remotes.entries()) {
      const id = await idOf(place)
      const versions = all[index] ?? []
      const enabled = versions.filter(({ status }) => status === 'enabled')
      const kept = isNew ? enabled.at(-1) : enabled[0]
      for (const version of versions)
        if (version !== kept) await deleteVersion(here.owner, model.region, id, version.revision)
    }
  }
  const restartsIn = (all: Awaited<ReturnType<typeof servers>>) =>
    all.reduce((sum, server) => sum + (server?.metadata.generation ?? 0), 0)
  const restarts = async () => restartsIn(await servers())
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
      const made = new Map(unit.entries.map(({ spec }) => [originOf(spec), `made-${randomText()}`]))
      for (const value of made.values()) seen.add(value)
      return Object.fromEntries(places.map(({ variable, spec }) => [variable, made.get(originOf(spec)) ?? '']))
    },
    async expectWorking(old, next, what) {
      const now = await current()
      for (const { variable } of places)
        expect([what, variable, now[variable] === old[variable] || now[variable] === next[variable]]).toEqual([
          what,
          variable,
          true,
        ])
    },
    async expectInUse(values, what) {
      const now = await current()
      const digests = await delivered()
      for (const [variable, value] of Object.entries(values))
        expect([what, variable, now[variable] === value, digests[variable] === world.digest(value)]).toEqual([
          what,
          variable,
          true,
          true,
        ])
    },
    counts: async () =>
      (await Promise.all(remotes.map(versionsOf))).map((all) => Math.max(...all.map(({ revision }) => revision))),
    statuses: async () => (await Promise.all(remotes.map(alive))).map((all) => all.map(({ status }) => status)),
    async deleteDisabled() {
      for (const place of remotes)
        for (const { revision, status } of await alive(place))
          if (status === 'disabled') await deleteVersion(here.owner, model.region, await idOf(place), revision)
    },
    async left({ next, restarts: before }) {
      const [journal, running, digests, now] = await Promise.all([
        readJournal(client, lock, { parse: parseState }),
        servers(),
        delivered(),
        current(),
      ])
      const mark = journal && markOf(journal)
      const versions = await Promise.all(remotes.map(alive))
      const placeIn = (index: number, wanted: number | undefined) =>
        versions[index]?.findIndex(({ revision }) => revision === wanted)
      const indexOf = (rotated: RotatedRemote) =>
        remotes.findIndex(({ tier, remote }) => tier.name === rotated.tier && remote.name === rotated.name)
      return {
        journal: journal && {
          ...journal,
          ...{ id: '', name: '', begunAt: '', since: '', restartAt: journal.restartAt !== undefined },
          remotes: journal.remotes.map((rotated) => ({
            name: rotated.name,
            earlier: rotated.earlier.map((revision) => placeIn(indexOf(rotated), revision)),
            added: rotated.added === undefined ? undefined : placeIn(indexOf(rotated), rotated.added),
          })),
        },
        versions: versions.map((all) =>
          all.map(({ status, description }) => `${status} ${description === mark ? 'ours' : 'of another'}`),
        ),
        isDelivered: Object.entries(now).map(([variable, value]) => digests[variable] === world.digest(value)),
        isNew: Object.entries(now).map(([variable, value]) => value === next[variable]),
        restarts: restartsIn(running) - before,
        isRestarted: running.map((server) => {
          const by = server?.spec?.template?.metadata?.annotations?.[restartedAt]
          return journal?.restartAt !== undefined && by === journal.restartAt
        }),
      }
    },
    forget,
    async startOver() {
      const all = await Promise.all(remotes.map(alive))
      if (!(await client.get(kinds.configMap, lock)) && all.every(({ length }) => length === 1)) return
      await forget()
      await deliver()
    },
    async remember() {
      const found = await client.get<JournalObject>(kinds.configMap, lock)
      const enabled = await Promise.all(
        remotes.map(async (place) => {
          const versions = await alive(place)
          const enabled = versions.flatMap(({ status, revision }) => (status === 'enabled' ? [revision] : []))
          return [place.remote, enabled] as const
        }),
      )
      return { journal: found?.data?.['state.json'] ?? '', enabled: new Map(enabled) }
    },
    async goBackTo({ journal, enabled }) {
      await client.delete(kinds.configMap, lock)
      await runOutLease()
      await client.create(kinds.configMap, { metadata: lock, data: { 'state.json': journal } } as KubernetesObject)
      for (const place of remotes) {
        const id = await idOf(place)
        const wanted = enabled.get(place.remote) ?? []
        const versions = await alive(place)
        const changed = versions.filter(({ status, revision }) => wanted.includes(revision) !== (status === 'enabled'))
        // Enabled first: there is something to deliver at every moment.
        for (const { revision } of changed.filter(({ status }) => status === 'disabled'))
          await enableVersion(here.owner, model.region, id, revision)
        for (const { revision } of changed.filter(({ status }) => status === 'enabled'))
          await disableVersion(here.owner, model.region, id, revision)
      }
      if (!(await isDelivered())) await deliver()
    },
    async deleteNewest(name) {
      const newest = (await here.versions(tier, name)).at(-1)
      await deleteVersion(here.owner, model.region, await here.idOf(tier, name), newest?.revision ?? 0)
    },
    restarts,
    async change() {
      const before = await readTarget(client, target)
      const changedAt = typeof before === 'object' ? (before.changedAt?.getTime() ?? 0) : 0
      // The API server's clock is this machine's.
      await eventually(
        () => Date.now(),
        (now) => now >= changedAt + 1_000,
      )
      const value = `key-${randomText()}`
      seen.add(value)
      await createVersion(here.owner, model.region, await here.idOf(tier, 'login-key'), value)
      await forceRefresh(client, target)
      await eventually(
        () => readTarget(client, target),
        (now) => typeof now === 'object' && typeof before === 'object' && now.version !== before.version,
      )
    },
    phase: async () => (await readJournal(client, lock, { parse: parseState }))?.phase,
    runOutLease,
  }
}

// --- internal ---

function randomText(): string {
  return randomBytes(20).toString('hex')
}
