import { age } from '../../lib/age.ts'
import { jsonDocument, type Printable } from '../../lib/printable.ts'
import { sortProblems } from '../../lib/problems.ts'
import { table } from '../../lib/table.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { Status, StatusRow } from './rows.ts'
import { states } from './states.ts'

/** One line per entry, the worst first. */
export function statusTable({ rows }: Status, now: Date): Printable {
  const header = ['TIER', 'VARIABLE', 'SCALEWAY', 'CLUSTER', 'WORKLOADS', 'STATE']
  const cells = rows.map((row) => [
    row.tier,
    row.variable,
    versionCell(row, now),
    syncCell(row, now),
    row.consumers === null ? '?' : `${row.consumers.current} of ${row.consumers.all}`,
    row.state,
  ])
  return table(header, cells)
}

/** `34 secrets: 2 in error, 1 with a warning` */
export function statusSummary({ rows }: Status): string {
  const count = (severity: string) => rows.filter(({ state }) => states[state].severity === severity).length
  const [errors, warnings] = [count('error'), count('warning')]
  const parts = [...(errors > 0 ? [`${errors} in error`] : []), ...(warnings > 0 ? [`${warnings} with a warning`] : [])]
  return `${rows.length} secrets${parts.length > 0 ? `: ${parts.join(', ')}` : ', all four sides agree'}`
}

/** For machines. */
export function statusJson({ application, environment }: EnvironmentModel, { rows, findings }: Status): Printable {
  const problems = sortProblems(findings).map(({ code, where, message, fix, severity = 'error' }) => {
    return { code, where, message, fix, severity }
  })
  return jsonDocument({ version: 1, application, environment, secrets: rows, problems })
}

// --- internal ---

function versionCell({ version }: StatusRow, now: Date): string {
  if (!version) return 'none'
  return `v${version.revision}, ${age(now.getTime() - Date.parse(version.createdAt))}`
}

function syncCell({ externalSecret: { state, refreshedAt } }: StatusRow, now: Date): string {
  return refreshedAt === null ? state : `${state}, ${age(now.getTime() - Date.parse(refreshedAt))}`
}
