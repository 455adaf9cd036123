import type { DisturbedGates, Side } from './disturbance.ts'
import type { GateRequest } from './gate.ts'
import { everyWrite, kindOf, type Selection } from './selection.ts'

/** A request, and who was asked. */
export type Sent = GateRequest & { readonly side: Side }

/** The requests of a run. */
export interface Asked {
  /** How many a selection has. */
  count(side: Side, selection: Selection): number
  /** Of which kinds those are that write, on both sides, in their order. */
  readonly writes: readonly string[]
  /** Of which kinds those are that read. */
  kindsOfReads(side: Side): readonly string[]
}

/** What a run asks to which nothing happens. */
export async function askedBy(
  gates: Pick<DisturbedGates, 'disturb' | 'asked' | 'calm'>,
  run: () => Promise<unknown>,
): Promise<Asked> {
  gates.disturb({ side: 'cluster', at: Number.POSITIVE_INFINITY, act: (forward) => forward() })
  await run()
  const asked = askedIn(gates.asked())
  gates.calm()
  return asked
}

export function askedIn(requests: readonly Sent[]): Asked {
  const isWrite = everyWrite()
  return {
    count: (side, selection) => requests.filter((request) => request.side === side).filter(selection()).length,
    writes: requests.filter(isWrite).map(kindOf),
    kindsOfReads: (side) => {
      const reads = requests.filter((request) => request.side === side && !isWrite(request))
      return [...new Set(reads.map(kindOf))]
    },
  }
}
