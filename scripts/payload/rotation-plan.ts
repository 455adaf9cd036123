import { commandLine } from '../lib/command-line.ts'
import { isError, type Problem, sortProblems } from '../lib/problems.ts'
import { shortList } from '../lib/short-list.ts'
import { fillCommand, housekeepingCommand } from '../model/fill-command.ts'
import { formatDefinition } from '../model/formats.ts'
import { placeOf } from '../model/remote-secret.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import { type RotationUnit, remotesIn } from '../model/rotation-unit.ts'
import { entryName, originOf } from '../model/shared-values.ts'
import type { SecretSpec } from '../model/types.ts'
import { type FillRequest, type FillRow, type FillWork, planFill } from './fill-plan.ts'
import { currentProblems, irreplaceable } from './fill-problems.ts'
import { spreadValues } from './fill-shared.ts'
import type { FoundSecret } from './found-secret.ts'
import { readPayload } from './payload.ts'

/** The input of a rotation plan. */
export interface RotationRequest {
  readonly environment: string
  readonly unit: RotationUnit
  /** Values by entry. Secret: never printed. */
  readonly values: ReadonlyMap<SecretSpec, string>
  /** Entries that are irreplaceable, and may be replaced all the same. Default: none */
  readonly mayLose?: ReadonlySet<SecretSpec>
  /** Of a rotation that was begun: the remote secrets it is to change. Default: none was */
  readonly begun?: BegunRotation
}

export interface BegunRotation {
  /** Their version is still to be added. */
  readonly pending: readonly RemoteSecretModel[]
  /** Their version is there. */
  readonly added: readonly RemoteSecretModel[]
}

export interface RotationPlan {
  /** A version to add for each of these. Holds payloads: never printed. */
  readonly work: readonly FillWork[]
  /** The entries whose values change. */
  readonly specs: readonly SecretSpec[]
  /** If one of them is an error, nothing may be done. */
  readonly problems: readonly Problem[]
}

/**
 * A value for each entry that changes: the given ones, and made-up ones for those whose format allows it. Entries that share a
 * value get the same.
 *
 * @param generate undefined: nothing is generated
 */
export function rotationValues(
  entries: RotationUnit['entries'],
  given: ReadonlyMap<SecretSpec, string>,
  generate: ((spec: SecretSpec) => string) | undefined,
): ReadonlyMap<SecretSpec, string> {
  const values = new Map(spreadValues(entries, given))
  if (!generate) return values
  for (const { spec } of entries) {
    if (values.has(spec) || !formatDefinition(spec.format)?.generatable) continue
    const same = entries.find((one) => values.has(one.spec) && originOf(one.spec) === originOf(spec))
    values.set(spec, (same && values.get(same.spec)) ?? generate(spec))
  }
  return values
}

/** What has to be read of each remote secret of a unit before planning. */
export function fillRequest({
  unit,
  values,
  mayLose,
}: Pick<RotationRequest, 'unit' | 'values' | 'mayLose'>): FillRequest {
  const options = { replace: true, disablePrevious: false, prune: false, chosen: false }
  return { scope: unit.entries, values, options: { ...options, ...(mayLose ? { mayLose } : {}) } }
}

/** The versions a rotation adds, and everything that prevents it. Pure. */
export function planRotation(
  request: RotationRequest,
  found: ReadonlyMap<RemoteSecretModel, FoundSecret>,
): RotationPlan {
  const { unit, values, begun } = request
  const plans = remotesIn(unit).map((remote) => {
    const { work, rows, problems } = planFill(requestFor(request, remote), found)
    const own = begun ? begunProblems(request, remote, rows) : unchangedProblems(request, remote, rows)
    const isWritten = work.length > 0 || problems.some(isError)
    const existing = isWritten ? existingProblems(request, remote, found.get(remote)) : []
    // What is unreadable lacks everything, and is reported once.
    const told = ['FILL_INCOMPLETE', 'FILL_CURRENT_UNREADABLE']
    const others = problems.filter(({ code }) => existing.length === 0 || !told.includes(code))
    return {
      work,
      rows,
      problems: [
        ...existing,
        ...others.map((problem) => ({ ...problem, fix: fixOf(request, remote, problem) })),
        ...own,
      ],
    }
  })
  const isPending = ({ remote }: FillWork) => begun?.pending.includes(remote) ?? true
  const specs = plans.flatMap(({ rows }) => rows.filter(isChange).map(({ entry }) => entry.spec))
  const problems = sortProblems([
    ...plans.flatMap((plan) => plan.problems),
    ...(values.size === 0 && !begun ? nothingGiven(request) : []),
  ])
  const work = plans.flatMap((plan) => plan.work.filter(isPending))
  return { work: problems.some(isError) ? [] : work, specs, problems }
}

// --- internal ---

function requestFor(request: RotationRequest, remote: RemoteSecretModel): FillRequest {
  const whole = fillRequest(request)
  return { ...whole, scope: whole.scope.filter((entry) => entry.remote === remote) }
}

const isChange = ({ action }: FillRow) => action === 'replace' || action === 'create'

/** Why a version can't be added. */
function existingProblems(
  request: RotationRequest,
  remote: RemoteSecretModel,
  found: FoundSecret | undefined,
): Problem[] {
  if (!found?.current && !found?.isEphemeral && !found?.isLocked)
    return [
      {
        code: 'ROTATION_NOTHING_THERE',
        where: placeOf(remote),
        message: `${found ? 'has no enabled version' : 'does not exist'}. Expected a value that can be replaced.`,
        fix: `Give it its first value: \`${fillCommand(proposal(request, remote))}\``,
      },
    ]
  const payload = found.current?.payload && readPayload(remote, found.current.payload)
  if (!payload) return []
  return currentProblems(remote, payload, { writes: true }).map((problem) => ({
    ...problem,
    fix: `${payload.isReadable ? 'W' : 'Correct its JSON by hand and store it as a new version; or w'}rite a version as the catalogue has it first, with nothing else in it: \`${fillCommand({ ...proposal(request, remote), replace: true })}\``,
  }))
}

/** A value that stays must not be given: giving it again may mean that the old value was mistaken for the new one. */
function unchangedProblems(
  { environment }: RotationRequest,
  remote: RemoteSecretModel,
  rows: readonly FillRow[],
): Problem[] {
  const spread = (name: string) =>
    ` Where tiers that share it hold another one, \`${commandLine`fill --environment ${environment} --only ${name} --share ${name}`}\` gives it to them.`
  return rows
    .filter(({ action }) => action === 'unchanged')
    .map(({ entry }) => ({
      code: 'ROTATION_VALUE_UNCHANGED',
      where: `${placeOf(remote)} (${entry.spec.variable})`,
      message: 'was given its current value. Expected another one.',
      fix: `Give the new value. Leave out values that don't change: they are taken from the current version.${entry.shared === undefined ? '' : spread(entryName(entry.spec))}`,
    }))
}

/** The same values have to be given again: a part of an identity may exist already. */
function begunProblems(
  { unit, begun }: RotationRequest,
  remote: RemoteSecretModel,
  rows: readonly FillRow[],
): Problem[] {
  const changes = rows.filter(isChange).map(({ entry }) => entry.spec.variable)
  const where = placeOf(remote)
  const fix = `Give the values it was begun with, or go back to the old ones with --abort.`
  if (!begun?.pending.includes(remote)) {
    if (changes.length === 0) return []
    const isAdded = begun?.added.includes(remote)
    const fact = isAdded
      ? 'got a different value when this rotation began'
      : 'is not part of the rotation that was begun'
    const message = `${fact}. Expected the values it was begun with, and none for ${shortList(changes)} here.`
    return [{ code: 'ROTATION_OTHER_VALUES', where, message, fix }]
  }
  if (changes.length > 0) return []
  const message = `is to get a version in the rotation of ${unit.name} that was begun, and no new value was given for it. Expected one.`
  return [{ code: 'ROTATION_VALUES_MISSING', where, message, fix }]
}

/** Without values, what must not be replaced is told before anybody looks for a new value. */
function nothingGiven({ unit: { name, entries }, mayLose }: RotationRequest): Problem[] {
  const kept = entries.filter(({ spec }) => spec.irreplaceable !== undefined && !mayLose?.has(spec))
  const refused = kept.map(({ remote, spec }) => irreplaceable(remote, { specs: [spec], action: 'replace' }))
  if (kept.length === entries.length) return refused
  const made = entries.filter(({ spec }) => formatDefinition(spec.format)?.generatable)
  const may =
    made.length > 0
      ? `--generate generates ${shortList(made.map(({ spec }) => spec.variable))}; the rest is given`
      : 'None of them can be generated: get them from whoever issues them, and give them'
  return [
    ...refused,
    {
      code: 'ROTATION_VALUES_MISSING',
      where: name,
      message: `there is no new value for ${shortList(entries.map(({ spec }) => spec.variable))}. Expected at least one.`,
      fix: `${may} with --from <file> or on standard input.`,
    },
  ]
}

/** `fill` names its own options, which this command doesn't have. */
function fixOf(request: RotationRequest, remote: RemoteSecretModel, { code, fix }: Problem): string {
  if (code === 'FILL_VERSIONS_FULL' || code === 'FILL_VERSIONS_NEARLY_FULL') {
    const command = housekeepingCommand(proposal(request, remote))
    return `Delete what was disabled: \`${command} --prune\`, after \`${command} --disable-previous\` where all are enabled. A deleted one may still count for 7 days.`
  }
  if (code !== 'FILL_INCOMPLETE') return fix
  const isOfOthers = remote.specs.some((spec) => !request.unit.entries.some((entry) => entry.spec === spec))
  const first = isOfOthers ? `; those of other units first, with \`${fillCommand(proposal(request, remote))}\`` : ''
  return `Give these values too${first}.`
}

function proposal({ environment, unit }: RotationRequest, { specs }: RemoteSecretModel) {
  const tier = specs[0]?.tier ?? unit.tiers[0].name
  return { environment, tier, only: specs.map(({ variable }) => variable), specs }
}
