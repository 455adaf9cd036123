import { type Problem, ProblemError } from '../lib/problems.ts'

/** What a `.env` text says: the value of each name and the line it is on, in the order of the text. */
export interface DotenvText {
  readonly values: ReadonlyMap<string, { readonly value: string; readonly line: number }>
  /** Messages name lines, never their content: a misread line may be part of a secret. */
  readonly problems: readonly Problem[]
}

/**
 * Reads the common dialect of `.env`: comments, `export`, values without quotes up to ` #`, in single quotes as they
 * are, in double quotes with `\n \r \t \\ \" \$`; quoted values may have several lines. `$` is never expanded. What
 * dialects read differently (another escape, a backtick, text after a quote, a name twice) is a problem.
 *
 * Ours and not the package `dotenv`: that one takes every `#` outside of quotes for a comment, keeps `\\` and `\"` as
 * they are, skips lines it can't read, and for a name given twice uses the last value.
 *
 * @param where the file, for problems
 */
export function parseDotenv(text: string, where: string): DotenvText {
  const reader: Reader = { text: text.replace(/^\ufeff/, '').replace(/\r\n?/g, '\n'), at: 0, line: 1 }
  const values = new Map<string, { value: string; line: number }>()
  const problems: Problem[] = []
  while (reader.at < reader.text.length) {
    const { line } = reader
    const entry = readEntry(reader)
    if (entry === undefined) continue
    const first = typeof entry === 'string' ? undefined : values.get(entry.name)
    if (typeof entry === 'string') problems.push(lineProblem(where, line, entry))
    else if (first) problems.push(lineProblem(where, line, `gives a value to the same name as line ${first.line}`))
    else values.set(entry.name, { value: entry.value, line })
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
const singleQuoted = /'([^']*)'/y
const doubleQuoted = /"([^"\\]*(?:\\.[^"\\]*)*)"/sy
const halfCharacter = /\p{Surrogate}/u

const escapes: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '\\': '\\', '"': '"', $: '$' }

/** Reads to the end of the entry's last line. Returns the problem as a text; undefined for an empty line. */
function readEntry(reader: Reader): { name: string; value: string } | string | undefined {
  if (take(reader, nothing)) return undefined
  const name = take(reader, assignment)?.[1]
  if (name === undefined || !namePattern.test(name)) return skipLine(reader, 'is not NAME=value')
  const value = readValue(reader)
  if (typeof value === 'object') return skipLine(reader, value.wrong)
  return value.includes('\0') ? 'has a NUL character in its value' : { name, value }
}

function readValue(reader: Reader): string | { wrong: string } {
  const quote = reader.text[reader.at]
  if (quote === '`') return { wrong: 'begins its value with a backtick, which dialects read differently' }
  if (quote !== '"' && quote !== "'") {
    const [rest = ''] = take(reader, unquoted) ?? []
    take(reader, nothing)
    return rest.replace(/(^|[ \t]+)#.*$/, '').replace(/[ \t]+$/, '')
  }
  const inner = take(reader, quote === '"' ? doubleQuoted : singleQuoted)?.[1]
  if (inner === undefined) {
    reader.at = reader.text.length
    return { wrong: 'begins a quoted value that never ends' }
  }
  const value = quote === "'" ? inner : unescaped(inner)
  if (typeof value === 'string' && !take(reader, nothing))
    return { wrong: 'has text after the quote that ends its value' }
  return value
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

function lineProblem(where: string, line: number, wrong: string): Problem {
  return {
    code: 'DOTENV_INVALID',
    where: `${where} line ${line}`,
    message: `${wrong}. Expected NAME=value, each name once.`,
    fix: `Correct the line. Put a value with spaces, #, quotes or several lines into single quotes.`,
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
