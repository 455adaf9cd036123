import { commandLine } from '../lib/command-line.ts'
import { type ConnectionFault, connectionFault } from '../lib/connection-fault.ts'
import { type HttpClient, httpClient } from '../lib/http-client.ts'
import { pause } from '../lib/pause.ts'
import { exitCodes, ProblemError } from '../lib/problems.ts'
import { noProxy, type ProxyOf } from '../lib/proxies.ts'
import { type TimeLimit, timeLimit } from '../lib/signals.ts'
import { defaultTimeoutMs, type ScalewayConnection } from './connection.ts'
import { isResponse, responseOf, type ScalewayResponse } from './response.ts'
import { unreachable } from './unreachable.ts'
import { describeRequest, unreadableAnswer } from './unreadable.ts'

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
        fix: fixOf(request, status, type, waitSeconds),
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
    const isGet = request.method === 'GET'
    if (!isGet) await account.mayWrite?.()
    // Until the body is read.
    using limit = timeLimit(account.timeoutMs ?? defaultTimeoutMs, account.signal)
    const sent = await send(account, request, limit)
    const answer = isResponse(sent) ? sent : undefined
    const retriable = isResponse(sent) ? sent.status === 429 || (sent.status >= 500 && isGet) : sent.mayPass && isGet
    const asked = retriable ? askedWait(answer) : undefined
    const isLong = asked !== undefined && asked > maxWaitSeconds
    if (attempt < (account.attempts ?? defaultAttempts) && retriable && !isLong) {
      if (asked !== undefined && asked >= 1) account.onWait?.(asked)
      answer?.drop()
      const waitMs = asked === undefined ? ((account.retryMs ?? defaultRetryMs) / 2) * 2 ** attempt : asked * 1000
      await pause(waitMs, account.signal)
      continue
    }
    if (!isResponse(sent)) throw unreachable(describeRequest(request), account, sent)
    if (sent.status === 204) return sent.drop() as T
    if (sent.status >= 200 && sent.status < 300) return (await bodyOf(sent, account, request)) as T
    const refusal = await refusalOf(sent, account)
    // As a refusal of Scaleway's it would prove something: that a key is wrong, or a secret not there.
    if (refusal === undefined) throw unreadableAnswer(request, sent.status, 'something other than JSON')
    throw new ScalewayError(request, sent.status, refusal, requestIdOf(sent), isLong ? asked : undefined)
  }
}

// --- internal ---

const defaultAttempts = 5
const defaultRetryMs = 200
/** With a longer wait, the command would seem stuck. */
const maxWaitSeconds = 60

function fixOf(request: ScalewayRequest, status: number, type: string, waitSeconds: number | undefined): string {
  if (waitSeconds !== undefined)
    return `Run the same command again after ${new Date(Date.now() + waitSeconds * 1000).toISOString()}.`
  if (status >= 500)
    return 'Wait, and run the same command again: it is a failure of Scaleway; see https://status.scaleway.com.'
  const known = type === 'permissions_denied' ? readingFix(request) : undefined
  return known ?? fixes[type] ?? 'Look the request up in the Scaleway documentation.'
}

/** Source: Scaleway's permission sets of Secret Manager. */
function readingFix({ method, path }: ScalewayRequest): string | undefined {
  if (method !== 'GET' || !path.startsWith('/secret-manager/')) return undefined
  const give = "Give the key's IAM application the permission set"
  if (/\/access(\?|$)/.test(path))
    return `${give} SecretManagerSecretAccess, in this project: it reads values, which a pipeline does not need to.`
  return `${give} SecretManagerReadOnly, in this project. For a pipeline: \`${commandLine`iam --environment <name> --for ci`}\`.`
}

const fixes: Readonly<Record<string, string>> = {
  denied_authentication: 'Use an API key that exists and has not expired.',
  permissions_denied: "Give the key's IAM application the permission sets the request needs, in this project.",
  not_found: 'Create the resource, or correct its name, folder, project or region.',
  quotas_exceeded: 'Delete what is not needed, bundle secrets, or ask Scaleway to raise the quota.',
  too_many_requests: 'Wait a minute and run the same command again.',
  redirect: 'Use the real address of the API, and check the proxy: a redirect is not followed.',
}

/** The answer, or why there is none. */
async function send(
  account: ScalewayConnection,
  request: ScalewayRequest,
  limit: TimeLimit,
): Promise<ScalewayResponse | ConnectionFault> {
  const url = new URL(account.apiUrl + request.path)
  for (const [name, value] of Object.entries(request.query ?? {})) url.searchParams.set(name, String(value))
  const sentAt = Date.now()
  try {
    // A redirect is not followed: that would send the key to another server.
    const answer = await clientFor(account.proxyOf ?? noProxy).send({
      method: request.method,
      url,
      headers: {
        'X-Auth-Token': account.secretKey,
        'Content-Type': 'application/json',
        'User-Agent': 'tiered-secrets',
      },
      signal: limit.signal,
      timeoutMs: account.timeoutMs ?? defaultTimeoutMs,
      body: request.body === undefined ? undefined : JSON.stringify(request.body),
    })
    const response = responseOf(answer)
    account.onAnswer?.({
      request: describeRequest(request),
      status: response.status,
      requestId: requestIdOf(response),
      date: dateOf(response),
      sentAt,
      receivedAt: Date.now(),
    })
    return response
  } catch (error) {
    account.signal?.throwIfAborted()
    if (error instanceof ProblemError) throw error
    return limit.isOver ? { ...connectionFault(error), fact: 'ETIMEDOUT' } : connectionFault(error)
  }
}

/** One for all accounts that go through the same proxies, so that their connections are used again. */
const clients = new WeakMap<ProxyOf, HttpClient>()

function clientFor(proxyOf: ProxyOf): HttpClient {
  // As long as connections to most servers may be unused.
  const client = clients.get(proxyOf) ?? httpClient({ proxyOf, idleMs: 4_000 })
  clients.set(proxyOf, client)
  return client
}

/** Seconds of `Retry-After`, which is a number or a date; undefined when the API asks for none. */
function askedWait(answer: ScalewayResponse | undefined): number | undefined {
  const text = answer?.header('retry-after') ?? ''
  const seconds = /^\d+$/.test(text) ? Number(text) : Math.ceil((Date.parse(text) - Date.now()) / 1000)
  return Number.isFinite(seconds) ? Math.max(seconds, 0) : undefined
}

/** The parser's own error quotes the body, which may hold a secret, so it is not passed on. */
async function bodyOf(
  answer: ScalewayResponse,
  account: ScalewayConnection,
  request: ScalewayRequest,
): Promise<unknown> {
  try {
    return await answer.json()
  } catch {
    account.signal?.throwIfAborted()
    throw unreadableAnswer(request, answer.status, 'a body that is not complete JSON')
  }
}

interface Refusal {
  readonly type: string
  readonly reason: string
}

/** Only single words of the body: the rest may repeat what was sent. Undefined: it is none of Scaleway's. */
async function refusalOf(answer: ScalewayResponse, account: ScalewayConnection): Promise<Refusal | undefined> {
  if (answer.status < 400) {
    answer.drop()
    return { type: 'redirect', reason: '' }
  }
  const word = (value: unknown, otherwise: string) =>
    typeof value === 'string' && /^[a-z_]{1,40}$/.test(value) ? value : otherwise
  try {
    const { type, reason } = Object(await answer.json()) as { type?: unknown; reason?: unknown }
    return { type: word(type, 'unknown'), reason: word(reason, '') }
  } catch {
    account.signal?.throwIfAborted()
    // What fails, or is too busy, may say so in any form.
    return answer.status >= 500 || answer.status === 429 ? { type: 'unknown', reason: '' } : undefined
  }
}

function requestIdOf(answer: ScalewayResponse): string {
  return answer.header('x-request-id')
}

function dateOf(answer: ScalewayResponse): Date | undefined {
  const time = Date.parse(answer.header('date'))
  return Number.isNaN(time) ? undefined : new Date(time)
}
