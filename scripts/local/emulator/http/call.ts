import type { Principal } from '../iam/records.ts'
import { type Arguments, bodyArguments, queryArguments } from './arguments.ts'

/** Where a request comes from, as IAM conditions see it. */
export interface Origin {
  /** Undefined unless public: Scaleway only supports public addresses in `request.ip`. */
  readonly publicIp: string | undefined
  readonly ip: string
  /** At most 255 characters, as Scaleway cuts it. */
  readonly userAgent: string
}

/** What the request log keeps of the secret a call was about. */
export interface Touched {
  secretId?: string
  secretName?: string
  secretPath?: string
}

/** One authenticated request, as a route sees it. */
export interface Call {
  readonly params: Readonly<Record<string, string>>
  readonly query: Arguments
  body(): Arguments
  readonly principal: Principal
  readonly origin: Origin
  readonly now: Date
  readonly touched: Touched
}

export interface CallParts extends Omit<Call, 'query' | 'body'> {
  readonly search: URLSearchParams
  /** Parsed JSON, or an empty object when the request has no body: `POST …/protect` is sent without one. */
  readonly json: unknown
}

export function createCall({ search, json, ...rest }: CallParts): Call {
  return { ...rest, query: queryArguments(search), body: () => bodyArguments(json) }
}

/** The value of a pattern's parameter; the router guarantees it. */
export function param({ params }: Pick<Call, 'params'>, name: string): string {
  const value = params[name]
  if (value === undefined) throw new Error(`the route has no parameter ${name}`)
  return value
}
