import {
  type Agent,
  type ClientRequest,
  Agent as HttpAgent,
  request as httpRequest,
  type IncomingMessage,
  type OutgoingHttpHeaders,
} from 'node:http'
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https'
import { isIP } from 'node:net'
import { checkServerIdentity, type PeerCertificate } from 'node:tls'
import { ProxyFailure, throughProxy } from './connection-fault.ts'
import { hostOf, noProxy, type ProxyOf, type ProxyServer } from './proxies.ts'

/** How a server is trusted, and what it is shown. All in PEM. */
export interface TlsSettings {
  /** Default: the public authorities, and those of NODE_EXTRA_CA_CERTS. */
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
  /** Which name the server's certificate must have. Default: the host of the address. */
  readonly serverName?: string
  /** Default: true */
  readonly rejectUnauthorized?: boolean
}

export interface HttpClientOptions {
  /** Default: none */
  readonly proxyOf?: ProxyOf | undefined
  readonly tls?: TlsSettings
  /** After which an unused connection is closed, before the server does it under a request. Default: never */
  readonly idleMs?: number
}

export interface HttpRequest {
  readonly method: string
  readonly url: URL
  readonly headers: OutgoingHttpHeaders
  readonly body?: string | undefined
  /** Ends the request, and its response too. */
  readonly signal?: AbortSignal | undefined
  /** Silence after which the request fails with ETIMEDOUT. Default: 30,000; 0 waits without end for the server. */
  readonly timeoutMs?: number | undefined
}

/** Connections to servers, kept open between requests. */
export interface HttpClient extends Disposable {
  /**
   * The response, whatever its status; the caller reads its body. A redirect is not followed.
   *
   * @param sent is called with the request as soon as there is one
   * @throws the error of the connection, see `connectionFault`; the signal's reason when it ended the request
   */
  send(request: HttpRequest, sent?: (request: ClientRequest) => void): Promise<IncomingMessage>
}

/** A client for one server, or for servers that are trusted alike. */
export function httpClient({ proxyOf = noProxy, tls = {}, idleMs }: HttpClientOptions = {}): HttpClient {
  const agents = new Map<string, Promise<Agent>>()
  const agentOf = (isTls: boolean, proxy: ProxyServer | undefined) => {
    const name = `${isTls} ${proxy?.login ?? ''} ${proxy?.url.href ?? ''}`
    const known = agents.get(name) ?? (proxy ? viaProxy(proxy, isTls, tls.ca) : direct(isTls, idleMs))
    agents.set(name, known)
    return known
  }
  const close = async (agent: Promise<Agent>) => (await agent).destroy()
  return {
    async send(request, sent) {
      const { url, signal } = request
      const isTls = url.protocol === 'https:'
      const proxy = proxyOf(url)
      const agent = await agentOf(isTls, proxy)
      signal?.throwIfAborted()
      return exchange({ request, agent, proxy, tls: isTls ? tlsOptions(url, tls) : {} }, sent)
    },
    [Symbol.dispose]() {
      for (const agent of agents.values()) void close(agent)
    },
  }
}

/** As a connection ends that nothing is heard from. */
export function timedOut(): NodeJS.ErrnoException {
  return Object.assign(new Error('no response in time'), { code: 'ETIMEDOUT' })
}

// --- internal ---

/** How long a proxy may take for a connection, where the server itself may be silent for ever. */
const connectMs = 30_000

async function direct(isTls: boolean, timeout: number | undefined): Promise<Agent> {
  const options = { keepAlive: true, ...(timeout === undefined ? {} : { timeout }) }
  return isTls ? new HttpsAgent(options) : new HttpAgent(options)
}

async function viaProxy(proxy: ProxyServer, isTls: boolean, ca: string | undefined): Promise<Agent> {
  const { proxyAgent } = await import('./proxy-agents.ts')
  return proxyAgent(proxy, isTls, ca)
}

/**
 * The name is given to the check itself: inside of a tunnel Node would take an address (an IP) for no name at all, and
 * compare the certificate with the name of the proxy.
 */
function tlsOptions(url: URL, { ca, cert, key, serverName, rejectUnauthorized = true }: TlsSettings) {
  const expected = serverName ?? hostOf(url)
  return {
    ...(ca === undefined ? {} : { ca }),
    ...(cert === undefined ? {} : { cert }),
    ...(key === undefined ? {} : { key }),
    servername: isIP(expected) ? '' : expected,
    rejectUnauthorized,
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(expected, certificate),
  }
}

interface Exchange {
  readonly request: HttpRequest
  readonly agent: Agent
  readonly proxy: ProxyServer | undefined
  readonly tls: object
}

function exchange(
  { request: { method, url, headers, body, signal, timeoutMs = 30_000 }, agent, proxy, tls }: Exchange,
  sent: ((request: ClientRequest) => void) | undefined,
): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => {
    const connecting = new AbortController()
    const open = url.protocol === 'https:' ? httpsRequest : httpRequest
    // A field of our own, which only the agents of proxies read.
    const own = { connecting: connecting.signal }
    const request = open(url, { method, agent, headers, ...tls, ...own, ...(signal ? { signal } : {}) })
    const giveUp = () => connecting.abort(signal?.aborted ? signal.reason : timedOut())
    const timer = setTimeout(giveUp, timeoutMs || connectMs)
    signal?.addEventListener('abort', giveUp, { once: true })
    const connected = () => {
      clearTimeout(timer)
      signal?.removeEventListener('abort', giveUp)
    }
    request.once('socket', connected)
    if (timeoutMs > 0) request.setTimeout(timeoutMs, () => request.destroy(timedOut()))
    request.once('response', (response: IncomingMessage) => {
      // Of a whole request that was given to a proxy, this answer is the proxy's own.
      if (proxy && url.protocol === 'http:' && response.statusCode === 407) {
        response.destroy()
        reject(new ProxyFailure(proxy, { status: 407 }))
        return
      }
      const end = () => response.destroy()
      signal?.addEventListener('abort', end, { once: true })
      response.once('close', () => signal?.removeEventListener('abort', end))
      resolve(response)
    })
    request.once('error', (error) => {
      connected()
      reject(signal?.aborted ? signal.reason : proxy ? throughProxy(error, proxy) : error)
    })
    sent?.(request)
    request.end(body)
  })
}
