import { groupBy } from '../../lib/group.ts'
import { type Printable, together } from '../../lib/printable.ts'
import { formatProblem, sortProblems } from '../../lib/problems.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { StatusRow } from './rows.ts'
import type { Finding } from './status-finding.ts'

/**
 * What is wrong, for a person. A cause that several places share is shown once, with the places and the rows it covers; for
 * machines each stays on its own.
 *
 * @param rows all of the table's: a tier with all its rows is shown by its name
 */
export function findingsText(
  findings: readonly Finding[],
  rows: readonly Pick<StatusRow, 'tier' | 'variable'>[],
): Printable {
  const groups = groupBy(sortProblems(findings) as Finding[], causeKey)
  return together(...[...groups.values()].map((same) => groupText(same, rows)))
}

// --- internal ---

/** The same for findings that one command fixes. */
function causeKey(one: Finding): string {
  return JSON.stringify([one.code, one.message, one.fixFor ? one.specs[0]?.tier : one.fix])
}

function groupText(same: readonly Finding[], rows: readonly Pick<StatusRow, 'tier' | 'variable'>[]): Printable {
  const [first, ...others] = same
  if (!first) return together()
  const specs = [...new Set(same.flatMap((one) => one.specs))]
  const covered = specs.length > 1 ? [`rows: ${rowsText(specs, rows)}`] : []
  if (others.length === 0) return formatProblem(first, covered)
  const where = `${first.where} and ${others.length} more`
  const fix = first.fixFor?.(specs) ?? first.fix
  return formatProblem({ ...first, where, fix }, [`also: ${others.map((one) => one.where).join(', ')}`, ...covered])
}

/** `all 3 of frontend; backend: REDIS_URL, MONGO_URL` */
function rowsText(specs: readonly SecretSpec[], rows: readonly Pick<StatusRow, 'tier'>[]): string {
  const tiers = groupBy(specs, ({ tier }) => tier)
  const texts = [...tiers].map(([tier, own]) => {
    const isAll = rows.filter((row) => row.tier === tier).length === own.length
    return isAll ? `all ${own.length} of ${tier}` : `${tier}: ${own.map(({ variable }) => variable).join(', ')}`
  })
  return texts.join('; ')
}
