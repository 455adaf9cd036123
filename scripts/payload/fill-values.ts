import { jsonMistake } from '../lib/json-mistake.ts'
import { didYouMean, nearest } from '../lib/nearest.ts'
import type { Problem } from '../lib/problems.ts'
import { isRecord } from '../lib/record.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import { checkValue, formatDefinition } from '../model/formats.ts'
import type { SecretSpec } from '../model/types.ts'
import { parseDotenv } from './dotenv.ts'

/** A value as it was given. Secret: never printed. */
export interface InputValue {
  /** A variable, or `<tier>.<variable>`. */
  readonly name: string
  readonly value: string
  /** For problems: `.env line 3`. */
  readonly where: string
  /** Why the value can't be used; `value` is then empty. */
  readonly wrong?: string
}

/** Which variables a run is about. Default: all of the environment. */
export interface FillScope {
  readonly tier?: string | undefined
  /** Variables, or `<tier>.<variable>`. */
  readonly only?: readonly string[] | undefined
}

/** The entries of a run, and problems with the names that choose them. */
export function entriesInScope(all: readonly FillEntry[], { tier, only }: FillScope) {
  const inTier = all.filter((entry) => tier === undefined || entry.tier.name === tier)
  if (only === undefined) return { entries: inTier, problems: [] }
  const problems = only
    .filter((name) => !inTier.some((entry) => isCalled(entry, name)))
    .map((name) => ({
      ...unknownName(`--only ${name}`, name, inTier),
      fix: 'Correct the name, or add the entry to scripts/catalogue.ts.',
    }))
  return { entries: inTier.filter((entry) => only.some((name) => isCalled(entry, name))), problems }
}

/** Values from a `.env` text, or of a JSON object of texts, which begins with `{`. */
export function parseInput(text: string, where: string): { values: InputValue[]; problems: readonly Problem[] } {
  if (/^\ufeff?\s*[{[]/.test(text)) return parseJson(text.replace(/^\ufeff/, ''), where)
  const { values, problems } = parseDotenv(text, where)
  const list = [...values].map(([name, { value, line }]) => ({ name, value, where: `${where} line ${line}` }))
  return { values: list, problems }
}

/**
 * The entry of each input value, once it fits its format. An input for an entry out of scope is left out.
 *
 * @param options.chosen the entries were named one by one, so that unknown names of the input are left out too
 */
export function assignValues(
  all: readonly FillEntry[],
  scope: readonly FillEntry[],
  inputs: readonly InputValue[],
  { chosen }: { readonly chosen: boolean },
): { readonly values: ReadonlyMap<SecretSpec, string>; readonly problems: readonly Problem[] } {
  const given = new Map<SecretSpec, InputValue>()
  const problems: Problem[] = []
  for (const input of inputs) {
    const [entry, ...others] = scope.filter((one) => isCalled(one, input.name))
    const before = entry && given.get(entry.spec)
    if (!entry) {
      if (!chosen && !all.some((one) => isCalled(one, input.name)))
        problems.push(unknownName(input.where, input.name, all))
    } else if (others.length > 0) problems.push(ambiguous(input, [entry, ...others]))
    else if (before) problems.push(givenTwice(input, before))
    else {
      given.set(entry.spec, input)
      problems.push(...checkInput(entry, input))
    }
  }
  return { values: new Map([...given].map(([spec, { value }]) => [spec, value])), problems }
}

// --- internal ---

const qualified = ({ tier, spec }: FillEntry) => `${tier.name}.${spec.variable}`

function isCalled(entry: FillEntry, name: string): boolean {
  return name === entry.spec.variable || name === qualified(entry)
}

/** The parser's own message quotes the text around the mistake. */
function parseJson(text: string, where: string): { values: InputValue[]; problems: Problem[] } {
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
  return { values, problems: [] }
}

function checkInput(entry: FillEntry, { value, where, ...input }: InputValue): Problem[] {
  const { format } = entry.spec
  const characters = value.includes('\0')
    ? 'has a NUL character'
    : /\p{Surrogate}/u.test(value)
      ? 'has half a character'
      : undefined
  const wrong = input.wrong ?? characters ?? checkValue(format, value)
  if (wrong === undefined) return []
  const message = `${wrong}. Expected ${formatDefinition(format)?.expected ?? 'another value'}.`
  const fix = 'Correct the value, or the format in the catalogue.'
  return [{ code: 'FILL_VALUE_INVALID', where: `${where} (${qualified(entry)})`, message, fix }]
}

/** The name if it looks like a name or resembles a known one: a part of a secret may be where a name is expected. */
function shown(name: string, known: readonly string[] = []): string | undefined {
  const looksLikeOne = /^([a-z0-9-]{1,63}\.)?[A-Z][A-Z0-9_]{0,63}$/.test(name)
  return looksLikeOne || nearest(name, known) !== undefined ? `"${name}"` : undefined
}

function unknownName(where: string, name: string, entries: readonly FillEntry[]): Problem {
  const known = entries.map(name.includes('.') ? qualified : ({ spec }) => spec.variable)
  return {
    code: 'FILL_NAME_UNKNOWN',
    where,
    message: `${shown(name, known) ?? 'a name'} is not a variable of this environment.${didYouMean(name, known)} Expected a variable of the catalogue.`,
    fix: 'Correct the name, remove it, or use --only to choose what to fill.',
  }
}

function ambiguous({ name, where }: InputValue, entries: readonly FillEntry[]): Problem {
  const names = entries.map(qualified)
  return {
    code: 'FILL_NAME_AMBIGUOUS',
    where,
    message: `"${name}" is a variable of tiers ${entries.map(({ tier }) => tier.name).join(' and ')}. Expected one of them.`,
    fix: `Write ${names.join(' or ')}, or choose with --tier.`,
  }
}

function givenTwice({ name, where }: InputValue, before: InputValue): Problem {
  return {
    code: 'FILL_NAME_TWICE',
    where,
    message: `"${name}" already has a value, from ${before.where}. Expected one value per variable.`,
    fix: 'Remove one of them.',
  }
}
