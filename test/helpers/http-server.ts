import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { onTestFinished } from 'vitest'

/** How a server of a test answers one request. */
export interface Answer {
  /** Default: 200. `reset` breaks the connection without an answer. */
  readonly status?: number | 'reset'
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. A text is sent as it is. */
  readonly body?: unknown
}

export interface ReceivedRequest {
  readonly method: string
  readonly url: string
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export interface TestServer {
  readonly url: string
  readonly received: readonly ReceivedRequest[]
}

/** A server that gives these answers, one after the other and then the last one again; gone when the test is over. */
export async function serverWith(...answers: readonly Answer[]): Promise<TestServer> {
  const received: ReceivedRequest[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request.setEncoding('utf8')) body += chunk
    const { method = '', url = '', headers } = request
    const answer = answers[Math.min(received.length, answers.length - 1)] ?? {}
    received.push({ method, url, headers, body })
    if (answer.status === 'reset') {
      request.socket.resetAndDestroy()
      return
    }
    response.writeHead(answer.status ?? 200, { ...answer.headers })
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body ?? {}))
    // A server that announces more than it sends breaks off.
    if (answer.headers?.['content-length']) request.socket.end()
  })
  return { url: await listening(server), received }
}

/** Has a server listen on this machine until the test is over, and returns its address. */
export async function listening(server: Server): Promise<string> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  onTestFinished(() => {
    server.closeAllConnections()
    server.close()
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}
