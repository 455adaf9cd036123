import type { CommandIo } from '../../lib/command.ts'
import { markdownTable, markdownText } from '../../lib/markdown.ts'
import { document, jsonDocument, lines, type Printable, together } from '../../lib/printable.ts'
import { type ExitCode, exitCodes } from '../../lib/problems.ts'
import { type Cell, table } from '../../lib/table.ts'
import type { AllEnvironments, EnvironmentRow } from './examine-all.ts'

export type Form = 'table' | 'json' | 'markdown'

/** Prints what was found in all environments: one line each, then what is said of them. Returns the exit code of the worst. */
export function printAll(all: AllEnvironments, form: Form, io: Pick<CommandIo, 'out' | 'tell'>): ExitCode {
  if (form === 'json') io.out(allJson(all))
  else if (form === 'markdown') io.out(allMarkdown(all))
  else io.out((columns) => allTable(all, columns))
  const told = toldOf(all.rows)
  if (told !== '') io.tell(told)
  return all.exitCode
}

/** One line for each environment. */
export function allTable({ rows }: Pick<AllEnvironments, 'rows'>, columns?: number): Printable {
  const cells = rows.map((row): Cell[] => [row.environment, resultCell(row), row.summary])
  return table(header, cells, { columns, folded: ['SUMMARY'] })
}

// --- internal ---

const header = ['ENVIRONMENT', 'RESULT', 'SUMMARY']

/** By exit code. */
const results: Readonly<Record<number, string>> = {
  [exitCodes.ok]: 'ok',
  [exitCodes.bug]: 'bug',
  [exitCodes.usage]: 'wrong usage',
  [exitCodes.problems]: 'problems',
  [exitCodes.unreachable]: 'unreachable',
  [exitCodes.toolMissing]: 'no tool',
}

function resultOf({ exitCode }: EnvironmentRow): string {
  return results[exitCode] ?? ''
}

function resultCell(row: EnvironmentRow): Cell {
  return { text: resultOf(row), style: row.exitCode === exitCodes.ok ? 'good' : 'bad' }
}

function allJson({ application, rows, exitCode }: AllEnvironments): Printable {
  const environments = rows.map((row) => {
    const { environment, summary, problems, document: result = null } = row
    return { environment, exitCode: row.exitCode, summary, problems, result }
  })
  return jsonDocument({ version: 1, application, exitCode, environments })
}

function allMarkdown({ application, rows }: AllEnvironments): Printable {
  const cells = rows.map((row) => [row.environment, resultOf(row), row.summary].map(markdownText))
  const parts = [
    `## ${application}, all environments`,
    markdownTable(header, cells),
    ...rows.flatMap(({ markdown }) => markdown ?? []),
  ]
  return document(`${parts.map((part) => part.trimEnd()).join('\n\n')}\n`)
}

/** What is said of the environments, each text once, below the names of those that it is about. */
function toldOf(rows: readonly EnvironmentRow[]): Printable {
  const texts = new Map<Printable, string[]>()
  for (const { environment, told } of rows) if (told !== '') texts.set(told, [...(texts.get(told) ?? []), environment])
  return together(...[...texts].map(([told, names]) => together(lines('', `${names.join(', ')}:`), told)))
}
