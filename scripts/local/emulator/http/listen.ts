import type { RequestListener, Server } from 'node:http'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { exitCodes, ProblemError } from '../../../lib/problems.ts'

export interface Listening {
  /** `http://127.0.0.1:8080`, without a trailing slash: Scaleway's clients refuse one. */
  readonly url: string
  readonly port: number
  /** Cuts what is open and frees the port. */
  close(): Promise<void>
}

export interface ListenOptions {
  /** What the port is for: `Scaleway API`. */
  readonly what: string
  readonly host: string
  /** 0 asks the system for a free one. */
  readonly port: number
  /** The option that changes the port. */
  readonly option: string
}

/**
 * Starts an HTTP server.
 *
 * @throws ProblemError `PORT_IN_USE`, `PORT_REFUSED` (exit code 2).
 */
export async function listen(handler: RequestListener, options: ListenOptions): Promise<Listening> {
  const server = createServer(handler)
  server.keepAliveTimeout = keepAliveMs
  const port = await bind(server, options)
  const host = options.host.includes(':') ? `[${options.host}]` : options.host
  return {
    url: `http://${host}:${port}`,
    port,
    close: () =>
      new Promise((resolve, reject) => {
        server.close((error) => (error ? reject(error) : resolve()))
        server.closeAllConnections()
      }),
  }
}

// --- internal ---

/** As load balancers do; Node's own 5 s are less than a busy machine may take between two requests of a client. */
const keepAliveMs = 60_000

function bind(server: Server, options: ListenOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => reject(portProblem(error, options)))
    server.listen({ host: options.host, port: options.port, exclusive: true }, () => {
      server.removeAllListeners('error')
      resolve((server.address() as AddressInfo).port)
    })
  })
}

function portProblem(error: NodeJS.ErrnoException, { what, host, port, option }: ListenOptions): ProblemError {
  const isTaken = error.code === 'EADDRINUSE'
  return new ProblemError(
    {
      code: isTaken ? 'PORT_IN_USE' : 'PORT_REFUSED',
      where: `${host}:${port}`,
      message: isTaken
        ? `the port is in use by another process, so the ${what} can't be served there. Expected a free port.`
        : `the ${what} can't be served there (${error.code ?? error.message}). Expected an address of this machine and a port it may open.`,
      fix: `Stop the other process, or choose another port with \`${option} <number>\`; 0 takes any free one.`,
    },
    exitCodes.usage,
  )
}
