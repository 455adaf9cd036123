import { isMap, isScalar, isSeq, LineCounter, parseDocument } from 'yaml'
import { didYouMean } from '../../../lib/nearest.ts'
import { type Problem, ProblemError } from '../../../lib/problems.ts'
import { type AuditCode, auditCodes } from '../audit-codes.ts'
import { at, type Finding } from '../finding.ts'

/** A finding that a team has decided to live with, and why. */
export interface IgnoreEntry {
  readonly code: AuditCode
  /** `*` in them stands for any text. Default: any */
  readonly object?: string
  readonly key?: string
  readonly file?: string
  readonly line: number
}

/**
 * The entries of an ignore file: a YAML list with code, reason, and what is meant by object, key and file.
 *
 * @throws ProblemError `IGNORE_FILE_INVALID`, one for each mistake
 */
export function parseIgnoreFile(text: string, shown: string): IgnoreEntry[] {
  const lineCounter = new LineCounter()
  const document = parseDocument(text, { lineCounter, logLevel: 'silent' })
  const [error] = document.errors
  if (error)
    throw new ProblemError(invalid(`${shown}:${error.linePos?.[0].line ?? 1}`, `is not valid YAML (${error.code})`))
  const { contents } = document
  if (contents === null || (isScalar(contents) && contents.value === null)) return []
  if (!isSeq(contents)) throw new ProblemError(invalid(`${shown}:1`, 'is not a list'))
  const problems: Problem[] = []
  const entries = contents.items.flatMap((item) => {
    const line = lineCounter.linePos((isMap(item) ? item.range?.[0] : undefined) ?? 0).line
    const fields = isMap(item) ? plain(() => item.toJS(document)) : undefined
    const faults = faultsOf(fields)
    problems.push(...faults.map((fault) => invalid(`${shown}:${line}`, fault)))
    return faults.length === 0 ? [{ ...(fields as Omit<IgnoreEntry, 'line'>), line }] : []
  })
  if (problems.length > 0) throw new ProblemError(problems)
  return entries
}

/** What no entry is about, and a finding for each entry that is about nothing any more. */
export function withoutIgnored(
  findings: readonly Finding[],
  entries: readonly IgnoreEntry[],
  shown: string,
): Finding[] {
  const stale = entries.filter((entry) => !findings.some((finding) => isAbout(entry, finding)))
  return [
    ...findings.filter((finding) => !entries.some((entry) => isAbout(entry, finding))),
    ...stale.map(({ code, object = '', key = '', line }) =>
      at({ file: shown, line }, shown, 'IGNORE_STALE', {
        key: [code, object, key].filter((part) => part !== '').join(' '),
        fact: `the entry for ${code} matches nothing that is found`,
        expected: 'entries that are needed',
        fix: 'Take the entry out, or correct it.',
      }),
    ),
  ]
}

// --- internal ---

/** An alias may name nothing, or too much. */
function plain(read: () => unknown): unknown {
  try {
    return read()
  } catch {
    return undefined
  }
}

const fieldNames = ['code', 'object', 'key', 'file', 'reason']

function faultsOf(fields: unknown): string[] {
  if (typeof fields !== 'object' || fields === null) return ['has an entry that is not a set of fields']
  const entry = fields as Readonly<Record<string, unknown>>
  const unknown = Object.keys(entry).filter((name) => !fieldNames.includes(name))
  const notText = Object.keys(entry).filter((name) => fieldNames.includes(name) && typeof entry[name] !== 'string')
  const { code, reason } = entry
  const codes = Object.keys(auditCodes)
  return [
    ...unknown.map((name) =>
      `has the field "${name}", which does not exist.${didYouMean(name, fieldNames)}`.replace(/\.$/, ''),
    ),
    ...notText.map((name) => `has a ${name} that is not a text`),
    ...(typeof code === 'string' && !codes.includes(code)
      ? [`has the code "${code}", which does not exist.${didYouMean(code, codes)}`.replace(/\.$/, '')]
      : []),
    ...(code === undefined ? ['has an entry without a code'] : []),
    ...(typeof reason !== 'string' || reason.trim() === '' ? ['has an entry without a reason'] : []),
  ]
}

function isAbout({ code, object = '*', key = '*', file = '*' }: IgnoreEntry, finding: Finding): boolean {
  return code === finding.code && fits(object, finding.object) && fits(key, finding.key) && fits(file, finding.file)
}

function fits(pattern: string, text: string): boolean {
  const [first = '', ...others] = pattern.split('*')
  if (others.length === 0) return pattern === text
  if (!text.startsWith(first)) return false
  let from = first.length
  const last = others.pop() ?? ''
  for (const part of others) {
    const index = text.indexOf(part, from)
    if (index === -1) return false
    from = index + part.length
  }
  return text.length - last.length >= from && text.endsWith(last)
}

function invalid(where: string, fact: string): Problem {
  return {
    code: 'IGNORE_FILE_INVALID',
    where,
    message: `${fact}${fact.endsWith('?') ? '' : '.'} Expected a list of entries with a code and a reason, and object, key or file.`,
    fix: 'Correct the line: `- { code: KEY_UNREAD, key: NAME, reason: why it is fine }`.',
  }
}
