import { count } from '../lib/count.ts'
import { jsonDocument, lines, type Printable, together } from '../lib/printable.ts'
import type { Problem } from '../lib/problems.ts'
import { shortList } from '../lib/short-list.ts'
import { table } from '../lib/table.ts'
import { fillCommand } from '../model/fill-command.ts'
import type { FillEntry } from '../model/fill-entries.ts'
import { placeOf } from '../model/remote-secret.ts'
import type { FillAction, FillPlan, FillRow, FillWork } from '../payload/fill-plan.ts'

/** What will be done, variable by variable, without any value. */
export function fillTable({ rows, work }: FillPlan, columns?: number): Printable {
  const variables = table(
    ['TIER', 'VARIABLE', 'REMOTE SECRET', 'VALUE', 'ACTION'],
    rows.map((row) => [
      row.entry.tier.name,
      row.entry.spec.variable,
      placeOf(row.entry.remote),
      row.source ?? '-',
      actions[row.action],
    ]),
    { columns, dispensable: ['REMOTE SECRET'], folded: ['ACTION'] },
  )
  const housekeeping = work.filter((one) => one.disable.length + one.delete.length > 0)
  if (housekeeping.length === 0) return variables
  const versions = table(
    ['REMOTE SECRET', 'DISABLE VERSIONS', 'DELETE VERSIONS'],
    housekeeping.map((one) => [placeOf(one.remote), one.disable.join(', ') || '-', one.delete.join(', ') || '-']),
    { columns },
  )
  return together(variables, lines(''), versions)
}

/** The plan for machines, and whether it was carried out. */
export function fillJson(environment: string, { rows, work }: FillPlan, written: boolean): Printable {
  const document = {
    version: 1,
    environment,
    written,
    missing: missingEntries(rows).map(({ tier, spec }) => `${tier.name}.${spec.variable}`),
    variables: rows.map((row) => ({
      tier: row.entry.tier.name,
      variable: row.entry.spec.variable,
      remoteSecret: placeOf(row.entry.remote),
      action: row.action,
      source: row.source ?? null,
    })),
    remoteSecrets: work.map((one) => ({
      remoteSecret: placeOf(one.remote),
      create: one.found === undefined,
      addVersion: one.payload !== undefined,
      disable: one.disable,
      delete: one.delete,
    })),
  }
  return jsonDocument(document)
}

/** `create 2 remote secrets, add 3 versions` */
export function fillSummary(work: readonly FillWork[]): string {
  const sum = (of: (one: FillWork) => number) => work.reduce((total, one) => total + of(one), 0)
  const parts = [
    { verb: 'create', what: 'remote secret', number: sum(({ found }) => (found ? 0 : 1)) },
    { verb: 'add', what: 'version', number: sum(({ payload }) => (payload === undefined ? 0 : 1)) },
    { verb: 'disable', what: 'version', number: sum(({ disable }) => disable.length) },
    { verb: 'delete', what: 'disabled version', number: sum((one) => one.delete.length) },
  ]
  return parts
    .filter(({ number }) => number > 0)
    .map(({ verb, what, number }) => `${verb} ${count(number, what)}`)
    .join(', ')
}

/** What is left to do: a warning when required variables have no value and don't get one. */
export function missingProblems(environment: string, { rows }: Pick<FillPlan, 'rows'>): Problem[] {
  const entries = missingEntries(rows)
  if (entries.length === 0) return []
  const names = entries.map(({ tier, spec }) => `${tier.name}.${spec.variable}`)
  const specs = entries.map(({ spec }) => spec)
  return [
    {
      code: 'FILL_VALUES_MISSING',
      where: `environment "${environment}"`,
      message: `${names.length} required ${names.length === 1 ? 'variable has' : 'variables have'} no value yet: ${shortList(names)}. Expected one for each.`,
      fix: `\`${fillCommand({ environment, specs })}\``,
      severity: 'warning',
    },
  ]
}

// --- internal ---

function missingEntries(rows: readonly FillRow[]): FillEntry[] {
  return rows.filter(({ action, entry }) => action === 'missing' && !entry.spec.optional).map(({ entry }) => entry)
}

const actions: Readonly<Record<FillAction, string>> = {
  create: 'create',
  replace: 'replace by a new version',
  unchanged: 'unchanged',
  kept: 'keep what is there',
  missing: 'has no value yet',
}
