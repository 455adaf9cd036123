import { once } from 'node:events'
import {
  createServer as createHttpServer,
  request as httpRequest,
  type IncomingHttpHeaders,
  type IncomingMessage,
  type ServerResponse,
} from 'node:http'
import { createServer as createHttpsServer } from 'node:https'
import { type AddressInfo, connect, createServer as createNetServer, type Server, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import type { IssuedCertificate } from './certificate-authority.ts'

/** A proxy on this machine, gone when the test is over. */
export interface TestProxy {
  readonly port: number
  readonly url: string
  /** `CONNECT api.example:443`, `GET http://api.example/things`, in the order they came. */
  readonly requests: readonly string[]
  readonly headers: readonly IncomingHttpHeaders[]
}

export interface ProxyOptions {
  /** Where it leads, by `host:port`; what is not in it, it connects to itself. */
  readonly routes?: Readonly<Record<string, number>>
  /** Answers everything with it. Default: it connects */
  readonly status?: number
  /** Never answers. */
  readonly isSilent?: boolean
  /** It is spoken to in TLS. */
  readonly tls?: IssuedCertificate
}

/** A proxy for HTTP and, by CONNECT, for TLS. */
export async function httpProxy({ routes = {}, status, isSilent = false, tls }: ProxyOptions = {}): Promise<TestProxy> {
  const requests: string[] = []
  const headers: IncomingHttpHeaders[] = []
  const server = tls ? createHttpsServer(tls) : createHttpServer()
  const note = (request: IncomingMessage) => {
    requests.push(`${request.method} ${request.url}`)
    headers.push(request.headers)
  }
  server.on('connect', (request, socket, head) => {
    note(request)
    socket.on('error', () => undefined)
    if (isSilent) return
    if (status !== undefined) {
      socket.end(`HTTP/1.1 ${status} Refused\r\nContent-Length: 4\r\n\r\nhtml`)
      return
    }
    const [host = '', port = ''] = (request.url ?? '').split(':')
    const target = connect(routes[request.url ?? ''] ?? Number(port), routes[request.url ?? ''] ? '127.0.0.1' : host)
    target.on('error', () => socket.end('HTTP/1.1 502 Bad Gateway\r\n\r\n'))
    target.once('connect', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n')
      target.write(head)
      target.pipe(socket).pipe(target)
    })
  })
  server.on('request', (request, response) => {
    note(request)
    if (status !== undefined) return void response.writeHead(status).end('html')
    const { hostname, port } = new URL(request.url ?? '')
    pass(request, response, new URL(`http://127.0.0.1:${routes[`${hostname}:${port || 80}`] ?? port}`))
  })
  const port = await listening(server)
  return { port, url: `${tls ? 'https' : 'http'}://127.0.0.1:${port}`, requests, headers }
}

/** A SOCKS 5 proxy without a login. Source: RFC 1928. */
export async function socksProxy(routes: Readonly<Record<string, number>>): Promise<TestProxy> {
  const requests: string[] = []
  const server = createNetServer(async (socket) => {
    socket.on('error', () => undefined)
    await once(socket, 'data')
    socket.write(Buffer.from([5, 0]))
    const [asked] = (await once(socket, 'data')) as [Buffer]
    const isName = asked[3] === 3
    const end = isName ? 5 + (asked[4] ?? 0) : 8
    const host = isName ? asked.subarray(5, end).toString() : asked.subarray(4, end).join('.')
    const address = `${host}:${asked.readUInt16BE(end)}`
    requests.push(`SOCKS ${address}`)
    const target = connect(routes[address] ?? 0, '127.0.0.1')
    target.on('error', () => socket.end(Buffer.from([5, 5, 0, 1, 0, 0, 0, 0, 0, 0])))
    target.once('connect', () => {
      socket.write(Buffer.from([5, 0, 0, 1, 0, 0, 0, 0, 0, 0]))
      target.pipe(socket).pipe(target)
    })
  })
  const port = await listening(server)
  return { port, url: `socks5://127.0.0.1:${port}`, requests, headers: [] }
}

/** A server that accepts connections and says nothing. */
export async function silentServer(): Promise<{ readonly port: number; readonly connections: () => number }> {
  let connections = 0
  const server = createNetServer((socket) => {
    connections++
    socket.on('error', () => undefined)
  })
  return { port: await listening(server), connections: () => connections }
}

export interface TestTlsServer {
  readonly port: number
  /** TCP connections so far. */
  readonly connections: () => number
  readonly requests: readonly { readonly line: string; readonly headers: IncomingHttpHeaders }[]
}

/**
 * A server that speaks TLS.
 *
 * @param body of every answer; an address of a server without TLS asks that one
 */
export async function tlsServer(certificate: IssuedCertificate, body: object | URL = {}): Promise<TestTlsServer> {
  const requests: { line: string; headers: IncomingHttpHeaders }[] = []
  let connections = 0
  const server = createHttpsServer({ ...certificate }, (request, response) => {
    requests.push({ line: `${request.method} ${request.url}`, headers: request.headers })
    if (body instanceof URL) return pass(request, response, body)
    request.resume()
    const isWatch = request.url?.includes('watch=true')
    if (!isWatch) return void response.end(JSON.stringify(body))
    response.write(`${JSON.stringify({ type: 'ADDED', object: { metadata: { name: 'a', resourceVersion: '2' } } })}\n`)
  })
  server.on('connection', () => connections++)
  // A client that does not trust the certificate ends the connection.
  server.on('tlsClientError', () => undefined)
  return { port: await listening(server), connections: () => connections, requests }
}

// --- internal ---

/** Has another server answer. */
function pass(request: IncomingMessage, response: ServerResponse, { hostname, port }: URL): void {
  const { method, headers } = request
  const path = (request.url ?? '').replace(/^http:\/\/[^/]+/, '')
  const onward = httpRequest({ hostname, port, method, path, headers })
  onward.once('response', (answer) => {
    response.writeHead(answer.statusCode ?? 0, answer.headers)
    answer.pipe(response)
  })
  request.pipe(onward)
}

async function listening(server: Server): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket) => {
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}
