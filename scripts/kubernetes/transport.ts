import { setMaxListeners } from 'node:events'
import { Agent as HttpAgent, request as httpRequest, type IncomingMessage } from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { unreachable } from './errors.ts'
import type { ClusterConnection } from './kubeconfig.ts'

export type TransportOptions = Pick<ClusterConnection, 'server'> &
  Partial<ClusterConnection> & {
    /** Act as this user; the connection's own user must be allowed to impersonate. */
    readonly impersonate?: string
  }

export interface TransportRequest {
  readonly method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'
  /** With its query. */
  readonly path: string
  readonly contentType?: string
  readonly body?: string
  readonly signal?: AbortSignal | undefined
  /** Default: 30,000; 0 waits without end, for a watch. */
  readonly timeoutMs?: number
}

/** Connections to one API server, kept open between requests. */
export interface Transport extends Disposable {
  /** Rejects with the problem `CLUSTER_UNREACHABLE`, or with the signal's reason. The caller reads the body. */
  send(request: TransportRequest): Promise<IncomingMessage>
}

export function openTransport(connection: TransportOptions): Transport {
  const { server, ca, clientCertificate, clientKey, skipVerify, serverName, impersonate } = connection
  const isHttps = server.startsWith('https:')
  const agent = isHttps
    ? new HttpsAgent({
        keepAlive: true,
        ...(ca === undefined ? {} : { ca }),
        ...(clientCertificate === undefined ? {} : { cert: clientCertificate }),
        ...(clientKey === undefined ? {} : { key: clientKey }),
        ...(serverName === undefined ? {} : { servername: serverName }),
        rejectUnauthorized: skipVerify !== true,
      })
    : new HttpAgent({ keepAlive: true })
  const open = isHttps ? httpsRequest : httpRequest
  const currentToken = connection.currentToken ?? (async () => connection.token)
  const send = async (options: TransportRequest, mayRetry: boolean): Promise<IncomingMessage> => {
    // Every request in progress listens to it.
    if (options.signal) setMaxListeners(0, options.signal)
    const token = await currentToken()
    return new Promise((resolve, reject) => {
      const { method, path, contentType = 'application/json', body, signal, timeoutMs = 30_000 } = options
      const headers: Record<string, string | number> = { accept: 'application/json' }
      if (token !== undefined) headers.authorization = `Bearer ${token}`
      if (impersonate !== undefined) headers['impersonate-user'] = impersonate
      if (body !== undefined) {
        headers['content-type'] = contentType
        headers['content-length'] = Buffer.byteLength(body)
      }
      const request = open(`${server}${path}`, { method, agent, headers, ...(signal ? { signal } : {}) }, resolve)
      if (timeoutMs > 0) request.setTimeout(timeoutMs, () => request.destroy(timedOut()))
      request.on('error', (error: NodeJS.ErrnoException) => {
        // A server may close an idle connection just when it is used again; sending the request once more is safe
        // for everything but a creation.
        const isIdleClose = request.reusedSocket && error.code === 'ECONNRESET'
        if (mayRetry && isIdleClose && method !== 'POST') resolve(send(options, false))
        else reject(signal?.aborted ? signal.reason : unreachable(server, error))
      })
      request.end(body)
    })
  }
  return {
    send: (request) => send(request, true),
    [Symbol.dispose]: () => agent.destroy(),
  }
}

// --- internal ---

function timedOut(): NodeJS.ErrnoException {
  return Object.assign(new Error('no response in time'), { code: 'ETIMEDOUT' })
}
