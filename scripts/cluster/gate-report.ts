import type { Printable } from '../lib/printable.ts'
import { compare, isError } from '../lib/problems.ts'
import { type Cell, table } from '../lib/table.ts'
import { type EnvironmentModel, targetKeys } from '../model/resolve.ts'
import type { GateResult } from './release-gate.ts'
import type { WaitReport } from './wait-for-sync.ts'

/** The state of an ExternalSecret when the wait ended; for machines. */
export interface GateRow {
  readonly tier: string
  readonly namespace: string
  readonly name: string
  readonly optional: boolean
  readonly state: WaitReport['state']
  readonly message: string
  readonly catalogued: number
  /** Null where we have no right to read it, or where it does not exist yet. */
  readonly missing: readonly string[] | null
  readonly unexpected: readonly string[] | null
}

/** One line per ExternalSecret. */
export function gateTable(model: EnvironmentModel, result: GateResult, columns?: number): Printable {
  const cells = gateRows(model, result).map(({ tier, name, optional, state, catalogued, missing }) => [
    tier,
    name,
    optional ? 'optional' : 'required',
    missing === null ? `? of ${catalogued}` : `${catalogued - missing.length} of ${catalogued}`,
    syncCell(state),
  ])
  return table(['TIER', 'EXTERNAL SECRET', 'NEED', 'KEYS', 'STATE'], cells, { columns })
}

/** How the state of an ExternalSecret is shown on a terminal. */
export function syncCell(state: WaitReport['state']): Cell {
  return { text: state, style: state === 'synced' ? 'good' : state === 'failed' ? 'bad' : 'attention' }
}

/** `3 of 4 ExternalSecrets synced, 1 failed` */
export function gateSummary(model: EnvironmentModel, result: GateResult): string {
  const states = gateRows(model, result).map(({ state }) => state)
  const others = [...new Set(states)].filter((state) => state !== 'synced').sort(compare)
  const count = (state: string) => states.filter((one) => one === state).length
  const synced = `${count('synced')} of ${states.length} ExternalSecrets synced`
  return [synced, ...others.map((state) => `${count(state)} ${state}`)].join(', ')
}

/** The result of a wait, for machines. */
export interface GateDocument {
  /** Every required secret has arrived. */
  readonly synced: boolean
  readonly externalSecrets: readonly GateRow[]
}

export function gateDocument(model: EnvironmentModel, result: GateResult): GateDocument {
  return { synced: !result.problems.some(isError), externalSecrets: gateRows(model, result) }
}

// --- internal ---

function gateRows({ tiers }: EnvironmentModel, { reports }: GateResult): GateRow[] {
  return tiers.flatMap((tier) =>
    tier.externalSecrets.flatMap((externalSecret) => {
      const { name } = externalSecret
      const report = reports.find(({ ref }) => ref.namespace === tier.namespace && ref.name === name)
      if (!report) return []
      const { state, message, keys } = report
      const exact = state === 'synced' ? [] : null
      const { missing, unexpected } =
        keys === 'unreadable' ? { missing: null, unexpected: null } : (keys ?? { missing: exact, unexpected: exact })
      const optional = externalSecret.optional
      const catalogued = targetKeys(externalSecret).length
      return {
        tier: tier.name,
        namespace: tier.namespace,
        name,
        optional,
        state,
        message,
        catalogued,
        missing,
        unexpected,
      }
    }),
  )
}
