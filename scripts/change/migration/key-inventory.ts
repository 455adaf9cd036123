import { didYouMean, nearest, nearestInGroups } from '../../lib/nearest.ts'
import { compare, type Problem } from '../../lib/problems.ts'
import { decodeUtf8 } from '../../lib/utf8.ts'
import { type FillEntry, fillEntries, withSharing } from '../../model/fill-entries.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { keyOf } from '../../model/specs.ts'
import type { SecretSpec } from '../../model/types.ts'
import { assignValues } from '../../payload/fill-values.ts'
import type { InputValue } from '../../payload/input-value.ts'
import { type Choices, placeOfSecret } from './migration-context.ts'
import type { MigrationState } from './migration-state.ts'

/** One key of the old Secret. */
export interface KeyRow {
  readonly key: string
  /** `left`: nobody needs it. `open`: several tiers have a variable of this name. `unknown`: no entry has one. */
  readonly state: 'assigned' | 'left' | 'open' | 'unknown'
  /** Where it goes, or could go. */
  readonly entries: readonly FillEntry[]
}

/** Which key of the old Secret goes where. Holds values: never printed. */
export interface Inventory {
  readonly rows: readonly KeyRow[]
  /** The bytes for each entry that gets a value, even when they don't fit its format. */
  readonly bytes: ReadonlyMap<SecretSpec, Buffer>
  /** The key each entry gets its value from. */
  readonly keys: ReadonlyMap<SecretSpec, string>
  readonly values: ReadonlyMap<SecretSpec, string>
  readonly problems: readonly Problem[]
  /** What was assigned in this and in earlier runs, to be recorded. */
  readonly choices: Pick<MigrationState, 'assign' | 'leave'>
}

export interface InventoryInput {
  readonly model: EnvironmentModel
  readonly legacy: { readonly namespace: string; readonly name: string }
  /** Of the old Secret, base64. */
  readonly data: Readonly<Record<string, string>>
  /** Keys of target Secrets made by hand, which may be left behind too. */
  readonly otherKeys: readonly string[]
  readonly given: Pick<Choices, 'assign' | 'leave'>
  readonly noted: Pick<MigrationState, 'assign' | 'leave'>
}

/** Pure. */
export function takeInventory(input: InventoryInput): Inventory {
  const { model, legacy, data } = input
  const all = fillEntries(model)
  const choices = mergedChoices(input)
  const keys = Object.keys(data).sort(compare)
  const rows = keys
    .map((key) => rowOf(key, all, choices))
    .map((row) => ({ ...row, entries: withShared(row, all, data) }))
  const where = placeOfSecret(legacy)
  const assigned = rows.filter(({ state }) => state === 'assigned')
  const pairs = assigned.flatMap(({ key, entries }) => entries.map((entry) => ({ key, entry })))
  const inputs = pairs.map(({ key, entry }) => inputOf(key, entry, data[key] ?? '', where))
  const { values, problems } = assignValues(all, all, inputs, { chosen: false })
  return {
    rows,
    bytes: new Map(pairs.map(({ key, entry }) => [entry.spec, Buffer.from(data[key] ?? '', 'base64')])),
    keys: new Map(pairs.map(({ key, entry }) => [entry.spec, key])),
    values,
    problems: [...choiceProblems(input, keys), ...rows.flatMap((row) => rowProblems(row, where, all)), ...problems],
    choices,
  }
}

/** `backend.DATABASE_URL` */
export function qualified({ tier, spec }: FillEntry): string {
  return `${tier.name}.${spec.variable}`
}

// --- internal ---

/** This run's options win over those of earlier runs. */
function mergedChoices({ given, noted }: Pick<InventoryInput, 'given' | 'noted'>): Inventory['choices'] {
  const assign = { ...noted.assign, ...Object.fromEntries(given.assign) }
  const leave = [...new Set([...noted.leave.filter((key) => !given.assign.has(key)), ...given.leave])].sort(compare)
  const kept = Object.entries(assign).filter(([key]) => !leave.includes(key))
  return { assign: Object.fromEntries(kept.sort(([a], [b]) => compare(a, b))), leave }
}

function rowOf(key: string, all: readonly FillEntry[], { assign, leave }: Inventory['choices']): KeyRow {
  if (leave.includes(key)) return { key, state: 'left', entries: [] }
  const chosen = Object.hasOwn(assign, key) ? assign[key] : undefined
  if (chosen) {
    const entries = all.filter((entry) => chosen.some((goal) => isGoal(goal, key, entry)))
    return { key, state: 'assigned', entries }
  }
  const named = all.filter(({ spec }) => spec.variable === key)
  const entries = named.length > 0 ? named : all.filter(({ spec }) => keyOf(spec) === key)
  const [first] = entries
  const isOne = entries.length === 1 || entries.every(({ shared }) => shared !== undefined && shared === first?.shared)
  return { key, state: first === undefined ? 'unknown' : isOne ? 'assigned' : 'open', entries }
}

/** What shares a value gets it from the same key, unless the old Secret has a key for it. */
function withShared({ state, entries }: KeyRow, all: readonly FillEntry[], data: InventoryInput['data']) {
  if (state !== 'assigned') return entries
  return withSharing(all, entries).filter(
    (entry) => entries.includes(entry) || !Object.hasOwn(data, entry.spec.variable),
  )
}

/** A tier alone means its variable with the name of the key. */
function isGoal(goal: string, key: string, entry: FillEntry): boolean {
  return qualified(entry) === (goal.includes('.') ? goal : `${goal}.${key}`)
}

function inputOf(key: string, entry: FillEntry, base64: string, where: string): InputValue {
  const value = decodeUtf8(Buffer.from(base64, 'base64'))
  const input = { name: qualified(entry), where: `${where} key ${key}` }
  return value === undefined ? { ...input, value: '', wrong: 'is not UTF-8' } : { ...input, value }
}

function rowProblems({ key, state, entries }: KeyRow, where: string, all: readonly FillEntry[]): Problem[] {
  if (state === 'unknown') {
    const known = all.map(({ spec }) => spec.variable)
    return [
      {
        code: 'LEGACY_KEY_UNKNOWN',
        where,
        message: `has a key ${key}, which no catalogue entry names.${didYouMean(key, known)} Expected every key to be catalogued, assigned or left behind.`,
        fix: `Add it to scripts/catalogue.ts, assign it to a variable with \`--assign ${key}=<tier>.<variable>\`, or leave it behind with \`--leave ${key}\`.`,
      },
    ]
  }
  if (state !== 'open') return []
  const tiers = entries.map(({ tier }) => tier.name)
  return [
    {
      code: 'LEGACY_KEY_OPEN',
      where,
      message: `has a key ${key}, which is a variable of several tiers: ${tiers.join(' and ')}. Expected an assignment to those that use this value.`,
      fix: `Give \`--assign ${key}=${tiers.join(',')}\`, or one of them.`,
    },
  ]
}

function choiceProblems({ model, legacy, otherKeys, given }: InventoryInput, keys: readonly string[]): Problem[] {
  const all = fillEntries(model)
  const known = [...new Set([...keys, ...otherKeys])].sort(compare)
  const absent = (option: string, key: string, among: readonly string[]): Problem => ({
    code: 'LEGACY_KEY_ABSENT',
    where: `--${option} ${key}`,
    message: `${placeOfSecret(legacy)} has no such key.${didYouMean(key, among)} Expected one of its keys.`,
    fix: 'Correct the name.',
  })
  const goals = [...given.assign].flatMap(([key, goals]) => goals.map((goal) => ({ key, goal })))
  return [
    ...[...given.assign.keys()].filter((key) => !keys.includes(key)).map((key) => absent('assign', key, keys)),
    ...given.leave.filter((key) => !known.includes(key)).map((key) => absent('leave', key, known)),
    ...given.leave.filter((key) => given.assign.has(key)).map(bothSaid),
    ...goals
      .filter(({ key, goal }) => !all.some((entry) => isGoal(goal, key, entry)))
      .map(({ key, goal }) => toNothing(key, goal.includes('.') ? goal : `${goal}.${key}`, all.map(qualified))),
  ]
}

/** The name only when it resembles a known one: somebody may mistake the option for one that sets a value. */
function toNothing(key: string, name: string, known: readonly string[]): Problem {
  const what = nearest(name, known) === undefined ? 'names a variable that' : `names ${name}, which`
  return {
    code: 'ASSIGNED_TO_NOTHING',
    where: `--assign ${key}`,
    message: `${what} is not a variable of this environment.${didYouMean(name, known, nearestInGroups)} Expected a tier that has ${key}, or <tier>.<variable>.`,
    fix: 'Correct the name, or add the entry to scripts/catalogue.ts.',
  }
}

function bothSaid(key: string): Problem {
  return {
    code: 'LEGACY_KEY_LEFT_AND_ASSIGNED',
    where: `--leave ${key}`,
    message: `${key} is assigned as well. Expected one of the two.`,
    fix: 'Remove one of them.',
  }
}
