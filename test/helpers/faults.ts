import type { Disturbance } from './disturbance.ts'
import type { GateAnswer } from './gate.ts'

/** What may happen to a request, by name. A lost answer is one to a request that was carried out. */
export const faults: readonly [string, Pick<Disturbance, 'side' | 'act'>][] = [
  ['403', { side: 'scaleway', act: async () => refusal(403, 'permissions_denied') }],
  ['429', { side: 'scaleway', act: async () => refusal(429, 'too_many_requests', { 'retry-after': '0' }) }],
  ['500', { side: 'scaleway', act: async () => refusal(500, 'internal_error') }],
  ['no answer', { side: 'scaleway', act: async () => 'hang' }],
  ['a broken connection', { side: 'scaleway', act: async () => 'reset' }],
  ['an answer that is lost', { side: 'scaleway', act: (forward) => forward().then(() => 'reset' as const) }],
  [
    '403 of the cluster',
    { side: 'cluster', act: async () => ({ status: 403, body: '{"reason":"Forbidden","message":"no"}' }) },
  ],
  [
    'an answer of the cluster that is lost',
    { side: 'cluster', act: (forward) => forward().then(() => 'reset' as const) },
  ],
]

/** What else can become of a request to the API server. */
export const clusterFaults: typeof faults = [
  ['a broken connection to the cluster', { side: 'cluster', act: async () => 'reset' }],
  ['429 of the cluster', { side: 'cluster', act: async () => refusal(429, 'TooManyRequests', { 'retry-after': '0' }) }],
  ['500 of the cluster', { side: 'cluster', act: async () => refusal(500, 'InternalError') }],
]

// --- internal ---

function refusal(status: number, type: string, headers = {}): GateAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ type, message: type }),
  }
}
