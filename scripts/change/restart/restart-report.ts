import { jsonDocument, type Printable } from '../../lib/printable.ts'
import { table } from '../../lib/table.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import { readerText } from './reading-workloads.ts'
import type { RestartRow } from './restart-plan.ts'

/** One line per workload: what is done to it, and why. */
export function restartTable(rows: readonly RestartRow[], columns?: number): Printable {
  const cells = rows.map((row) => [row.tier.name, readerText(row), row.action, row.reason])
  return table(['TIER', 'WORKLOAD', 'ACTION', 'BECAUSE'], cells, { columns, below: 'BECAUSE' })
}

/** The same for machines, with the patch that does it. */
export function restartJson(
  { application, environment, restart }: EnvironmentModel,
  rows: readonly RestartRow[],
  written: boolean,
): Printable {
  const workloads = rows.map(({ tier, namespace, kind, name, isCatalogued, action, reason, patch }) => {
    return { tier: tier.name, namespace, kind, name, isCatalogued, action, reason, patch: patch ?? null }
  })
  const document = { version: 1, application, environment, mode: restart ?? null, written, workloads }
  return jsonDocument(document)
}

/** `restart 2 workloads, annotate 1 workload for Reloader`; empty when nothing is to be changed. */
export function restartSummary(rows: readonly RestartRow[]): string {
  const count = (action: RestartRow['action']) => rows.filter((row) => row.action === action).length
  const words = (amount: number) => `${amount} ${amount === 1 ? 'workload' : 'workloads'}`
  const [restarts, annotations] = [count('restart'), count('annotate')]
  return [
    ...(restarts > 0 ? [`restart ${words(restarts)}`] : []),
    ...(annotations > 0 ? [`annotate ${words(annotations)} for Reloader`] : []),
  ].join(', ')
}
