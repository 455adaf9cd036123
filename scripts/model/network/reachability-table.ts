import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import type { Endpoints } from './endpoints.ts'
import type { PortModel } from './ports.ts'
import {
  type Connection,
  type Endpoint,
  type Grant,
  type Judge,
  lastPort,
  type Protocol,
  type Side,
} from './reachability.ts'

/** Whether one source reaches one port, and by which policies of its own tier and of the destination's. */
export interface Verdict {
  readonly allowed: boolean
  /** Policies that let it leave; `open` where none applies. */
  readonly egress: 'open' | readonly string[]
  /** Policies that let it in; `open` where none applies. */
  readonly ingress: 'open' | readonly string[]
}

/** Ports of one destination with the same verdict for each source. */
export interface ReachabilityRow {
  readonly to: string
  /** `TCP 4000`, `TCP 53, UDP 53`, `any other port`, `any port` */
  readonly port: string
  /** By the name of the source. */
  readonly from: ReadonlyMap<string, Verdict>
}

/**
 * Every pair of endpoints with at least one in a tier, and all ports: those of the workloads, those a policy names, and the rest.
 */
export function reachabilityTable({ tiers, sources, destinations }: Endpoints, judge: Judge): ReachabilityRow[] {
  const own = tiers.flatMap(({ pods }) => pods)
  return [
    ...own.flatMap((to) => rowsOf(to, [...own, ...sources], judge)),
    ...destinations.flatMap((to) => rowsOf(to, own, judge)),
  ]
}

// --- internal ---

const protocols: readonly Protocol[] = ['TCP', 'UDP', 'SCTP']

/** Consecutive ports that every grant treats alike. */
interface Interval {
  readonly protocol: Protocol
  readonly first: number
  readonly last: number
  readonly named: boolean
  readonly verdicts: readonly Verdict[]
}

function rowsOf(to: Endpoint, sources: readonly Endpoint[], judge: Judge): ReachabilityRow[] {
  const connections = sources.map((from) => judge(from, to))
  const intervals = protocols.flatMap((protocol) => intervalsOf(protocol, to.ports, connections))
  const groups = [...groupBy(intervals, ({ named, verdicts }) => JSON.stringify([named, verdicts])).values()]
  // No rule and no workload uses SCTP, so its ports are among those that are not named.
  const isRest = (group: readonly Interval[]) =>
    group.some(({ protocol, last }) => protocol === 'SCTP' && last === lastPort)
  const order = (group: readonly Interval[]) => (isRest(group) ? 2 : group[0]?.named ? 0 : 1)
  const known = to.kind === 'address' && to.address === undefined
  return groups
    .filter((group) => !known || group[0]?.named)
    .sort((a, b) => order(a) - order(b) || (a[0]?.first ?? 0) - (b[0]?.first ?? 0))
    .map((group) => ({
      to: to.name,
      port: isRest(group) ? (groups.length === 1 ? 'any port' : 'any other port') : portText(group),
      from: new Map(sources.map(({ name }, index) => [name, group[0]?.verdicts[index] ?? nothing])),
    }))
}

const nothing: Verdict = { allowed: false, egress: [], ingress: [] }

function intervalsOf(protocol: Protocol, own: readonly PortModel[], connections: readonly Connection[]): Interval[] {
  const named = own.filter((one) => one.protocol === protocol).map(({ port }) => port)
  const cuts = new Set([1, ...named, ...named.map((port) => port + 1)])
  for (const { egress, ingress } of connections) {
    for (const { first, last } of [...grantsOf(egress, protocol), ...grantsOf(ingress, protocol)]) {
      cuts.add(first).add(last + 1)
    }
  }
  const starts = [...cuts].filter((port) => port <= lastPort).sort((a, b) => a - b)
  return starts.map((first, index) => ({
    protocol,
    first,
    last: (starts[index + 1] ?? lastPort + 1) - 1,
    named: named.includes(first),
    verdicts: connections.map((connection) => verdictAt(connection, protocol, first)),
  }))
}

function verdictAt(connection: Connection, protocol: Protocol, port: number): Verdict {
  const policies = (side: Side) => {
    if (side === 'open') return side
    const names = grantsOf(side, protocol)
      .filter(({ first, last }) => first <= port && port <= last)
      .map(({ policy }) => policy)
    return [...new Set(names)].sort(compare)
  }
  const [egress, ingress] = [policies(connection.egress), policies(connection.ingress)]
  const permits = (side: 'open' | readonly string[]) => side === 'open' || side.length > 0
  return { allowed: permits(egress) && permits(ingress), egress, ingress }
}

function grantsOf(side: Side, protocol: Protocol): readonly Grant[] {
  return side === 'open' ? [] : side.filter((grant) => grant.protocol === 'any' || grant.protocol === protocol)
}

function portText(intervals: readonly Interval[]): string {
  return protocols
    .flatMap((protocol) => {
      const own = intervals.filter((interval) => interval.protocol === protocol)
      const ranges = own.map(({ first, last }) => (first === last ? `${first}` : `${first}-${last}`))
      return ranges.length > 0 ? [`${protocol} ${ranges.join(', ')}`] : []
    })
    .join(', ')
}
