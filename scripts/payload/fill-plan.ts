import { groupBy } from '../lib/group.ts'
import { isError, type Problem, sortProblems } from '../lib/problems.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import { formatDefinition } from '../model/formats.ts'
import type { RemoteSecretModel, TierModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { currentProblems, payloadProblems, remoteProblems, wouldReplace } from './fill-problems.ts'
import type { FoundSecret } from './found-secret.ts'
import { type CurrentPayload, nextPayload, readPayload, type Slot, slotsOf } from './payload.ts'

export interface FillOptions {
  /** Makes a value for what may be generated. Default: nothing is generated */
  readonly generate?: ((spec: SecretSpec) => string) | undefined
  readonly replace: boolean
  readonly disablePrevious: boolean
  readonly prune: boolean
  /** The entries were named one by one: versions of theirs are disabled and pruned without a new value too. */
  readonly chosen: boolean
}

export interface FillRequest {
  /** What the run is about. */
  readonly scope: readonly FillEntry[]
  readonly values: ReadonlyMap<SecretSpec, string>
  readonly options: FillOptions
}

/** `kept`: no value was given, and one exists. `missing`: neither was given nor exists. */
export type FillAction = 'create' | 'replace' | 'unchanged' | 'kept' | 'missing'

export interface FillRow {
  readonly entry: FillEntry
  readonly action: FillAction
  readonly source?: 'given' | 'generated'
}

/** The changes to one remote secret. Holds its payload: never printed. */
export interface FillWork {
  readonly tier: TierModel
  readonly remote: RemoteSecretModel
  /** Undefined: it has to be created. */
  readonly found?: FoundSecret
  /** Of the version to add, if any. */
  readonly payload?: string
  /** Revisions, the oldest first. */
  readonly disable: readonly number[]
  readonly delete: readonly number[]
}

export interface FillPlan {
  readonly rows: readonly FillRow[]
  readonly work: readonly FillWork[]
  /** If one of them is an error, nothing may be done. */
  readonly problems: readonly Problem[]
}

/** The remote secrets of a scope, each once. */
export function remotesOf(scope: readonly FillEntry[]): Pick<FillEntry, 'tier' | 'remote'>[] {
  return [...groupBy(scope, ({ tier, remote }) => `${tier.name} ${remote.name}`).values()].flatMap(([entry]) =>
    entry ? [entry] : [],
  )
}

/** What has to be read of an existing remote secret before planning. */
export function toRead({ scope, values, options }: FillRequest, remote: RemoteSecretModel) {
  const entries = scope.filter((entry) => entry.remote === remote)
  const given = entries.some(({ spec }) => values.has(spec))
  const generated = entries.some(({ spec }) => isGenerated(spec, options))
  const kept = options.chosen && (options.disablePrevious || options.prune)
  return { versions: given || generated || kept, payload: given || (generated && remote.shape !== 'opaque') }
}

/** What a run does, and everything that prevents it. Pure but for the values that are generated. */
export function planFill(request: FillRequest, found: ReadonlyMap<RemoteSecretModel, FoundSecret>): FillPlan {
  const plans = remotesOf(request.scope).map(({ tier, remote }) => planRemote(request, tier, remote, found.get(remote)))
  const problems = sortProblems(plans.flatMap((plan) => plan.problems))
  const work = plans.flatMap((plan) => plan.work)
  return { rows: plans.flatMap((plan) => plan.rows), work: problems.some(isError) ? [] : work, problems }
}

// --- internal ---

interface PlannedSlot extends Slot {
  readonly action: FillAction
  readonly source?: 'given' | 'generated'
  readonly value?: string | undefined
  /** Entries that share the value were given different ones. */
  readonly differs: boolean
}

function planRemote(
  request: FillRequest,
  tier: TierModel,
  remote: RemoteSecretModel,
  found: FoundSecret | undefined,
): FillPlan {
  const { scope, values, options } = request
  const entries = scope.filter((entry) => entry.remote === remote)
  const payload = found?.current?.payload && readPayload(remote, found.current.payload)
  const slots = slotsOf(remote).map((slot) => planSlot(request, slot, found, payload))
  const isGiven = entries.some(({ spec }) => values.has(spec))
  const drops = isGiven && options.replace && (payload?.extra.length ?? 0) > 0
  const writes = drops || slots.some(({ action }) => action === 'create' || action === 'replace')
  const rows = entries.map((entry): FillRow => {
    const slot = slots.find(({ specs }) => specs.includes(entry.spec))
    return { entry, action: slot?.action ?? 'missing', ...(slot?.source ? { source: slot.source } : {}) }
  })
  if (!writes && !isGiven && !options.chosen) return { rows, work: [], problems: [] }

  const valueFor = (spec: SecretSpec) => slots.find(({ specs }) => specs.includes(spec))?.value
  const before = payload?.isReadable ? found?.current?.payload : undefined
  const next = writes ? nextPayload(remote, before, valueFor) : undefined
  const rest = { disable: toDisable(found, options, writes), delete: toDelete(found, options, writes) }
  const problems = [
    ...remoteProblems(remote, found, { writes, deletes: rest.delete.length }),
    ...(options.replace
      ? []
      : slots.filter(({ action }) => action === 'replace').map((slot) => wouldReplace(remote, slot))),
    ...(options.replace || !payload ? [] : currentProblems(remote, payload, { writes })),
    ...(next === undefined ? [] : payloadProblems(remote, slots, next)),
  ]
  const done = { tier, remote, ...(found ? { found } : {}), ...(next === undefined ? {} : { payload: next }) }
  const isWork = writes || rest.disable.length > 0 || rest.delete.length > 0
  return { rows, work: isWork ? [{ ...done, ...rest }] : [], problems }
}

function planSlot(
  { scope, values, options }: FillRequest,
  { specs }: Slot,
  found: FoundSecret | undefined,
  payload: CurrentPayload | undefined,
): PlannedSlot {
  const [value, ...others] = [...new Set(specs.flatMap((spec) => values.get(spec) ?? []))]
  const was = specs[0] && payload?.valueOf(specs[0])
  const differs = others.length > 0
  if (value !== undefined) {
    const source = 'given'
    if (payload?.isReadable && was === value && !differs) return { specs, action: 'unchanged', source, value, differs }
    const isReplaced = was !== undefined || payload?.isReadable === false
    return { specs, action: isReplaced ? 'replace' : 'create', source, value, differs }
  }
  const isThere = payload ? was !== undefined : found?.versions ? found.current !== undefined : hasVersions(found)
  if (isThere) return { specs, action: 'kept', value: was, differs }
  const spec = specs.find((one) => isGenerated(one, options) && scope.some((entry) => entry.spec === one))
  if (!spec || !options.generate) return { specs, action: 'missing', differs }
  return { specs, action: 'create', source: 'generated', value: options.generate(spec), differs }
}

function isGenerated({ format }: SecretSpec, { generate }: FillOptions): boolean {
  return generate !== undefined && formatDefinition(format)?.generatable === true
}

function hasVersions(found: FoundSecret | undefined): boolean {
  return (found?.versionCount ?? 0) > 0
}

/** All enabled ones except the current one: the new one, or else the newest. */
function toDisable(found: FoundSecret | undefined, options: FillOptions, writes: boolean): number[] {
  if (!options.disablePrevious) return []
  const kept = writes ? undefined : found?.current?.revision
  return revisions(found, 'enabled').filter((revision) => revision !== kept)
}

/** Not the version before the current one: it is the way back, and a second run must not remove it. */
function toDelete(found: FoundSecret | undefined, options: FillOptions, writes: boolean): number[] {
  if (!options.prune) return []
  const disabled = revisions(found, 'disabled')
  const current = writes ? undefined : found?.current?.revision
  const earlier = [...revisions(found, 'enabled'), ...disabled].filter((one) => current === undefined || one < current)
  return disabled.filter((revision) => revision !== Math.max(...earlier))
}

function revisions(found: FoundSecret | undefined, status: string): number[] {
  return (found?.versions ?? []).filter((version) => version.status === status).map(({ revision }) => revision)
}
