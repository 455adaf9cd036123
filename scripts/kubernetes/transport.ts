import { X509Certificate } from 'node:crypto'
import { setMaxListeners } from 'node:events'
import type { IncomingMessage, OutgoingHttpHeaders } from 'node:http'
import { createSecureContext } from 'node:tls'
import { httpClient, type TlsSettings } from '../lib/http-client.ts'
import { unlessAborted } from '../lib/pause.ts'
import { ProblemError } from '../lib/problems.ts'
import { unreachable } from './errors.ts'
import type { ClusterConnection } from './kubeconfig.ts'
import { bad } from './kubeconfig-entries.ts'
import { impersonationHeaders } from './user-entry.ts'

export type TransportOptions = Pick<ClusterConnection, 'server'> &
  Partial<ClusterConnection> & {
    /** Act as this user, in place of whom the kubeconfig names; the connection's own user must be allowed to. */
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
  const { server, impersonate, impersonation, basic } = connection
  const client = httpClient({ proxyOf: connection.proxyOf, tls: tlsSettings(connection) })
  const currentToken = connection.currentToken ?? (async () => connection.token)
  const actsFor = impersonate === undefined ? impersonation : { user: impersonate, groups: [], extra: new Map() }
  let isChecked = false
  const send = async (options: TransportRequest): Promise<IncomingMessage> => {
    const { method, path, contentType = 'application/json', body, signal, timeoutMs } = options
    // Every request in progress listens to it.
    if (signal) setMaxListeners(0, signal)
    if (!isChecked) refuseUnreadable(connection)
    isChecked = true
    // A login plugin may take long.
    const token = await unlessAborted(currentToken(), signal)
    const headers: OutgoingHttpHeaders = {
      accept: 'application/json',
      ...(actsFor ? impersonationHeaders(actsFor) : {}),
    }
    if (token !== undefined) headers.authorization = `Bearer ${token}`
    else if (basic !== undefined) headers.authorization = `Basic ${Buffer.from(basic).toString('base64')}`
    if (body !== undefined) {
      headers['content-type'] = contentType
      headers['content-length'] = Buffer.byteLength(body)
    }
    let isReused = () => false
    try {
      const url = new URL(`${server}${path}`)
      return await client.send({ method, url, headers, body, signal, timeoutMs }, (request) => {
        isReused = () => request.reusedSocket
      })
    } catch (error) {
      signal?.throwIfAborted()
      if (error instanceof ProblemError) throw error
      // A server may close an idle connection just when it is used again, and others that were idle as long with it, until
      // there is a new one. Sending the request once more is safe for everything but a creation.
      const isIdleClose = isReused() && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (isIdleClose && method !== 'POST') return send(options)
      throw unreachable(server, error)
    }
  }
  return {
    send,
    [Symbol.dispose]: () => client[Symbol.dispose](),
  }
}

// --- internal ---

function tlsSettings({ ca, clientCertificate, clientKey, skipVerify, serverName }: TransportOptions): TlsSettings {
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(clientCertificate === undefined ? {} : { cert: clientCertificate }),
    ...(clientKey === undefined ? {} : { key: clientKey }),
    ...(serverName === undefined ? {} : { serverName }),
    rejectUnauthorized: skipVerify !== true,
  }
}

/** Node ignores an authority that it can't read, and answers to a bad key with an error that looks like a mistake of ours. */
function refuseUnreadable({ context, server, ca, clientCertificate, clientKey }: TransportOptions): void {
  if (!server.startsWith('https:')) return
  const where = context === undefined ? server : `kubeconfig context "${context}"`
  const refuse = (what: string, act: () => unknown) => {
    try {
      act()
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code ?? 'unreadable'
      throw bad(where, `${what} (${code}). Expected PEM.`)
    }
  }
  if (ca !== undefined) refuse("its certificate-authority can't be read", () => new X509Certificate(ca))
  if (clientCertificate === undefined || clientKey === undefined) return
  refuse("its client certificate and key can't be read, or don't belong together", () =>
    createSecureContext({ cert: clientCertificate, key: clientKey }),
  )
}
