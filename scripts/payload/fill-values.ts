import { jsonMistake } from '../lib/json-mistake.ts'
import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'
import { type FillEntry, withSharing } from '../model/fill-entries.ts'
import type { SecretSpec } from '../model/types.ts'
import { type LineProblem, parseDotenv } from './dotenv.ts'
import { spreadValues } from './fill-shared.ts'
import {
  ambiguous,
  givenDifferently,
  givenTwice,
  isCalled,
  lookalikes,
  notOfThisRun,
  repeated,
  unknownName,
} from './input-names.ts'
import type { InputValue } from './input-value.ts'
import { repeatedKeys } from './json-keys.ts'
import { judgeInput, valueOfFile } from './judge-input.ts'

/** A problem with an input: with all of it, or with one line or name, as `about` says. */
export type InputProblem = Problem & Partial<Pick<LineProblem, 'about'>>

export interface AssignOptions {
  /** The entries were named one by one, so that unknown names of the input are left out. */
  readonly chosen: boolean
  /** Unknown names are left out and counted. Default: false */
  readonly ignoreUnknown?: boolean
}

/** Which input goes where. Holds values: never printed. */
export interface Assignment {
  readonly values: ReadonlyMap<SecretSpec, string>
  readonly problems: readonly Problem[]
  /** How many names were left out because no entry has them. */
  readonly ignored: number
}

/** Which variables a run is about. Default: all of the environment. */
export interface FillScope {
  readonly tier?: string | undefined
  /** Variables, or `<tier>.<variable>`. */
  readonly only?: readonly string[] | undefined
}

/** The entries of a run, with those of other tiers that share a value, and problems with the names that choose them. */
export function entriesInScope(all: readonly FillEntry[], { tier, only }: FillScope) {
  const inTier = all.filter((entry) => tier === undefined || entry.tier.name === tier)
  if (only === undefined) return { entries: withSharing(all, inTier), problems: [] }
  const problems = only
    .filter((name) => !inTier.some((entry) => isCalled(entry, name)))
    .map((name) => ({
      ...unknownName(`--only ${name}`, name, inTier),
      fix: 'Correct the name, or add the entry to scripts/catalogue.ts.',
    }))
  const named = inTier.filter((entry) => only.some((name) => isCalled(entry, name)))
  return { entries: withSharing(all, named), problems }
}

/** Values from a `.env` text, or of a JSON object of texts, which begins with `{`. */
export function parseInput(text: string, where: string): { values: InputValue[]; problems: readonly InputProblem[] } {
  if (/^\ufeff?\s*[{[]/.test(text)) return parseJson(text.replace(/^\ufeff/, ''), where)
  const { values, problems } = parseDotenv(text, where)
  const list = [...values].map(([name, { value, line, isComment }]): InputValue => {
    return { name, value, where: `${where} line ${line}`, ...(isComment ? takenForComment : {}) }
  })
  return { values: list, problems }
}

/**
 * The problems of an input that concern this run. One with a single line or name is a warning where its name is out of
 * scope, or where the entries were named one by one and it names none of them: it keeps no other value out.
 */
export function problemsInScope(
  problems: readonly InputProblem[],
  all: readonly FillEntry[],
  scope: readonly FillEntry[],
  { chosen, ignoreUnknown = false }: AssignOptions,
): Problem[] {
  return problems.map(({ about, ...problem }) => {
    const { name } = about ?? {}
    if (about === undefined || (name !== undefined && scope.some((entry) => isCalled(entry, name)))) return problem
    const isElsewhere = name !== undefined && (ignoreUnknown || all.some((entry) => isCalled(entry, name)))
    return chosen || isElsewhere ? { ...problem, severity: 'warning' } : problem
  })
}

/**
 * The entry of each input value, once it fits its format. An input for an entry out of scope is left out, unless it was
 * given for this name alone. What fits and is probably not meant is a warning.
 */
export function assignValues(
  all: readonly FillEntry[],
  scope: readonly FillEntry[],
  inputs: readonly InputValue[],
  { chosen, ignoreUnknown = false }: AssignOptions,
): Assignment {
  const given = new Map<SecretSpec, InputValue>()
  const problems: Problem[] = []
  const ignored: InputValue[] = []
  for (const input of inputs) {
    const called = scope.filter((one) => isCalled(one, input.name))
    const [entry] = called
    const before = called.map(({ spec }) => given.get(spec)).find((one) => one && isRepeated(one, input, entry))
    if (!entry) {
      const isKnown = all.some((one) => isCalled(one, input.name))
      if (isKnown && input.isFile) problems.push(notOfThisRun(input))
      else if (isKnown || (chosen && !input.isFile)) continue
      else if (ignoreUnknown && !input.isFile) ignored.push(input)
      else problems.push(unknownName(input.where, input.name, all, input.isKey))
    } else if (called.some(({ shared }) => called.length > 1 && (shared === undefined || shared !== entry.shared)))
      problems.push(ambiguous(input, called))
    else if (before) problems.push(givenTwice(input, before))
    else {
      const whole = input.isFile ? valueOfFile(entry, input) : input
      const others = sameValue(scope, entry).flatMap(({ spec }) => given.get(spec) ?? [])
      for (const { spec } of called) given.set(spec, whole)
      problems.push(...judgeInput(entry, whole))
      const other = others.find(({ value }) => value !== whole.value)
      if (other) problems.push(givenDifferently(whole, other))
    }
  }
  const lacking = scope.filter((entry) => !sameValue(scope, entry).some(({ spec }) => given.has(spec)))
  return {
    values: spreadValues(scope, new Map([...given].map(([spec, { value }]) => [spec, value]))),
    problems: [...problems, ...lookalikes(ignored, lacking)],
    ignored: ignored.length,
  }
}

// --- internal ---

/** Entries that share a value may be given it under several names. */
function isRepeated(before: InputValue, input: InputValue, entry: FillEntry | undefined): boolean {
  return entry?.shared === undefined || before.name === input.name
}

/** An entry, and those that share its value. */
function sameValue(scope: readonly FillEntry[], entry: FillEntry): readonly FillEntry[] {
  return entry.shared === undefined ? [entry] : scope.filter(({ shared }) => shared === entry.shared)
}

const takenForComment = {
  wrong: 'is empty, because an unquoted # begins a comment',
  fix: 'If the # belongs to the value, quote it: put the value into single quotes.',
} as const

/** The parser's own message quotes the text around the mistake. */
function parseJson(text: string, where: string): { values: InputValue[]; problems: InputProblem[] } {
  const invalid = (message: string): Problem => ({
    code: 'FILL_INPUT_INVALID',
    where,
    message: `${message}. Expected a JSON object whose values are texts.`,
    fix: 'Correct the input, or give it as .env lines.',
  })
  let parsed: unknown
  try {
    parsed = JSON.parse(text)
  } catch {
    const { line, column, isCutOff } = jsonMistake(text)
    const place = isCutOff ? `: it ends too early, in line ${line}` : ` from line ${line}, column ${column} on`
    return { values: [], problems: [invalid(`is not valid JSON${place}`)] }
  }
  if (!isRecord(parsed)) return { values: [], problems: [invalid('is a list')] }
  const values = Object.entries(parsed).map(([name, value]): InputValue => {
    return typeof value === 'string' ? { name, value, where } : { name, value: '', where, wrong: 'is not a text' }
  })
  return { values, problems: repeatedKeys(text).map((key) => repeated(where, key)) }
}
