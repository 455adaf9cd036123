import { isRecord } from '../../../lib/record.ts'
import { type ArgumentProblem, invalidArguments } from './api-error.ts'

export interface TextRules {
  readonly required?: boolean
  readonly pattern?: RegExp
  /** The message when the pattern does not match. */
  readonly expected?: string
  readonly maxLength?: number
  readonly lowercase?: boolean
}

/**
 * Typed reading of the fields of a JSON body or of a query. A wrong field is noted, never thrown one by one;
 * `done()` throws them all as one 400. A message never repeats what was received: it may be a payload.
 */
export interface Arguments {
  /** `null` and a missing field both read as undefined: Go clients send `"tags":null`. */
  text(name: string, rules?: TextRules): string | undefined
  choice<const T extends string>(name: string, values: readonly T[]): T | undefined
  flag(name: string): boolean | undefined
  integer(name: string, min: number, max: number): number | undefined
  texts(name: string, rules?: TextRules): string[] | undefined
  time(name: string): Date | undefined
  object(name: string): Arguments | undefined
  objects(name: string): Arguments[] | undefined
  has(name: string): boolean
  /** Refuses every field that was not asked for until now. Scaleway itself ignores them. */
  refuseOthers(): void
  refuse(name: string, reason: ArgumentProblem['reason'], help: string): void
  /** @throws ApiError 400 invalid_arguments with every problem found. */
  done(): void
}

export const uuid: TextRules = {
  pattern: /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i,
  expected: 'a UUID',
  lowercase: true,
}
export const requiredUuid: TextRules = { ...uuid, required: true }

export function bodyArguments(body: unknown): Arguments {
  const problems: ArgumentProblem[] = []
  if (isRecord(body)) return argumentsOf(body, '', problems)
  problems.push({ argument_name: 'body', help_message: 'expected a JSON object', reason: 'format' })
  return argumentsOf({}, '', problems)
}

/**
 * A query repeats a name for a list and writes everything as text; a flag there is what Go's `strconv.ParseBool` takes,
 * because Scaleway's own Python client sends `False`. An empty text counts as absent, save for `text`.
 */
export function queryArguments(query: URLSearchParams): Arguments {
  const fields: Record<string, unknown> = {}
  for (const name of new Set(query.keys())) {
    const values = query.getAll(name)
    fields[name] = values.length > 1 ? values : values[0]
  }
  return argumentsOf(fields, '', [], true)
}

// --- internal ---

/** What Go's `strconv.ParseBool` takes, and nothing else. */
const trueTexts: ReadonlySet<string> = new Set(['1', 't', 'T', 'TRUE', 'true', 'True'])
const falseTexts: ReadonlySet<string> = new Set(['0', 'f', 'F', 'FALSE', 'false', 'False'])

/** RFC 3339, as Go reads it: with seconds and a zone. `Date` alone would take 30 February, and a time without a zone. */
function parseTime(text: string): Date | undefined {
  const [whole, date] =
    /^(\d{4}-\d\d-\d\d)T([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/.exec(text) ?? []
  if (whole === undefined || date === undefined) return undefined
  const day = new Date(`${date}T00:00:00Z`)
  if (Number.isNaN(day.getTime()) || !day.toISOString().startsWith(date)) return undefined
  const time = new Date(whole)
  return Number.isNaN(time.getTime()) ? undefined : time
}

function argumentsOf(
  fields: Readonly<Record<string, unknown>>,
  prefix: string,
  problems: ArgumentProblem[],
  isQuery = false,
): Arguments {
  const asked = new Set<string>()
  const field = (name: string) => {
    asked.add(name)
    return Object.hasOwn(fields, name) ? (fields[name] ?? undefined) : undefined
  }
  const refuse = (name: string, reason: ArgumentProblem['reason'], help: string): undefined => {
    const problem = { argument_name: prefix + name, help_message: help, reason }
    // A field that is there and wrong is not missing as well.
    const isTold = reason === 'required' && problems.some((one) => one.argument_name === problem.argument_name)
    if (!isTold) problems.push(problem)
  }
  const checked = (name: string, value: unknown, rules: TextRules): string | undefined => {
    if (typeof value !== 'string') return refuse(name, 'format', 'expected a string')
    if (rules.required && value === '') return refuse(name, 'required', 'is required')
    if (rules.maxLength !== undefined && value.length > rules.maxLength)
      return refuse(name, 'constraint', `expected at most ${rules.maxLength} characters`)
    if (rules.pattern && !rules.pattern.test(value))
      return refuse(name, 'format', `expected ${rules.expected ?? 'another form'}`)
    return rules.lowercase ? value.toLowerCase() : value
  }
  const inQuery = (name: string) => (field(name) === '' ? undefined : field(name))

  return {
    text(name, rules = {}) {
      const value = field(name)
      if (value !== undefined) return checked(name, value, rules)
      return rules.required ? refuse(name, 'required', 'is required') : undefined
    },
    choice(name, values) {
      const value = isQuery ? inQuery(name) : field(name)
      if (value === undefined) return undefined
      return values.find((one) => one === value) ?? refuse(name, 'constraint', `expected one of ${values.join(', ')}`)
    },
    flag(name) {
      const value = isQuery ? inQuery(name) : field(name)
      if (value === undefined || typeof value === 'boolean') return value
      if (isQuery && typeof value === 'string') {
        if (trueTexts.has(value)) return true
        if (falseTexts.has(value)) return false
      }
      return refuse(name, 'format', 'expected a boolean')
    },
    integer(name, min, max) {
      const value = isQuery ? inQuery(name) : field(name)
      if (value === undefined) return undefined
      const number = isQuery && typeof value === 'string' && /^-?\d{1,15}$/.test(value) ? Number(value) : value
      if (typeof number !== 'number' || !Number.isInteger(number)) return refuse(name, 'format', 'expected an integer')
      return number < min || number > max ? refuse(name, 'constraint', `expected ${min} to ${max}`) : number
    },
    texts(name, rules = {}) {
      const value = field(name)
      if (value === undefined) return undefined
      if (!isQuery && !Array.isArray(value)) return refuse(name, 'format', 'expected a list of strings')
      const list: unknown[] = Array.isArray(value) ? value : [value]
      return list.flatMap((one) => checked(name, one, rules) ?? [])
    },
    time(name) {
      const value = field(name)
      if (value === undefined) return undefined
      return (
        (typeof value === 'string' ? parseTime(value) : undefined) ??
        refuse(name, 'format', 'expected an RFC 3339 date')
      )
    },
    object(name) {
      const value = field(name)
      if (value === undefined) return undefined
      return isRecord(value)
        ? argumentsOf(value, `${prefix}${name}.`, problems)
        : refuse(name, 'format', 'expected an object')
    },
    objects(name) {
      const value = field(name)
      if (value === undefined) return undefined
      if (!Array.isArray(value)) return refuse(name, 'format', 'expected a list of objects')
      return value.map((one, index) => argumentsOf(isRecord(one) ? one : {}, `${prefix}${name}.${index}.`, problems))
    },
    refuseOthers() {
      const known = [...asked].join(', ')
      for (const name of Object.keys(fields))
        if (!asked.has(name)) refuse(name, 'constraint', `is not a known field; expected only ${known}`)
    },
    has: (name) => field(name) !== undefined,
    refuse: (name, reason, help) => void refuse(name, reason, help),
    done() {
      if (problems.length > 0) throw invalidArguments(...problems)
    },
  }
}
