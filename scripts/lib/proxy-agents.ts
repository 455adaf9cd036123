import type { Agent, ClientRequest } from 'node:http'
import type { Socket } from 'node:net'
import { rootCertificates } from 'node:tls'
import type { AgentConnectOpts } from 'agent-base'
import { ProxyFailure } from './connection-fault.ts'
import type { ProxyServer } from './proxies.ts'

/** What a request that goes through a proxy has among its options, for the time until it has its connection. */
export interface ConnectOptions {
  /** Ends the connecting; its reason becomes the error of the request. */
  readonly connecting: AbortSignal
}

/**
 * An agent whose connections go through a proxy and are kept open between requests. Every request needs `ConnectOptions`:
 * without, nothing would end one whose proxy never answers. Fails with a ProxyFailure as long as the proxy has no
 * connection to the server. The libraries are loaded only where there is a proxy.
 *
 * @param isTls whether the server speaks TLS, which is then between it and us alone
 * @param ca PEM, accepted besides the public authorities from a proxy that speaks TLS. Default: none
 */
export async function proxyAgent(proxy: ProxyServer, isTls: boolean, ca?: string): Promise<Agent> {
  const { protocol } = proxy.url
  if (protocol.startsWith('socks5')) return socksAgent(proxy)
  return isTls ? tunnelAgent(proxy, ca) : forwardAgent(proxy, ca)
}

// --- internal ---

type Options = AgentConnectOpts & Partial<ConnectOptions>

/** Asks the proxy for a connection to the server: CONNECT. */
async function tunnelAgent(proxy: ProxyServer, ca: string | undefined): Promise<Agent> {
  const { HttpsProxyAgent } = await import('https-proxy-agent')
  return new (class extends HttpsProxyAgent<string> {
    override async connect(request: ClientRequest, options: AgentConnectOpts): Promise<Socket> {
      let status = 200
      request.once('proxyConnect', (answer: { readonly statusCode: number }) => {
        status = answer.statusCode
      })
      const socket = await viaProxy(proxy, options, (signal) => {
        // Read before the first await of the library.
        this.connectOpts = { ...this.connectOpts, signal }
        return super.connect(request, options)
      })
      if (status === 200) return socket
      socket.destroy()
      throw new ProxyFailure(proxy, { status })
    }
  })(proxy.url, agentOptions(proxy, ca))
}

/** Gives the proxy the whole request: a server without TLS. */
async function forwardAgent(proxy: ProxyServer, ca: string | undefined): Promise<Agent> {
  const { HttpProxyAgent } = await import('http-proxy-agent')
  return new (class extends HttpProxyAgent<string> {
    override connect(request: ClientRequest, options: AgentConnectOpts): Promise<Socket> {
      return viaProxy(proxy, options, (signal) => {
        this.connectOpts = { ...this.connectOpts, signal }
        return super.connect(request as Parameters<InstanceType<typeof HttpProxyAgent>['connect']>[0], options)
      })
    }
  })(proxy.url, agentOptions(proxy, ca))
}

/** The proxy finds the address of a name, as with Go's programs. */
async function socksAgent(proxy: ProxyServer): Promise<Agent> {
  const { SocksProxyAgent } = await import('socks-proxy-agent')
  const url = new URL(proxy.url.href.replace(/^socks5:/, 'socks5h:'))
  const [user = '', ...password] = proxy.login?.split(':') ?? []
  url.username = encodeURIComponent(user)
  url.password = encodeURIComponent(password.join(':'))
  return new (class extends SocksProxyAgent {
    override connect(request: ClientRequest, options: AgentConnectOpts): Promise<Socket> {
      return viaProxy(proxy, options, () => super.connect(request, options))
    }
  })(url, { keepAlive: true })
}

/** The credentials are a header and not in the address, which the libraries print where DEBUG is set. */
function agentOptions({ url, login }: ProxyServer, ca: string | undefined) {
  const authorization = login === undefined ? {} : { 'Proxy-Authorization': `Basic ${base64(login)}` }
  const tls = url.protocol === 'https:' && ca !== undefined ? { ca: [ca, ...rootCertificates] } : {}
  return { keepAlive: true, headers: authorization, ...tls }
}

async function viaProxy(
  proxy: ProxyServer,
  { connecting }: Options,
  connect: (signal: AbortSignal | undefined) => Promise<Socket>,
): Promise<Socket> {
  connecting?.throwIfAborted()
  const ended = connecting && rejection(connecting)
  try {
    return await Promise.race([connect(connecting), ...(ended ? [ended] : [])])
  } catch (error) {
    connecting?.throwIfAborted()
    throw new ProxyFailure(proxy, error as NodeJS.ErrnoException)
  }
}

function rejection(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason), { once: true }))
}

function base64(text: string): string {
  return Buffer.from(text).toString('base64')
}
