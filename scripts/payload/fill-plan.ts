import { groupBy } from '../lib/group.ts'
import { isError, type Problem, sortProblems } from '../lib/problems.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import { formatDefinition } from '../model/formats.ts'
import type { RemoteSecretModel, TierModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { currentProblems, irreplaceable, payloadProblems, remoteProblems, wouldReplace } from './fill-problems.ts'
import { chooseShared, type SharedChoice, type SharedChoices, spreadValues } from './fill-shared.ts'
import type { FoundSecret } from './found-secret.ts'
import { type CurrentPayload, nextPayload, readPayload, type Slot, slotsOf } from './payload.ts'

export interface FillOptions {
  /** Makes a value for what may be generated. Default: nothing is generated */
  readonly generate?: ((spec: SecretSpec) => string) | undefined
  readonly replace: boolean
  /** Entries whose value those get that share it, in place of theirs. Default: none */
  readonly take?: ReadonlySet<SecretSpec>
  /** Entries that are irreplaceable, and may be replaced all the same. Default: none */
  readonly mayLose?: ReadonlySet<SecretSpec>
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

/** Where a value comes from. `shared`: from an entry that shares it, and has it already. */
export type FillSource = 'given' | 'generated' | 'shared'

export interface FillRow {
  readonly entry: FillEntry
  readonly action: FillAction
  readonly source?: FillSource
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
  const shared = entries.some((entry) => entry.shared !== undefined)
  const kept = options.chosen && (options.disablePrevious || options.prune)
  return {
    versions: given || generated || shared || kept,
    payload: given || shared || (generated && remote.shape !== 'opaque'),
  }
}

/** What a run does, and everything that prevents it. Pure but for the values that are generated. */
export function planFill(request: FillRequest, found: ReadonlyMap<RemoteSecretModel, FoundSecret>): FillPlan {
  const { scope, options } = request
  const values = spreadValues(scope, request.values)
  const shared = chooseShared(scope, values, found, {
    generate: (spec) => (isGenerated(spec, options) ? options.generate?.(spec) : undefined),
    take: options.take ?? new Set(),
  })
  const whole = { ...request, values, choices: shared.choices }
  const plans = remotesOf(scope).map(({ tier, remote }) => planRemote(whole, tier, remote, found.get(remote)))
  const problems = sortProblems([...shared.problems, ...plans.flatMap((plan) => plan.problems)])
  const work = plans.flatMap((plan) => plan.work)
  return { rows: plans.flatMap((plan) => plan.rows), work: problems.some(isError) ? [] : work, problems }
}

// --- internal ---

interface WholeRequest extends FillRequest {
  readonly choices: SharedChoices['choices']
}

interface PlannedSlot extends Slot {
  readonly action: FillAction
  readonly source?: FillSource
  readonly value?: string | undefined
  /** A value is replaced because another entry has the right one. Default: false */
  readonly isTaken?: boolean
  /** Entries that share the value were given different ones. */
  readonly differs: boolean
}

function planRemote(
  request: WholeRequest,
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
      : slots
          .filter(({ action, isTaken }) => action === 'replace' && !isTaken)
          .map((slot) => wouldReplace(remote, slot))),
    ...slots.filter((slot) => wouldLose(slot, found, payload, options)).map((slot) => irreplaceable(remote, slot)),
    ...(payload ? currentProblems(remote, payload, { writes, isAllowed: options.replace }) : []),
    ...(next === undefined ? [] : payloadProblems(remote, slots, next)),
  ]
  const done = { tier, remote, ...(found ? { found } : {}), ...(next === undefined ? {} : { payload: next.text }) }
  const isWork = writes || rest.disable.length > 0 || rest.delete.length > 0
  return { rows, work: isWork ? [{ ...done, ...rest }] : [], problems }
}

function planSlot(
  { scope, values, options, choices }: WholeRequest,
  { specs }: Slot,
  found: FoundSecret | undefined,
  payload: CurrentPayload | undefined,
): PlannedSlot {
  const [value, ...others] = [...new Set(specs.flatMap((spec) => values.get(spec) ?? []))]
  const was = specs[0] && payload?.valueOf(specs[0])
  const differs = others.length > 0
  if (value !== undefined) {
    const source = 'given'
    // Of a value that is whole and no text, what is compared is not what is there.
    const isThere = was === value && (payload?.isReadable || specs[0]?.property !== undefined)
    if (isThere && !differs) return { specs, action: 'unchanged', source, value, differs }
    const isReplaced = was !== undefined || payload?.isReadable === false
    return { specs, action: isReplaced ? 'replace' : 'create', source, value, differs }
  }
  const isThere = payload ? was !== undefined : found?.versions ? found.current !== undefined : hasVersions(found)
  const choice = specs.map((one) => choices.get(one)).find((one) => one !== undefined)
  if (choice) return planShared(specs, choice, was, isThere)
  if (isThere) return { specs, action: 'kept', value: was, differs }
  const spec = specs.find((one) => isGenerated(one, options) && scope.some((entry) => entry.spec === one))
  if (!spec || !options.generate) return { specs, action: 'missing', differs }
  return { specs, action: 'create', source: 'generated', value: options.generate(spec), differs }
}

function planShared(
  specs: Slot['specs'],
  { value, source, replaces }: SharedChoice,
  was: string | undefined,
  isThere: boolean,
): PlannedSlot {
  if (value === undefined || was === value || (isThere && !replaces))
    return { specs, action: isThere ? 'kept' : 'missing', value: was, differs: false }
  return { specs, action: isThere ? 'replace' : 'create', source, value, isTaken: isThere, differs: false }
}

/** What is copied to an entry that shares it is not lost with a version that was disabled. */
function wouldLose(
  { specs, action, source }: PlannedSlot,
  found: FoundSecret | undefined,
  payload: CurrentPayload | undefined,
  { mayLose }: FillOptions,
): boolean {
  if (!specs.some((spec) => spec.irreplaceable !== undefined && !mayLose?.has(spec))) return false
  if (action === 'replace') return true
  return action === 'create' && source !== 'shared' && !payload && (found?.versions?.length ?? 0) > 0
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
