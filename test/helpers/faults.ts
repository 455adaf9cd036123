import type { Disturbance } from './disturbance.ts'
import type { GateAnswer } from './gate.ts'

/** What may happen to a request, by name. A lost answer is one to a request that was carried out. */
export const faults: readonly [string, Pick<Disturbance, 'side' | 'act'>][] = [
  ['403', { side: 'scaleway', act: async () => scalewayRefusal(403, 'permissions_denied') }],
  ['429', { side: 'scaleway', act: async () => scalewayRefusal(429, 'too_many_requests', { 'retry-after': '0' }) }],
  ['500', { side: 'scaleway', act: async () => scalewayRefusal(500, 'internal_error') }],
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

// --- internal ---

function scalewayRefusal(status: number, type: string, headers = {}): GateAnswer {
  return {
    status,
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ type, message: type }),
  }
}
