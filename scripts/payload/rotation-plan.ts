import { isError, type Problem, sortProblems } from '../lib/problems.ts'
import { shortList } from '../lib/short-list.ts'
import { fillCommand, housekeepingCommand } from '../model/fill-command.ts'
import { formatDefinition } from '../model/formats.ts'
import { placeOf } from '../model/remote-secret.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import { type RotationUnit, remotesIn } from '../model/rotation-unit.ts'
import type { SecretSpec } from '../model/types.ts'
import { type FillRequest, type FillRow, type FillWork, planFill } from './fill-plan.ts'
import { currentProblems } from './fill-problems.ts'
import type { FoundSecret } from './found-secret.ts'
import { readPayload } from './payload.ts'

/** The input of a rotation plan. */
export interface RotationRequest {
  readonly environment: string
  readonly unit: RotationUnit
  /** Values by entry. Secret: never printed. */
  readonly values: ReadonlyMap<SecretSpec, string>
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
 * A value for each entry that changes: the given ones, and made-up ones for those whose format allows it.
 *
 * @param generate undefined: nothing is generated
 */
export function rotationValues(
  entries: RotationUnit['entries'],
  given: ReadonlyMap<SecretSpec, string>,
  generate: ((spec: SecretSpec) => string) | undefined,
): ReadonlyMap<SecretSpec, string> {
  const values = new Map(given)
  if (!generate) return values
  for (const { spec } of entries) {
    if (!values.has(spec) && formatDefinition(spec.format)?.generatable) values.set(spec, generate(spec))
  }
  return values
}

/** What has to be read of each remote secret of a unit before planning. */
export function fillRequest({ unit, values }: Pick<RotationRequest, 'unit' | 'values'>): FillRequest {
  return {
    scope: unit.entries,
    values,
    options: { replace: true, disablePrevious: false, prune: false, chosen: false },
  }
}

/** The versions a rotation adds, and everything that prevents it. Pure. */
export function planRotation(
  request: RotationRequest,
  found: ReadonlyMap<RemoteSecretModel, FoundSecret>,
): RotationPlan {
  const { unit, values, begun } = request
  const plans = remotesIn(unit).map((remote) => {
    const { work, rows, problems } = planFill(requestFor(request, remote), found)
    const own = begun ? begunProblems(request, remote, rows) : unchangedProblems(remote, rows)
    const isWritten = work.length > 0 || problems.some(isError)
    const existing = isWritten ? existingProblems(request, remote, found.get(remote)) : []
    // An unreadable version lacks everything, so nothing more is reported.
    const others = problems.filter(({ code }) => existing.length === 0 || code !== 'FILL_INCOMPLETE')
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
    ...(values.size === 0 && !begun ? [nothingGiven(unit)] : []),
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
    fix: `Write a version as the catalogue has it first: \`${fillCommand({ ...proposal(request, remote), replace: true })}\``,
  }))
}

/** A value that stays must not be given: giving it again may mean that the old value was mistaken for the new one. */
function unchangedProblems(remote: RemoteSecretModel, rows: readonly FillRow[]): Problem[] {
  return rows
    .filter(({ action }) => action === 'unchanged')
    .map(({ entry }) => ({
      code: 'ROTATION_VALUE_UNCHANGED',
      where: `${placeOf(remote)} (${entry.spec.variable})`,
      message: 'was given its current value. Expected another one.',
      fix: "Give the new value. Leave out values that don't change: they are taken from the current version.",
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

function nothingGiven({ name, entries }: RotationUnit): Problem {
  const made = entries.filter(({ spec }) => formatDefinition(spec.format)?.generatable)
  const may =
    made.length > 0
      ? `--generate generates ${shortList(made.map(({ spec }) => spec.variable))}; the rest is given`
      : 'None of them can be generated: get them from whoever issues them, and give them'
  return {
    code: 'ROTATION_VALUES_MISSING',
    where: name,
    message: `there is no new value for ${shortList(entries.map(({ spec }) => spec.variable))}. Expected at least one.`,
    fix: `${may} with --from <file> or on standard input.`,
  }
}

/** `fill` names its own options, which this command doesn't have. */
function fixOf(request: RotationRequest, remote: RemoteSecretModel, { code, fix }: Problem): string {
  if (code === 'FILL_VERSIONS_FULL' || code === 'FILL_VERSIONS_NEARLY_FULL') {
    const command = housekeepingCommand(proposal(request, remote))
    return `Delete what was disabled: \`${command} --prune\`, after \`${command} --disable-previous\` where all are enabled. A deleted one may still count for 7 days.`
  }
  return code === 'FILL_INCOMPLETE' ? 'Give these values too.' : fix
}

function proposal({ environment, unit }: RotationRequest, { specs }: RemoteSecretModel) {
  return { environment, tier: unit.tier.name, only: specs.map(({ variable }) => variable), specs }
}
