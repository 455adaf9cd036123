import type { IncomingMessage } from 'node:http'
import { KubernetesError, unreachable } from './errors.ts'
import type { Kind } from './kinds.ts'

export interface WatchEvent<T> {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED' | 'BOOKMARK'
  readonly object: T
}

/**
 * The whole body of a response, as text.
 *
 * @param signal of the request
 * @throws ProblemError `CLUSTER_UNREACHABLE` when it breaks off; the signal's reason when aborted
 */
export async function readBody(response: IncomingMessage, server: string, signal?: AbortSignal): Promise<string> {
  const chunks: Buffer[] = []
  try {
    for await (const chunk of response) chunks.push(chunk as Buffer)
  } catch (error) {
    signal?.throwIfAborted()
    throw unreachable(server, error as NodeJS.ErrnoException)
  }
  return Buffer.concat(chunks).toString('utf8')
}

/**
 * A text as JSON.
 *
 * @throws KubernetesError, not the parser's own error, which may quote a secret
 */
export function parseJson<T>(text: string, request: string, status: number): T {
  try {
    return JSON.parse(text) as T
  } catch {
    throw new KubernetesError(request, status, 'Unknown', 'the server answered with something other than JSON', true)
  }
}

/** The events of a watch, until the server or the signal ends it. */
export async function* watchEvents<T>(response: IncomingMessage, kind: Kind, server: string, signal?: AbortSignal) {
  // A later signal must end the body too, which a request that has its response no longer does by itself.
  const end = () => response.destroy()
  signal?.addEventListener('abort', end, { once: true })
  try {
    for await (const line of lines(response)) {
      const event = parseJson<WatchEvent<T> | WatchFailure>(line, `WATCH ${kind.plural}`, 200)
      if (event.type !== 'ERROR') yield event
      else {
        const { code = 0, reason = 'Unknown' } = event.object
        throw new KubernetesError(`WATCH ${kind.plural}`, code, reason, 'the watch was ended by the server')
      }
    }
  } catch (error) {
    if (signal?.aborted) return
    throw error instanceof Error && 'code' in error ? unreachable(server, error as NodeJS.ErrnoException) : error
  } finally {
    signal?.removeEventListener('abort', end)
    response.destroy()
  }
}

// --- internal ---

interface WatchFailure {
  readonly type: 'ERROR'
  readonly object: { readonly code?: number; readonly reason?: string }
}

/** Not node:readline, whose iterator never ends when its input is cut off. */
async function* lines(response: IncomingMessage) {
  const decoder = new TextDecoder()
  let rest = ''
  for await (const chunk of response) {
    const parts = (rest + decoder.decode(chunk as Buffer, { stream: true })).split('\n')
    rest = parts.pop() ?? ''
    yield* parts.filter((line) => line !== '')
  }
}
