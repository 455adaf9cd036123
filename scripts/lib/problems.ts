import { lines, oneLine, type Printable, styled, together, unstyled } from './printable.ts'

/** Something wrong that the user can fix. Problems are collected and shown together, never thrown one by one. */
export interface Problem {
  /** Stable identifier, for scripts and for searching the documentation. */
  readonly code: string
  /** A place that can be opened or searched for: `catalogue "S3_BUCKET" (backend)`, `values/production.yaml`. */
  readonly where: string
  /** What is true now, and what was expected. Never a secret value. */
  readonly message: string
  /** What to do about it. */
  readonly fix: string
  /** A program's last output, shown below the message, each line marked as foreign. */
  readonly lastLines?: readonly string[]
  /**
   * A warning is shown but does not fail the command.
   *
   * Default: `error`
   */
  readonly severity?: 'error' | 'warning'
}

/** Exit codes of every command; documented in `--help` and the README. */
export const exitCodes = {
  ok: 0,
  bug: 1,
  usage: 2,
  problems: 3,
  unreachable: 4,
  toolMissing: 5,
  interrupted: 130,
} as const

export type ExitCode = (typeof exitCodes)[keyof typeof exitCodes]

/** Ends a command with problems to show; any other thrown error is our bug. */
export class ProblemError extends Error {
  readonly problems: readonly Problem[]
  readonly exitCode: ExitCode

  constructor(problems: Problem | readonly Problem[], exitCode: ExitCode = exitCodes.problems) {
    const list = Array.isArray(problems) ? (problems as readonly Problem[]) : [problems as Problem]
    super(
      list.map(({ where, message, lastLines = [] }) => [`${where}: ${message}`, ...lastLines].join('\n')).join('\n'),
    )
    this.name = 'ProblemError'
    this.problems = list
    this.exitCode = exitCode
  }
}

export function isError(problem: Problem): boolean {
  return problem.severity !== 'warning'
}

/**
 * Errors before warnings, then by place and code, so that the same input always prints the same list. Numbers in a place
 * are compared as numbers: line 9 comes before line 10.
 */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const rank = (problem: Problem) => (isError(problem) ? 0 : 1)
  return [...problems].sort(
    (a, b) =>
      rank(a) - rank(b) || comparePlaces(a.where, b.where) || compare(a.code, b.code) || compare(a.message, b.message),
  )
}

/** What is said of an error that the user can't fix. */
export function bugText(error: unknown): Printable {
  const detail = error instanceof Error ? (error.stack ?? error.message) : String(error)
  return lines(
    'This is a bug of tiered-secrets, please report it with the lines below.',
    ...detail.split('\n').map((line) => `| ${line}`),
  )
}

/** Of several commands in one: the one that says most of what has to be done. */
export function worstExitCode(codes: readonly ExitCode[]): ExitCode {
  const { bug, toolMissing, unreachable, problems, usage, ok } = exitCodes
  return [bug, toolMissing, unreachable, problems, usage].find((code) => codes.includes(code)) ?? ok
}

/** The text for people, three lines per problem. */
export function formatProblems(problems: readonly Problem[]): Printable {
  return together(...sortProblems(problems).map((problem) => formatProblem(problem)))
}

/** The same, line by line, for a log. */
export function logProblems(problems: readonly Problem[], log: (line: string) => void): void {
  for (const line of unstyled(formatProblems(problems)).trimEnd().split('\n')) if (line !== '') log(line)
}

/** @param details lines between the message and the fix */
export function formatProblem(problem: Problem, details: readonly string[] = []): Printable {
  const { code, where, message, fix, severity, lastLines = [] } = problem
  const isWarning = severity === 'warning'
  const place = isWarning
    ? together(styled('warning:', 'attention'), oneLine(` ${where}: ${message}`))
    : together(styled(`${where}:`, 'bad'), oneLine(` ${message}`))
  const below = [...lastLines.map((line) => `  | ${line}`), ...details].map((line) => `  ${line}`)
  const remedy = together(oneLine('  '), styled('fix:', 'good'), oneLine(` ${fix}`), lines(''))
  return together(place, lines('', ...below), remedy, oneLine('  '), styled(`(${code})`, 'quiet'), lines(''))
}

/** Byte order, the same on every machine and in every locale. */
export function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

/** Places in the order people read them: line 9 comes before line 10. */
export function comparePlaces(a: string, b: string): number {
  const [left, right] = [a, b].map((place) => place.split(/(\d+)/)) as [string[], string[]]
  for (const [index, part] of left.entries()) {
    const other = right[index]
    if (other === undefined) return 1
    // Every second part is a number.
    const difference = index % 2 === 1 ? compareNumbers(part, other) : compare(part, other)
    if (difference !== 0) return difference
  }
  return left.length - right.length || compare(a, b)
}

// --- internal ---

/** Of any length, without leading zeros. */
function compareNumbers(a: string, b: string): number {
  const [left, right] = [a, b].map((digits) => digits.replace(/^0+(?=\d)/, '')) as [string, string]
  return left.length - right.length || compare(left, right)
}
