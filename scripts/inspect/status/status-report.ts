import { age } from '../../lib/age.ts'
import { count } from '../../lib/count.ts'
import { lines, type Printable } from '../../lib/printable.ts'
import { sortProblems } from '../../lib/problems.ts'
import { table } from '../../lib/table.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { Status, StatusRow } from './rows.ts'
import { stateCell, states } from './states.ts'
import type { Finding } from './status-finding.ts'

/** One line per entry, the worst first. */
export function statusTable({ rows }: Pick<Status, 'rows'>, now: Date, columns?: number): Printable {
  const header = ['TIER', 'VARIABLE', 'SCALEWAY', 'CLUSTER', 'WORKLOADS', 'STATE']
  const cells = rows.map((row) => [
    row.tier,
    row.variable,
    versionCell(row, now),
    syncCell(row, now),
    row.consumers === null ? '?' : `${row.consumers.current} of ${row.consumers.all}`,
    stateCell(row.state),
  ])
  return table(header, cells, { columns, dispensable: ['WORKLOADS', 'CLUSTER', 'SCALEWAY'] })
}

/** Only what is wrong, or that nothing is. */
export function problemsTable(status: Status, now: Date, columns?: number): Printable {
  const rows = wrongRows(status)
  if (rows.length > 0) return statusTable({ rows }, now, columns)
  const about = status.findings.some(isTold) ? 'no secret has a problem' : 'nothing is wrong'
  return lines(`${about}: ${statusSummary(status)}`)
}

/** Rows that are in error or have a warning. */
export function wrongRows({ rows }: Pick<Status, 'rows'>): StatusRow[] {
  return rows.filter(({ state }) => states[state].severity !== 'fine')
}

/** Whether a finding is shown below the table. */
export function isTold({ code }: Pick<Finding, 'code'>): boolean {
  return states[code].severity !== 'fine'
}

/** `34 secrets: 2 in error, 1 with a warning` */
export function statusSummary({ rows }: Status): string {
  const number = (severity: string) => rows.filter(({ state }) => states[state].severity === severity).length
  const [errors, warnings] = [number('error'), number('warning')]
  const parts = [...(errors > 0 ? [`${errors} in error`] : []), ...(warnings > 0 ? [`${warnings} with a warning`] : [])]
  return `${count(rows.length, 'secret')}${parts.length > 0 ? `: ${parts.join(', ')}` : ', all four sides agree'}`
}

/** For machines. */
export function statusDocument({ application, environment }: EnvironmentModel, { rows, findings }: Status): object {
  const problems = sortProblems(findings).map(({ code, where, message, fix, severity = 'error' }) => {
    return { code, where, message, fix, severity }
  })
  return { version: 1, application, environment, secrets: rows, problems }
}

// --- internal ---

function versionCell({ version }: StatusRow, now: Date): string {
  if (!version) return 'none'
  return `v${version.revision}, ${age(now.getTime() - Date.parse(version.createdAt))}`
}

function syncCell({ externalSecret: { state, refreshedAt }, expiresAt }: StatusRow, now: Date): string {
  const end = expiresAt === null ? '' : `, valid until ${expiresAt.slice(0, 10)}`
  return refreshedAt === null ? `${state}${end}` : `${state}, ${age(now.getTime() - Date.parse(refreshedAt))}${end}`
}
