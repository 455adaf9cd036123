import { setTimeout as sleep } from 'node:timers/promises'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import type { ScalewayConnection } from './connection.ts'

export interface ScalewayRequest {
  readonly method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE'
  /** With its leading slash. */
  readonly path: string
  readonly query?: Readonly<Record<string, string | number>>
  readonly body?: unknown
}

/** A refusal of the API: the request arrived and the answer is no. */
export class ScalewayError extends ProblemError {
  readonly status: number
  /** Scaleway's `type`: `not_found`, `permissions_denied`, `already_exists`… */
  readonly type: string
  /** Empty when the answer has none. */
  readonly requestId: string
  /** Of a 401: `expired`, `not_found`…; empty when it is not given. */
  readonly reason: string

  constructor(
    request: ScalewayRequest,
    status: number,
    { type, reason }: Refusal,
    requestId: string,
    waitSeconds?: number,
  ) {
    super(
      {
        code: 'SCALEWAY_REFUSED',
        where: describeRequest(request),
        message: `answers ${status} ${type}${requestId === '' ? '' : ` (request ${requestId})`}${waitSeconds === undefined ? '' : `, and asks to wait ${waitSeconds} s`}. Expected success.`,
        fix: fixOf(status, type, waitSeconds),
      },
      exitCodes.unreachable,
    )
    this.name = 'ScalewayError'
    this.status = status
    this.type = type
    this.requestId = requestId
    this.reason = reason
  }
}

/**
 * One request. A 429, a 5xx or a broken connection is tried again, by default up to five times in all: always for reads,
 * and for writes only on 429, which means that nothing was done. Not earlier than the API asks, and not at all when that is
 * more than a minute away.
 *
 * @throws ScalewayError when the API refuses; ProblemError `SCALEWAY_UNREACHABLE` when it can't be reached
 */
export async function scalewayRequest<T>(account: ScalewayConnection, request: ScalewayRequest): Promise<T> {
  if (account.readOnly === true && request.method !== 'GET')
    throw new Error(`a reader sends ${request.method} ${request.path}`)
  for (let attempt = 1; ; attempt++) {
    const answer = await send(account, request)
    const retriable = answer === undefined || answer.status >= 500 ? request.method === 'GET' : answer.status === 429
    const asked = retriable ? askedWait(answer) : undefined
    const isLong = asked !== undefined && asked > maxWaitSeconds
    if (attempt < (account.attempts ?? defaultAttempts) && retriable && !isLong) {
      if (asked !== undefined && asked >= 1) account.onWait?.(asked)
      const waitMs = asked === undefined ? ((account.retryMs ?? defaultRetryMs) / 2) * 2 ** attempt : asked * 1000
      await sleep(waitMs, undefined, { signal: account.signal })
      continue
    }
    if (answer === undefined) throw unreachable(account, request)
    if (answer.ok) return (answer.status === 204 ? undefined : await bodyOf(answer, account, request)) as T
    throw new ScalewayError(
      request,
      answer.status,
      await refusalOf(answer),
      requestIdOf(answer),
      isLong ? asked : undefined,
    )
  }
}

// --- internal ---

const defaultAttempts = 5
const defaultTimeoutMs = 30_000
const defaultRetryMs = 200
/** With a longer wait, the command would seem stuck. */
const maxWaitSeconds = 60

function fixOf(status: number, type: string, waitSeconds: number | undefined): string {
  if (waitSeconds !== undefined)
    return `Run the same command again after ${new Date(Date.now() + waitSeconds * 1000).toISOString()}.`
  if (status >= 500)
    return 'Wait, and run the same command again: it is a failure of Scaleway; see https://status.scaleway.com.'
  return fixes[type] ?? 'Look the request up in the Scaleway documentation.'
}

const fixes: Readonly<Record<string, string>> = {
  denied_authentication: 'Use an API key that exists and has not expired.',
  permissions_denied: "Give the key's IAM application the permission sets the request needs, in this project.",
  not_found: 'Create the resource, or correct its name, folder, project or region.',
  quotas_exceeded: 'Delete what is not needed, bundle secrets, or ask Scaleway to raise the quota.',
  too_many_requests: 'Wait a minute and run the same command again.',
  redirect: 'Use the real address of the API, and check the proxy: a redirect is not followed.',
}

/** Without the access key that a path may contain, except for its last characters. */
function describeRequest({ method, path }: ScalewayRequest): string {
  return `Scaleway ${method} ${path.replace(/SCW[A-Z0-9]{13}([A-Z0-9]{4})/g, '…$1')}`
}

/** The answer, or undefined when there is none. */
async function send(account: ScalewayConnection, request: ScalewayRequest): Promise<Response | undefined> {
  const url = new URL(account.apiUrl + request.path)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
  const timeout = AbortSignal.timeout(account.timeoutMs ?? defaultTimeoutMs)
  const sentAt = Date.now()
  try {
    const answer = await fetch(url, {
      method: request.method,
      // Following a redirect would send the key to another server.
      redirect: 'manual',
      headers: {
        'X-Auth-Token': account.secretKey,
        'Content-Type': 'application/json',
        'User-Agent': 'tiered-secrets',
      },
      signal: account.signal ? AbortSignal.any([account.signal, timeout]) : timeout,
      ...(request.body === undefined ? {} : { body: JSON.stringify(request.body) }),
    })
    account.onAnswer?.({
      request: describeRequest(request),
      status: answer.status,
      requestId: requestIdOf(answer),
      date: dateOf(answer),
      sentAt,
      receivedAt: Date.now(),
    })
    return answer
  } catch (error) {
    account.signal?.throwIfAborted()
    if (error instanceof TypeError || (error instanceof DOMException && error.name === 'TimeoutError')) return undefined
    throw error
  }
}

/** Seconds of `Retry-After`, which is a number or a date; undefined when the API asks for none. */
function askedWait(answer: Response | undefined): number | undefined {
  const text = answer?.headers.get('retry-after') ?? ''
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000)
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : undefined
}

/** The parser's own error quotes the body, which may hold a secret, so it is not passed on. */
async function bodyOf(answer: Response, account: ScalewayConnection, request: ScalewayRequest): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    account.signal?.throwIfAborted()
    throw new ProblemError(
      {
        code: 'SCALEWAY_ANSWER_UNREADABLE',
        where: describeRequest(request),
        message: `answers ${answer.status} with a body that is not complete JSON. Expected JSON.`,
        fix: 'Check the network and the proxy, and in the Scaleway console whether the request was done.',
      },
      exitCodes.unreachable,
    )
  }
}

interface Refusal {
  readonly type: string
  readonly reason: string
}

/** Only single words of the body: the rest may repeat what was sent. */
async function refusalOf(answer: Response): Promise<Refusal> {
  if (answer.status < 400) return { type: 'redirect', reason: '' }
  const word = (value: unknown, otherwise: string) =>
    typeof value === 'string' && /^[a-z_]{1,40}$/.test(value) ? value : otherwise
  try {
    const { type, reason } = (await answer.json()) as { type?: unknown; reason?: unknown }
    return { type: word(type, 'unknown'), reason: word(reason, '') }
  } catch {
    return { type: 'unknown', reason: '' }
  }
}

function requestIdOf(answer: Response): string {
  return answer.headers.get('x-request-id') ?? ''
}

function dateOf(answer: Response): Date | undefined {
  const time = Date.parse(answer.headers.get('date') ?? '')
  return Number.isNaN(time) ? undefined : new Date(time)
}

function unreachable(account: ScalewayConnection, request: ScalewayRequest): ProblemError {
  return new ProblemError(
    {
      code: 'SCALEWAY_UNREACHABLE',
      where: describeRequest(request),
      message: `${new URL(account.apiUrl).host} can't be reached, or does not answer within ${(account.timeoutMs ?? defaultTimeoutMs) / 1000} seconds. Expected a response.`,
      fix: 'Check the network and the proxy, then run the same command again.',
    },
    exitCodes.unreachable,
  )
}
