import { readerOf, type ScalewayAnswer, type ScalewayConnection, type ScalewayReader } from './connection.ts'
import { ScalewayError } from './http.ts'

/** Scaleway's response to a request: the value, or a refusal that says something about what was asked. */
export type Answer<T> = Granted<T> | Refused

interface Granted<T> {
  readonly status: 200
  readonly value: T
  /** As evidence: `Scaleway GET /… answers 200 (request 7f3a)`. */
  readonly told: string
}

export interface Refused {
  readonly status: RefusedStatus
  readonly refusal: ScalewayError
  /** As evidence: `Scaleway GET /… answers 403 permissions_denied (request 7f3a)`. */
  readonly told: string
}

/** 412: it exists, and can't be used as it is. */
export type RefusedStatus = (typeof refusals)[number]

/**
 * Sends a request, and treats a refusal as a result.
 *
 * @param request is given who is to ask; a question writes nothing
 * @throws errors that say nothing about the request: Scaleway is broken, busy or unreachable
 */
export async function ask<T>(
  account: ScalewayConnection,
  request: (account: ScalewayReader) => Promise<T>,
): Promise<Answer<T>> {
  let last: ScalewayAnswer | undefined
  const observed = readerOf({
    ...account,
    onAnswer(answer: ScalewayAnswer) {
      last = answer
      account.onAnswer?.(answer)
    },
  })
  try {
    const value = await request(observed)
    return { status: 200, value, told: last ? describeAnswer(last) : '' }
  } catch (error) {
    const status = error instanceof ScalewayError ? refusals.find((one) => one === error.status) : undefined
    if (!(error instanceof ScalewayError) || status === undefined) throw error
    return { status, refusal: error, told: last ? describeAnswer(last, error.type) : '' }
  }
}

/** `Scaleway GET /… answers 403 permissions_denied (request 7f3a)` */
export function describeAnswer({ request, status, requestId }: ScalewayAnswer, type = ''): string {
  const id = requestId === '' ? '' : ` (request ${requestId})`
  return `${request} answers ${status}${type === '' ? '' : ` ${type}`}${id}`
}

// --- internal ---

const refusals = [400, 401, 403, 404, 412] as const
