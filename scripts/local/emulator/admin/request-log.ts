import { compare } from '../../../lib/problems.ts'
import type { FaultKind } from './faults.ts'

/** One request that was answered. Never holds a payload, a token, a secret key, a body or a raw URL. */
export interface RequestEntry {
  /** The `X-Request-Id` of the answer. */
  readonly id: string
  readonly at: Date
  readonly method: string
  /** Route name, `unknown` when there is none. */
  readonly route: string
  readonly region?: string
  readonly secretId?: string
  readonly secretName?: string
  readonly secretPath?: string
  /** Application name, `owner`, or `unauthenticated`. */
  readonly principal: string
  readonly accessKey?: string
  /** HTTP status; 0 for a connection that was reset. */
  readonly status: number
  readonly fault?: FaultKind
}

export interface RequestSummary {
  readonly total: number
  readonly byRoute: Readonly<Record<string, number>>
  readonly byStatus: Readonly<Record<string, number>>
  /** Counts per principal and route. */
  readonly byPrincipal: Readonly<Record<string, Readonly<Record<string, number>>>>
  /** The newest 10,000, oldest first; the counts cover all. */
  readonly entries: readonly RequestEntry[]
}

export interface RequestLog {
  add(entry: RequestEntry): void
  summary(): RequestSummary
  reset(): void
}

const kept = 10_000

export function createRequestLog(): RequestLog {
  let entries: RequestEntry[] = []
  let total = 0
  const byRoute = new Map<string, number>()
  const byStatus = new Map<string, number>()
  const byPrincipal = new Map<string, Map<string, number>>()

  return {
    add(entry) {
      total++
      entries.push(entry)
      if (entries.length >= 2 * kept) entries = entries.slice(-kept)
      increment(byRoute, entry.route)
      increment(byStatus, String(entry.status))
      const routes = byPrincipal.get(entry.principal) ?? new Map<string, number>()
      byPrincipal.set(entry.principal, routes)
      increment(routes, entry.route)
    },
    summary: () => ({
      total,
      byRoute: sorted(byRoute),
      byStatus: sorted(byStatus),
      byPrincipal: Object.fromEntries(
        [...byPrincipal].sort(([a], [b]) => compare(a, b)).map(([name, routes]) => [name, sorted(routes)]),
      ),
      entries: entries.slice(-kept),
    }),
    reset() {
      entries = []
      total = 0
      for (const counts of [byRoute, byStatus, byPrincipal]) counts.clear()
    },
  }
}

// --- internal ---

function increment(counts: Map<string, number>, key: string): void {
  counts.set(key, (counts.get(key) ?? 0) + 1)
}

function sorted(counts: ReadonlyMap<string, number>): Record<string, number> {
  return Object.fromEntries([...counts].sort(([a], [b]) => compare(a, b)))
}
