import type { IncomingMessage } from 'node:http'
import { ApiError, invalidArguments } from './api-error.ts'

/** Room for a payload of 64 KiB in base64, and for tests of what is too large. */
const maxBodyBytes = 1024 * 1024

/**
 * The bytes of a request. A body that is too large is read to its end but not kept, so that the client gets its response.
 *
 * @throws ApiError 413
 */
export async function readBody(request: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size <= maxBodyBytes) chunks.push(chunk)
  }
  if (size > maxBodyBytes) throw new ApiError(413, { message: 'request body is too large' })
  return Buffer.concat(chunks)
}

/**
 * An empty body reads as an empty object: actions such as `protect` are sent without one.
 *
 * @throws ApiError 400; the message does not quote the body, as the one of `JSON.parse` would.
 */
export function parseBody(body: Buffer): unknown {
  if (body.length === 0) return {}
  try {
    return JSON.parse(body.toString('utf8'))
  } catch {
    throw invalidArguments({ argument_name: 'body', help_message: 'the body is not valid JSON', reason: 'format' })
  }
}
