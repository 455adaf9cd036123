import type { Disturbance, Side } from './disturbance.ts'
import type { GateAnswer } from './gate.ts'
import {
  everyKindOfWriteAndOneRead,
  everyRequestButPolls,
  everyWriteAndKindOfRead,
  everyWriteAndOneRead,
  type Selection,
} from './selection.ts'

/** When a request that was refused may be sent again. */
const atOnce = { 'retry-after': '0' }
const refusedByCluster: GateAnswer = { status: 403, body: '{"reason":"Forbidden","message":"no"}' }

/**
 * What may happen to a request. A refusal shows at every request whether it is passed on. What else ends a run is told apart by one
 * function for each side, so that it matters at every write, whose outcome may be unknown then, and at one read of each kind;
 * and which refusal it is, or how often the request was sent before, at one write of each kind.
 */
export interface Fault extends Pick<Disturbance, 'act' | 'lasting'> {
  readonly side: Side
  /** Which requests of a run it happens to. */
  readonly met: Selection
}

export type NamedFault = readonly [name: string, fault: Fault]

/** By name. A lost answer is one to a request that was carried out. */
export const faults: readonly NamedFault[] = [
  ['403', refused('scaleway', everyRequestButPolls, refusal(403, 'permissions_denied'))],
  ['429', refused('scaleway', everyKindOfWriteAndOneRead, refusal(429, 'too_many_requests', atOnce))],
  ['500', refused('scaleway', everyKindOfWriteAndOneRead, refusal(500, 'internal_error'))],
  ['no answer', { side: 'scaleway', met: everyKindOfWriteAndOneRead, lasting: true, act: async () => 'hang' }],
  ['a broken connection', broken('scaleway')],
  ['an answer that is lost', lost('scaleway')],
  ['403 of the cluster', refused('cluster', everyRequestButPolls, refusedByCluster)],
  ['an answer of the cluster that is lost', lost('cluster')],
]

/** What else can become of a request to the API server. */
export const clusterFaults: readonly NamedFault[] = [
  ['a broken connection to the cluster', broken('cluster')],
  ['429 of the cluster', refused('cluster', everyKindOfWriteAndOneRead, refusal(429, 'TooManyRequests', atOnce))],
  ['500 of the cluster', refused('cluster', everyKindOfWriteAndOneRead, refusal(500, 'InternalError'))],
]

// --- internal ---

/** To a request, and to the same one when it is sent again. */
function refused(side: Fault['side'], met: Selection, answer: GateAnswer): Fault {
  return { side, met, lasting: true, act: async () => answer }
}

function broken(side: Fault['side']): Fault {
  return { side, met: everyWriteAndKindOfRead, lasting: true, act: async () => 'reset' }
}

function lost(side: Fault['side']): Fault {
  return { side, met: everyWriteAndOneRead, act: (forward) => forward().then(() => 'reset' as const) }
}

function refusal(status: number, type: string, headers = {}): GateAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ type, message: type }),
  }
}
