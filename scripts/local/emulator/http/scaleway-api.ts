import { randomUUID } from 'node:crypto'
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { setTimeout as delay } from 'node:timers/promises'
import type { FaultSpec, Faults } from '../admin/faults.ts'
import type { RequestLog } from '../admin/request-log.ts'
import { authenticate } from '../iam/authenticate.ts'
import type { Principal } from '../iam/records.ts'
import type { World } from '../world.ts'
import { ApiError, deniedAuthentication, internalError, tooManyRequests } from './api-error.ts'
import { parseBody, readBody } from './body.ts'
import { createCall, type Touched } from './call.ts'
import { originOf } from './origin.ts'
import type { RateLimit } from './rate-limit.ts'
import type { Answer, Match, Router } from './router.ts'

export interface ApiServerOptions {
  readonly world: World
  readonly router: Router
  readonly faults: Faults
  readonly log: RequestLog
  readonly rateLimit: RateLimit | undefined
  readonly trustForwardedFor: boolean
  readonly now: () => Date
  /** Aborted when the emulator stops, so that no delayed answer holds it up. */
  readonly signal: AbortSignal
  /** The state has changed: time to save. */
  onChange(): void
  /** An error caused by our own bug; the client gets a 500. */
  onBug(error: unknown): void
}

/** Answers the Scaleway API. Every answer carries `X-Request-Id`; every request is logged once. */
export function apiServer(options: ApiServerOptions): RequestListener {
  return (request, response) => {
    void serve(options, request, response).catch((error: unknown) => {
      options.onBug(error)
      response.destroy()
    })
  }
}

// --- internal ---

/** What is known of a request so far; the log is written from it whatever happens. */
interface Progress {
  match?: Match
  principal?: Principal
  fault?: FaultSpec
  readonly touched: Touched
}

async function serve(options: ApiServerOptions, request: IncomingMessage, response: ServerResponse): Promise<void> {
  const id = randomUUID()
  const progress: Progress = { touched: {} }
  response.setHeader('x-request-id', id)
  let answer: Answer & { readonly headers?: Readonly<Record<string, string>> }
  try {
    answer = await answerTo(options, request, response, progress)
  } catch (error) {
    if (options.signal.aborted || response.destroyed) return
    if (!(error instanceof ApiError)) options.onBug(error)
    answer = error instanceof ApiError ? error : internalError()
  }
  const isReset = progress.fault?.kind === 'reset'
  options.log.add(entryOf(id, options.now(), request, progress, isReset ? 0 : answer.status))
  if (isReset) request.socket.resetAndDestroy()
  else send(response, answer)
}

async function answerTo(
  options: ApiServerOptions,
  request: IncomingMessage,
  response: ServerResponse,
  progress: Progress,
): Promise<Answer> {
  const { world, faults, rateLimit } = options
  const method = request.method ?? 'GET'
  const bytes = await readBody(request)
  const [path = '/', query = ''] = splitOnce(request.url ?? '/', '?')
  const found = options.router.match(method, path)
  if (found === 'unknown') throw new ApiError(404, { message: 'not found' })
  if (isMethods(found)) throw new ApiError(405, { message: 'method not allowed' }, { allow: found.join(', ') })
  progress.match = found

  const token = request.headers['x-auth-token']
  const origin = originOf(request, options.trustForwardedFor)
  let now = options.now()
  const principal = attempt(() => authenticate(world.iam, typeof token === 'string' ? token : undefined, now))
  if (!(principal instanceof ApiError)) progress.principal = principal

  const { delayMs, outcome } = faults.take({
    route: found.route.name,
    method,
    path,
    principal: progress.principal,
  })
  if (delayMs > 0) await delay(delayMs, undefined, { signal: options.signal })
  now = options.now()
  if (outcome) {
    progress.fault = outcome
    throw faultError(outcome, now)
  }
  if (rateLimit) {
    const { headers, refusal } = rateLimit.count(origin.ip, now)
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value)
    if (refusal) throw refusal
  }
  if (principal instanceof ApiError) throw principal

  const settled = world.secrets.settle(now)
  const call = createCall({
    params: found.params,
    search: new URLSearchParams(query),
    json: parseBody(bytes),
    principal,
    origin,
    now,
    touched: progress.touched,
  })
  const answer = found.route.handle(call)
  // An access can use up a version that may be read once.
  if (settled || method !== 'GET' || found.route.name.startsWith('versions.access')) options.onChange()
  return answer
}

function attempt(action: () => Principal): Principal | ApiError {
  try {
    return action()
  } catch (error) {
    if (error instanceof ApiError) return error
    throw error
  }
}

function isMethods(found: Match | readonly string[]): found is readonly string[] {
  return Array.isArray(found)
}

function faultError(spec: FaultSpec, now: Date): ApiError {
  if (spec.kind === 'too_many_requests') return tooManyRequests(50, spec.retryAfterSeconds ?? 1, now)
  if (spec.kind === 'expired_key') return deniedAuthentication('expired')
  return internalError()
}

function send(
  response: ServerResponse,
  answer: Answer & { readonly headers?: Readonly<Record<string, string>> },
): void {
  if (response.destroyed) return
  for (const [name, value] of Object.entries(answer.headers ?? {})) response.setHeader(name, value)
  // Exactly this: the official TypeScript client compares the whole header.
  response.setHeader('content-type', 'application/json')
  response.writeHead(answer.status)
  response.end(answer.body === undefined ? undefined : JSON.stringify(answer.body))
}

function entryOf(id: string, at: Date, request: IncomingMessage, progress: Progress, status: number) {
  const { match, principal, fault, touched } = progress
  const region = match?.params.region
  return {
    id,
    at,
    method: request.method ?? 'GET',
    route: match?.route.name ?? 'unknown',
    ...(region === undefined ? {} : { region }),
    ...touched,
    principal: principal?.name ?? 'unauthenticated',
    ...(principal === undefined ? {} : { accessKey: principal.accessKey }),
    status,
    ...(fault === undefined ? {} : { fault: fault.kind }),
  }
}

function splitOnce(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + separator.length)]
}
