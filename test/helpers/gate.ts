import { once } from 'node:events'
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http'
import { request as httpsRequest } from 'node:https'
import type { AddressInfo } from 'node:net'

/** A request that goes through a gate, whole. */
export interface GateRequest {
  readonly method: string
  /** With its query. */
  readonly url: string
  readonly body: string
}

export interface GateAnswer {
  readonly status: number
  readonly headers?: Readonly<Record<string, string | string[] | undefined>>
  readonly body: string
  /** What the server sent, which need not be text. */
  readonly bytes?: Buffer
  /** Of a watch: what comes later; the body is empty then. */
  readonly stream?: IncomingMessage
}

/**
 * What happens to a request: an answer, `reset` breaks the connection, `hang` never answers. `forward` asks the real
 * server.
 */
export type Gatekeeper = (
  request: GateRequest,
  forward: () => Promise<GateAnswer>,
) => Promise<GateAnswer | 'reset' | 'hang'>

/** A server before another one. */
export interface Gate extends AsyncDisposable {
  readonly url: string
}

/** The real server, with the certificate authority to trust it by when it is https. */
export interface GateTarget {
  readonly url: string
  readonly ca?: string
  /** For clients that send none without https, as Helm and kubectl do. */
  readonly token?: string
}

export async function startGate(target: GateTarget, gatekeeper: Gatekeeper): Promise<Gate> {
  const server = createServer(async (incoming, response) => {
    const bytes = await bytesOf(incoming)
    const { method = 'GET', url = '/' } = incoming
    const request = { method, url, body: bytes.toString() }
    const answer = await gatekeeper(request, () => ask(target, incoming, bytes)).catch(() => 'reset' as const)
    if (answer === 'hang') return
    if (answer === 'reset') {
      incoming.socket.resetAndDestroy()
      return
    }
    const { 'transfer-encoding': _, 'content-length': __, ...kept } = answer.headers ?? {}
    response.writeHead(answer.status, definedOf(kept))
    if (!answer.stream) {
      response.end(answer.bytes ?? answer.body)
      return
    }
    response.flushHeaders()
    answer.stream.on('error', () => response.destroy()).pipe(response)
    response.on('close', () => answer.stream?.destroy())
  })
  // A client may ask once more on a connection after a pause that a busy machine makes longer.
  server.keepAliveTimeout = 60_000
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    async [Symbol.asyncDispose]() {
      server.closeAllConnections()
      server.close()
    },
  }
}

// --- internal ---

function ask(
  { url, ca, token }: GateTarget,
  { method, url: path, headers }: IncomingMessage,
  body: Buffer,
): Promise<GateAnswer> {
  // What a gatekeeper looks at has to be readable.
  const { host: _, connection: __, 'accept-encoding': ___, ...kept } = headers
  const open = url.startsWith('https:') ? httpsRequest : httpRequest
  return new Promise((resolve, reject) => {
    const login = token === undefined || kept.authorization ? {} : { authorization: `Bearer ${token}` }
    const options = { method, headers: { ...kept, ...login }, ...(ca === undefined ? {} : { ca }) }
    const request = open(`${url}${path}`, options, async (answer) => {
      const told = { status: answer.statusCode ?? 0, headers: answer.headers }
      const isWatch = /[?&]watch=true/.test(path ?? '') && told.status === 200
      if (isWatch) return resolve({ ...told, body: '', stream: answer })
      const bytes = await bytesOf(answer)
      resolve({ ...told, body: bytes.toString(), bytes })
    })
    request.on('error', reject)
    request.end(body)
  })
}

async function bytesOf(message: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of message) chunks.push(chunk as Buffer)
  return Buffer.concat(chunks)
}

function definedOf(headers: NonNullable<GateAnswer['headers']>): Record<string, string | string[]> {
  return Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== undefined)) as Record<
    string,
    string
  >
}
