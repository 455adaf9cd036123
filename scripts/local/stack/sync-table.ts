import type { SyncReport } from '../../cluster/external-secrets.ts'
import { syncCell } from '../../cluster/gate-report.ts'
import { count } from '../../lib/count.ts'
import { lines, type Printable, together } from '../../lib/printable.ts'
import { table } from '../../lib/table.ts'
import { requestsPerRefresh } from '../../model/requests.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'

/** One variable as it arrived in the cluster. */
export interface SyncRow {
  readonly tier: string
  readonly variable: string
  readonly target: string
  readonly remoteRef: string
  readonly state: SyncReport['state']
  /** Scaleway requests for its remote secret so far; 0 for all but the first variable of a bundle. */
  readonly requests: number
  /** The variable whose row counts the requests of the bundle. */
  readonly sharedWith?: string
}

/** What the emulator shows of one request; no payload or key. */
interface RequestEntry {
  readonly principal: string
  readonly secretName?: string
}

/**
 * One row per variable, with the requests that the operator made for its remote secret.
 *
 * @param requests the emulator's log; only what the tiers' own IAM applications asked for counts
 */
export function syncRows(
  model: EnvironmentModel,
  reports: readonly SyncReport[],
  requests: readonly RequestEntry[],
): SyncRow[] {
  const counts = new Map<string, number>()
  for (const { principal, secretName } of requests) {
    const key = `${principal} ${secretName ?? ''}`
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const states = new Map(reports.map(({ ref, state }) => [`${ref.namespace}/${ref.name}`, state]))
  return model.tiers.flatMap((tier) =>
    tier.externalSecrets.flatMap(({ name, singles, bundles }) => {
      const base = {
        tier: tier.name,
        target: name,
        state: states.get(`${tier.namespace}/${name}`) ?? 'pending',
      } as const
      const cost = (remoteRef: string) => counts.get(`${tier.iamApplication} ${remoteRef.split('/').at(-1)}`) ?? 0
      return [
        ...singles.map(({ spec, remoteRef }) => {
          return { ...base, variable: spec.variable, remoteRef, requests: cost(remoteRef) }
        }),
        ...bundles.flatMap(({ remoteRef, specs }) =>
          specs.map(({ variable }, index) => ({
            ...base,
            variable,
            remoteRef,
            ...(index === 0 ? { requests: cost(remoteRef) } : { requests: 0, sharedWith: specs[0]?.variable ?? '' }),
          })),
        ),
      ]
    }),
  )
}

/** For a terminal, with how many requests it costs. */
export function syncTable(model: EnvironmentModel, rows: readonly SyncRow[], columns?: number): Printable {
  const total = rows.reduce((sum, { requests }) => sum + requests, 0)
  const cells = rows.map((row) => [
    row.tier,
    row.variable,
    row.target,
    row.remoteRef,
    syncCell(row.state),
    row.sharedWith === undefined ? String(row.requests) : `(as ${row.sharedWith})`,
  ])
  const summary = `${count(rows.length, 'secret')}, ${count(total, 'Scaleway request')} so far, ${requestsPerRefresh(model)} for each refresh from now on`
  const header = ['TIER', 'SECRET', 'TARGET', 'REMOTE REF', 'STATE', 'REQUESTS']
  const layout = { columns, dispensable: ['TARGET', 'REMOTE REF', 'REQUESTS'], cut: ['REQUESTS'] }
  return together(table(header, cells, layout), lines('', summary))
}
