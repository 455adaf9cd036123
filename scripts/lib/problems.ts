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

/** Errors before warnings, then by place and code, so that the same input always prints the same list. */
export function sortProblems(problems: readonly Problem[]): Problem[] {
  const rank = (problem: Problem) => (isError(problem) ? 0 : 1)
  return [...problems].sort(
    (a, b) =>
      rank(a) - rank(b) || compare(a.where, b.where) || compare(a.code, b.code) || compare(a.message, b.message),
  )
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
