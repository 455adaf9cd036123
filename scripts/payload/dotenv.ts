import { type Problem, ProblemError } from '../lib/problems.ts'

/** What a `.env` text says: the value of each name and the line it is on, in the order of the text. */
export interface DotenvText {
  readonly values: ReadonlyMap<string, DotenvValue>
  /** Messages name lines, never their content: a misread line may be part of a secret. */
  readonly problems: readonly LineProblem[]
}

export interface DotenvValue {
  readonly value: string
  readonly line: number
  /** The value is empty because what follows `=` begins with `#`. Default: false */
  readonly isComment?: boolean
}

/** A problem with one line or one name of a text, which says nothing about the others. */
export interface LineProblem extends Problem {
  /** What stands where a name is expected, if it can be one. May be a part of a secret: never printed. */
  readonly about: { readonly name?: string }
}

/**
 * Reads the common dialect of `.env`: comments, `export`, values without quotes up to ` #`, in single quotes as they
 * are, in double quotes with `\n \r \t \\ \" \$`; quoted values may have several lines. `$` is never expanded. What
 * dialects read differently (another escape, a backtick, text after a quote, a name twice) is a problem of its line, and
 * reading continues after it: after a quote that never ends, at the next line that gives a name a value.
 *
 * Ours and not the package `dotenv`: that one takes every `#` outside of quotes for a comment, keeps `\\` and `\"` as
 * they are, skips lines it can't read, and for a name given twice uses the last value.
 *
 * @param where the file, for problems
 */
export function parseDotenv(text: string, where: string): DotenvText {
  const reader: Reader = { text: text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'), at: 0, line: 1 }
  const values = new Map<string, DotenvValue>()
  const problems: LineProblem[] = []
  while (reader.at < reader.text.length) {
    const { line } = reader
    const entry = readEntry(reader)
    if (entry === undefined) continue
    const { name, wrong, isComment } = entry
    const first = wrong === undefined && name !== undefined ? values.get(name) : undefined
    const problem = wrong ?? (first && `gives a value to the same name as line ${first.line}`)
    if (problem !== undefined) problems.push(lineProblem(where, line, problem, name))
    else if (name !== undefined)
      values.set(name, { value: entry.value ?? '', line, ...(isComment ? { isComment } : {}) })
  }
  return { values, problems }
}

/**
 * A `.env` text that `parseDotenv` reads as the same values.
 *
 * @throws ProblemError `DOTENV_UNWRITABLE`, one for each name or value that a `.env` can't hold
 */
export function writeDotenv(values: ReadonlyMap<string, string>): string {
  const problems = [...values].flatMap(([name, value]) => unwritable(name, value))
  if (problems.length > 0) throw new ProblemError(problems)
  return [...values].map(([name, value]) => `${name}=${quoted(value)}\n`).join('')
}

// --- internal ---

interface Reader {
  readonly text: string
  at: number
  line: number
}

/** A tier before the name distinguishes two variables of the same name: `backend.SENTRY_DSN`. */
const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/
const assignment = /[ \t]*(?:export[ \t]+)?([^\s=#'"]+)[ \t]*=[ \t]*/y
const nothing = /[ \t]*(?:#[^\n]*)?(?:\n|$)/y
const unquoted = /[^\n]*/y
const wordAtStart = /^[ \t]*(?:export[ \t]+)?([A-Za-z_][A-Za-z0-9_.-]*)/
/** Not `AbC=` or `AbC==`, which may be the end of base64. */
const givesValue = /[ \t]*(?:export[ \t]+)?[A-Za-z_][A-Za-z0-9_.-]*[ \t]*=[ \t]*[^=\s]/y
const singleQuoted = /'([^']*)'/y
const doubleQuoted = /"([^"\\]*(?:\\.[^"\\]*)*)"/sy
const halfCharacter = /\p{Surrogate}/u

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' }

interface Entry {
  readonly name?: string
  readonly value?: string
  readonly isComment?: boolean
  /** What is wrong with the line; there is no value then. */
  readonly wrong?: string
}

/** Reads to the end of the entry's last line. Undefined for an empty line. */
function readEntry(reader: Reader): Entry | undefined {
  if (take(reader, nothing)) return undefined
  const begin = { ...reader }
  const name = take(reader, assignment)?.[1]
  if (name === undefined || !namePattern.test(name)) {
    const [, word] = wordAtStart.exec(begin.text.slice(begin.at, begin.at + 300)) ?? []
    return { ...(word === undefined ? {} : { name: word }), wrong: skipLine(reader, 'is not NAME=value') }
  }
  const read = readValue(reader)
  if (read.wrong !== undefined) {
    const { wrong, isOpen } = read
    if (isOpen) continueAfter(reader, begin)
    else skipLine(reader, wrong)
    return { name, wrong }
  }
  return read.value?.includes('\0') ? { name, wrong: 'has a NUL character in its value' } : { name, ...read }
}

/** A value, or what is wrong with it. */
interface ReadValue extends Omit<Entry, 'name'> {
  /** It may be that the quote was forgotten, and that what follows belongs to other names. */
  readonly isOpen?: boolean
}

function readValue(reader: Reader): ReadValue {
  const quote = reader.text[reader.at]
  if (quote === '`') return { wrong: 'begins its value with a backtick, which dialects read differently' }
  if (quote !== '"' && quote !== "'") {
    const [rest = ''] = take(reader, unquoted) ?? []
    take(reader, nothing)
    const value = rest.replace(/(^|[ \t]+)#.*$/, '').replace(/[ \t]+$/, '')
    return { value, isComment: value === '' && rest.startsWith('#') }
  }
  const { line } = reader
  const inner = take(reader, quote === '"' ? doubleQuoted : singleQuoted)?.[1]
  if (inner === undefined) return { wrong: 'begins a quoted value that never ends', isOpen: true }
  const value = quote === "'" ? inner : unescaped(inner)
  if (typeof value !== 'string') return value
  return take(reader, nothing)
    ? { value }
    : { wrong: 'has text after the quote that ends its value', isOpen: reader.line > line }
}

/** Continues after the line that begins a value, at the next one that gives a name a value. */
function continueAfter(reader: Reader, begin: Reader): void {
  Object.assign(reader, begin)
  do skipLine(reader, '')
  while (reader.at < reader.text.length && !isAssignment(reader))
}

function isAssignment({ text, at }: Reader): boolean {
  givesValue.lastIndex = at
  return givesValue.test(text)
}

function unescaped(inner: string): string | { wrong: string } {
  const unknown = /\\([^nrt\\"$])/.test(inner.replaceAll('\\\\', ''))
  if (unknown) return { wrong: 'has a backslash in double quotes before another character than n, r, t, \\, " and $' }
  return inner.replace(/\\([nrt\\"$])/g, (_, letter: string) => escapes[letter] ?? letter)
}

function take(reader: Reader, pattern: RegExp): RegExpExecArray | null {
  pattern.lastIndex = reader.at
  const match = pattern.exec(reader.text)
  if (!match) return null
  reader.at += match[0].length
  reader.line += match[0].split('\n').length - 1
  return match
}

function skipLine(reader: Reader, wrong: string): string {
  take(reader, unquoted)
  take(reader, nothing)
  return wrong
}

function lineProblem(where: string, line: number, wrong: string, name: string | undefined): LineProblem {
  return {
    code: 'DOTENV_INVALID',
    where: `${where} line ${line}`,
    message: `${wrong}. Expected NAME=value, each name once, or a comment after #.`,
    fix: 'Correct the line. Put a value with spaces, #, quotes or several lines into single quotes.',
    about: name === undefined ? {} : { name },
  }
}

function quoted(value: string): string {
  if (/^[A-Za-z0-9_./:@%+,=-]+$/.test(value)) return value
  if (!/['\r]/.test(value)) return `'${value}'`
  const escaped = value
    .replace(/[\\"$]/g, '\\$&')
    .replaceAll('\n', '\\n')
    .replaceAll('\r', '\\r')
  return `"${escaped}"`
}

function unwritable(name: string, value: string): Problem[] {
  const wrong = !namePattern.test(name)
    ? 'is not a variable name'
    : value.includes('\0')
      ? 'has a NUL character in its value'
      : halfCharacter.test(value)
        ? 'has half a character in its value'
        : undefined
  if (wrong === undefined) return []
  const fix = 'Correct the value where it comes from.'
  return [{ code: 'DOTENV_UNWRITABLE', where: name, message: `${wrong}. Expected text in UTF-8.`, fix }]
}
