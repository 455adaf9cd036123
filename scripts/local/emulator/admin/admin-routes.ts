import { notFound } from '../http/api-error.ts'
import type { Arguments } from '../http/arguments.ts'
import { type Call, param } from '../http/call.ts'
import type { Route } from '../http/router.ts'
import { type Fault, type FaultSpec, type Faults, faultKinds } from './faults.ts'
import type { RequestEntry, RequestLog } from './request-log.ts'

export interface AdminOptions {
  readonly apiUrl: () => string
  readonly faults: Faults
  readonly log: RequestLog
  /** Writes the state file, when there is one. */
  save(): Promise<boolean>
  /** False when there is no such key. */
  setKeyDisabled(accessKey: string, disabled: boolean): boolean
  advanceClock(seconds: number): Date
}

/** What an admin call answers; saving takes time. */
export type AdminRoute = Omit<Route, 'handle'> & {
  handle(call: Pick<Call, 'params' | 'body'>): ReturnType<Route['handle']> | Promise<ReturnType<Route['handle']>>
}

/** The routes of the second port: faults, the request log, the state, keys, the clock. JSON in and out. */
export function adminRoutes(options: AdminOptions): AdminRoute[] {
  const { faults, log } = options
  const keySwitch = (verb: 'disable' | 'enable'): AdminRoute => ({
    name: `keys.${verb}`,
    method: 'POST',
    pattern: `/api-keys/:access_key/${verb}`,
    handle(call) {
      const accessKey = param(call, 'access_key')
      if (!options.setKeyDisabled(accessKey, verb === 'disable')) throw notFound('access_key', accessKey)
      return { status: 204 }
    },
  })

  return [
    get('/health', () => ({ status: 'ok', api_url: options.apiUrl() })),
    get('/faults', () => ({ faults: faults.list().map(faultView) })),
    {
      name: 'faults.add',
      method: 'POST',
      pattern: '/faults',
      handle: (call) => ({ status: 200, body: faultView(faults.add(readFault(call.body()))) }),
    },
    del('/faults', () => faults.clear()),
    del('/faults/:fault_id', (call) => {
      const id = param(call, 'fault_id')
      if (faults.clear(id) === 0) throw notFound('fault', id)
    }),
    get('/requests', () => {
      const { total, byRoute, byStatus, byPrincipal, entries } = log.summary()
      const counts = { by_route: byRoute, by_status: byStatus, by_principal: byPrincipal }
      return { total, ...counts, entries: entries.map(entryView) }
    }),
    del('/requests', () => log.reset()),
    {
      name: 'state.save',
      method: 'POST',
      pattern: '/state/save',
      handle: async () => ({ status: 200, body: { saved: await options.save() } }),
    },
    {
      name: 'clock.advance',
      method: 'POST',
      pattern: '/clock/advance',
      handle(call) {
        const body = call.body()
        const seconds = body.integer('seconds', 0, 10 * 365 * 24 * 3600)
        if (seconds === undefined) body.refuse('seconds', 'required', 'is required')
        body.refuseOthers()
        body.done()
        return { status: 200, body: { now: options.advanceClock(seconds ?? 0).toISOString() } }
      },
    },
    keySwitch('disable'),
    keySwitch('enable'),
  ]
}

// --- internal ---

function get(pattern: string, body: () => unknown): AdminRoute {
  return { name: `GET ${pattern}`, method: 'GET', pattern, handle: () => ({ status: 200, body: body() }) }
}

function del(pattern: string, act: (call: Pick<Call, 'params' | 'body'>) => unknown): AdminRoute {
  const handle: AdminRoute['handle'] = (call) => {
    act(call)
    return { status: 204 }
  }
  return { name: `DELETE ${pattern}`, method: 'DELETE', pattern, handle }
}

function readFault(body: Arguments): FaultSpec {
  const kind = body.choice('kind', faultKinds)
  if (kind === undefined) body.refuse('kind', 'required', `expected one of ${faultKinds.join(', ')}`)
  const spec = {
    kind: kind ?? 'internal_error',
    route: body.text('route'),
    method: body.text('method'),
    path: body.text('path'),
    principal: body.text('principal'),
    count: body.integer('count', 1, 1_000_000),
    delayMs: body.integer('delay_ms', 0, 600_000),
    retryAfterSeconds: body.integer('retry_after_seconds', 0, 86_400),
  }
  body.refuseOthers()
  body.done()
  const given = Object.entries(spec).filter(([, value]) => value !== undefined)
  return Object.fromEntries(given) as unknown as FaultSpec
}

function faultView({ id, spec, remaining, hits }: Fault) {
  const { delayMs, retryAfterSeconds, ...rest } = spec
  return { id, ...rest, delay_ms: delayMs, retry_after_seconds: retryAfterSeconds, remaining, hits }
}

function entryView({ secretId, secretName, secretPath, accessKey, at, ...rest }: RequestEntry) {
  const secret = { secret_id: secretId, secret_name: secretName, secret_path: secretPath }
  return { at: at.toISOString(), ...rest, ...secret, access_key: accessKey }
}
