import type { IncomingMessage } from 'node:http'
import type { ConnectionFault } from '../lib/connection-fault.ts'

/** A response; its body is read once at most. */
export interface ScalewayResponse {
  readonly status: number
  readonly header: (name: string) => string
  /** Rejects when the body breaks off. */
  readonly json: () => Promise<unknown>
  /** The body is not needed; the connection is used again. */
  readonly drop: () => void
}

export function responseOf(message: IncomingMessage): ScalewayResponse {
  return {
    status: message.statusCode ?? 0,
    header: (name) => String(message.headers[name] ?? ''),
    json: async () => {
      const chunks: Buffer[] = []
      for await (const chunk of message) chunks.push(chunk as Buffer)
      return JSON.parse(Buffer.concat(chunks).toString('utf8'))
    },
    drop: () => {
      const timer = setTimeout(() => message.destroy(), dropMs).unref()
      message.once('close', () => clearTimeout(timer))
      message.on('error', () => undefined).resume()
    },
  }
}

export function isResponse(answer: ScalewayResponse | ConnectionFault): answer is ScalewayResponse {
  return 'status' in answer
}

// --- internal ---

/** How long a body that nobody reads may take to end, before its connection is closed. */
const dropMs = 1_000
