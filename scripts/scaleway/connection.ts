import type { ProxyOf } from '../lib/proxies.ts'

/** How long an answer may take. */
export const defaultTimeoutMs = 30_000

/** How to reach Scaleway, real or emulated, as one API key. Holds the secret key: never printed. */
export interface ScalewayConnection {
  /** Whether every request that is not a GET is refused before it is sent. Default: false */
  readonly readOnly?: boolean
  /** Without a trailing slash. */
  readonly apiUrl: string
  readonly secretKey: string
  /** Default: no proxy. */
  readonly proxyOf?: ProxyOf
  readonly signal?: AbortSignal
  /** How long an answer may take. Default: 30,000. */
  readonly timeoutMs?: number
  /** Before the second attempt; then twice as long each time. Default: 200. */
  readonly retryMs?: number
  /** How often a request is sent that may be sent again. Default: 5. */
  readonly attempts?: number
  /** Called with every answer, also those after which a request is sent again. */
  readonly onAnswer?: (answer: ScalewayAnswer) => void
  /** Awaited before every request that is not a GET; when it rejects, nothing is sent. Default: all are sent */
  readonly mayWrite?: () => Promise<void>
  /** Called before each wait that the API asks for, with its seconds. */
  readonly onWait?: (seconds: number) => void
}

/** Somebody who may write as well. */
export interface ScalewayAccount extends ScalewayConnection {
  readonly readOnly?: false
}

/** Somebody who can't write, whatever the key may do: no function that writes takes one. */
export interface ScalewayReader extends ScalewayConnection {
  readonly readOnly: true
}

/** The same account, for whoever only looks. */
export function readerOf<Connection extends ScalewayConnection>(
  connection: Connection,
): Omit<Connection, 'readOnly'> & ScalewayReader {
  return { ...connection, readOnly: true }
}

/** What every response has besides its body. */
export interface ScalewayAnswer {
  /** `Scaleway GET /secret-manager/…`, with only the end of an access key. */
  readonly request: string
  readonly status: number
  /** Empty when it has none. */
  readonly requestId: string
  /** By Scaleway's clock, to the second; undefined without a Date header. */
  readonly date: Date | undefined
  /** Milliseconds since 1970, by our clock. */
  readonly sentAt: number
  readonly receivedAt: number
}
