import { writtenCommandLine } from '../lib/command-line.ts'
import { groupBy } from '../lib/group.ts'
import { markdownTable } from '../lib/markdown.ts'
import { jsonDocument, lines, type Printable, together } from '../lib/printable.ts'
import { type Cell, table } from '../lib/table.ts'
import { type Endpoints, endpointsOf } from '../model/network/endpoints.ts'
import { intendedReachability } from '../model/network/reachability.ts'
import { type ReachabilityRow, reachabilityTable, type Verdict } from '../model/network/reachability-table.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import { crossingValues, entryName } from '../model/shared-values.ts'
import type { Catalogue } from '../model/types.ts'

/** First line of the generated tables. */
const header = () =>
  `<!-- Generated from scripts/catalogue.ts and scripts/environments.ts by \`${writtenCommandLine`gen-values`}\`. Do not edit. -->\n`

/** `values/<environment>.reachability.md`: who reaches whom according to the catalogue. */
export function reachabilityText(model: EnvironmentModel, catalogue: Catalogue): string {
  const endpoints = endpointsOf(model, catalogue)
  const rows = reachabilityTable(endpoints, intendedReachability(model, catalogue))
  return `${header()}
# Who reaches whom: ${model.application}, ${model.environment}

${model.without.includes('network-policies') ? withoutPolicies : withPolicies}

${reachabilityMarkdown(endpoints, rows)}${sharedSection(model)}`
}

/**
 * Two tables: every destination against every source, and by which policies a connection is allowed. Sources, and pods
 * of a tier, that have the same verdicts everywhere share a column or a line.
 */
export function reachabilityMarkdown(endpoints: Endpoints, rows: readonly ReachabilityRow[]): string {
  const { pairs, allowed } = reachabilityCells(endpoints, rows)
  const code = (names: string) => names.replace(/[^, ]+/g, '`$&`')
  const marked = allowed.rows.map(([from = '', to = '', port = '', out = '', into = '']) => [
    from,
    to,
    port,
    code(out),
    code(into),
  ])
  return `## Every pair

${markdownTable(pairs.header, pairs.rows)}

## What is allowed, and by which policies

${markdownTable(allowed.header, marked)}
`
}

/** The same for a terminal. */
export function reachabilityTables(
  endpoints: Endpoints,
  rows: readonly ReachabilityRow[],
  columns?: number,
): Printable {
  const { pairs, allowed } = reachabilityCells(endpoints, rows)
  const plain = ({ header, rows }: Cells) =>
    table(
      header.map((title) => title.toUpperCase()),
      rows.map((row) => row.map(withStyle)),
      { columns, folded: header.map((title) => title.toUpperCase()) },
    )
  return together(plain(pairs), lines(''), plain(allowed))
}

/** Every pair on its own, for machines. */
export function reachabilityJson({ environment }: EnvironmentModel, rows: readonly ReachabilityRow[]): Printable {
  const pairs = rows.flatMap(({ to, port, from }) =>
    [...from].map(([source, verdict]) => ({ from: source, to, port, ...verdict })),
  )
  return jsonDocument({ version: 1, environment, pairs })
}

// --- internal ---

/** No policy keeps these apart. */
function sharedSection(model: EnvironmentModel): string {
  const shared = crossingValues(model)
  if (shared.length === 0) return ''
  const rows = shared.map(({ origin, specs: [, ...others] }) => [
    `\`${origin}\``,
    others.map((spec) => `\`${entryName(spec)}\``).join(' '),
  ])
  return `
## Values that tiers share

Whoever reads one of these in one tier has it of the others too, whatever is denied above.

${markdownTable(['Value', 'Also in'], rows)}
`
}

function withStyle(text: string): Cell {
  return text === 'yes' ? { text, style: 'good' } : text === '–' ? { text, style: 'quiet' } : text
}

const withPolicies = `\`yes\`: allowed; \`–\`: denied. \`tier/*\` is every pod of the tier's namespace, and \`(other pods)\` are those the catalogue does not
name. Always allowed, whatever a policy says: a node to the pods on it, a pod to itself, and answers. A pod on the host
network is bound by no policy.`

const withoutPolicies = 'This environment leaves out the network policies: everything is allowed.'

interface Cells {
  readonly header: readonly string[]
  readonly rows: readonly (readonly string[])[]
}

function reachabilityCells(
  endpoints: Endpoints,
  rows: readonly ReachabilityRow[],
): { readonly pairs: Cells; readonly allowed: Cells } {
  const sources = sourceGroups(endpoints, rows)
  const cell = (verdict: Verdict | undefined) => (verdict === undefined ? '' : verdict.allowed ? 'yes' : '–')
  const verdict = (row: ReachabilityRow, names: readonly string[]) => row.from.get(names[0] ?? '')
  return {
    pairs: {
      header: ['To', 'Port', ...sources.map(({ title }) => `From ${title}`)],
      rows: mergedRows(endpoints, rows).map((row) => [
        row.title,
        row.port,
        ...sources.map(({ names }) => cell(verdict(row, names))),
      ]),
    },
    allowed: {
      header: ['From', 'To', 'Port', 'Let out by', 'Let in by'],
      rows: sources.flatMap(({ title, names }) => allowedLines(endpoints, rows, names[0] ?? '', title)),
    },
  }
}

interface MergedRow extends ReachabilityRow {
  readonly title: string
}

/** What one source is allowed, and by which policies: equal destinations share one line. */
function allowedLines(endpoints: Endpoints, rows: readonly ReachabilityRow[], source: string, title: string) {
  const connections = [...groupBy(rows, ({ to }) => to).values()].flatMap((own) => {
    const [first, ...others] = own.flatMap(({ to, port, from }) => {
      const found = from.get(source)
      return found?.allowed ? [{ to, port, by: [policies(found.egress), policies(found.ingress)] }] : []
    })
    if (!first) return []
    const all = [first, ...others]
    const isSame = all.length === own.length && all.every(({ by }) => by.join() === first.by.join())
    return isSame ? [{ ...first, port: 'any port' }] : all
  })
  const groups = groupBy(connections, ({ to, port, by }) => [tierOf(endpoints, to) ?? to, port, ...by].join())
  return [...groups.values()].map((same) => {
    const names = same.map(({ to }) => to)
    return [title, titleOf(endpoints, names), same[0]?.port ?? '', ...(same[0]?.by ?? [])]
  })
}

/** Sources with the same verdicts in every row, in the order of the rows. */
function sourceGroups(endpoints: Endpoints, rows: readonly ReachabilityRow[]) {
  const all = [...endpoints.tiers.flatMap(({ pods }) => pods), ...endpoints.sources].map(({ name }) => name)
  const verdicts = (name: string) => JSON.stringify(rows.map(({ from }) => from.get(name) ?? null))
  const groups = groupBy(all, (name) => `${tierOf(endpoints, name) ?? name} ${verdicts(name)}`)
  return [...groups.values()].map((names) => ({ names, title: titleOf(endpoints, names) }))
}

/** Pods of one tier whose rows are the same, as one. */
function mergedRows(endpoints: Endpoints, rows: readonly ReachabilityRow[]): MergedRow[] {
  const byDestination = [...groupBy(rows, ({ to }) => to).values()]
  const content = (own: readonly ReachabilityRow[]) => JSON.stringify(own.map(({ port, from }) => [port, [...from]]))
  const groups = groupBy(byDestination, (own) => {
    const to = own[0]?.to ?? ''
    return `${tierOf(endpoints, to) ?? to} ${content(own)}`
  })
  return [...groups.values()].flatMap((same) => {
    const title = titleOf(
      endpoints,
      same.map((own) => own[0]?.to ?? ''),
    )
    return (same[0] ?? []).map((row) => ({ ...row, title }))
  })
}

function tierOf({ tiers }: Endpoints, name: string): string | undefined {
  return tiers.find(({ pods }) => pods.some((pod) => pod.name === name))?.name
}

/** `backend/*`, `backend/{api, cron}` */
function titleOf(endpoints: Endpoints, names: readonly string[]): string {
  const [first = ''] = names
  const tier = endpoints.tiers.find(({ pods }) => pods.some((pod) => pod.name === first))
  if (!tier || (names.length === 1 && tier.pods.length > 1)) return first
  if (names.length === tier.pods.length) return `${tier.name}/*`
  return `${tier.name}/{${names.map((name) => name.slice(tier.name.length + 1)).join(', ')}}`
}

function policies(side: 'open' | readonly string[]): string {
  return side === 'open' ? '' : side.join(', ')
}
