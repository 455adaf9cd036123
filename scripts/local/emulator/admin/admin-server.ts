import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http'
import { ProblemError } from '../../../lib/problems.ts'
import { ApiError, internalError } from '../http/api-error.ts'
import { bodyArguments } from '../http/arguments.ts'
import { parseBody, readBody } from '../http/body.ts'
import { createRouter } from '../http/router.ts'
import type { AdminRoute } from './admin-routes.ts'

/**
 * Serves the admin routes. It asks for no key, so it is bound to 127.0.0.1 only, and refuses what a page in a
 * browser could send there: a foreign `Host`, or any `Origin`.
 */
export function adminServer(routes: readonly AdminRoute[], onBug: (error: unknown) => void): RequestListener {
  const handlers = new Map(routes.map((route) => [route.name, route]))
  const router = createRouter(routes.map(({ name, method, pattern }) => ({ name, method, pattern, handle: unused })))

  return (request, response) => {
    void answer(request)
      .catch((error: unknown) => {
        if (error instanceof ApiError) return error
        if (error instanceof ProblemError) return new ApiError(500, { message: error.message, type: 'problem' })
        onBug(error)
        return internalError()
      })
      .then((result) => send(response, result))
  }

  async function answer(request: IncomingMessage) {
    const bytes = await readBody(request)
    if (!isLocal(request)) throw new ApiError(403, { message: 'only for programs on this machine' })
    const found = router.match(request.method ?? 'GET', (request.url ?? '/').split('?')[0] ?? '/')
    if (found === 'unknown') throw new ApiError(404, { message: 'not found' })
    if (!('route' in found)) throw new ApiError(405, { message: 'method not allowed' }, { allow: found.join(', ') })
    const handler = handlers.get(found.route.name)
    if (!handler) throw new Error(`no handler for ${found.route.name}`)
    return handler.handle({ params: found.params, body: () => bodyArguments(parseBody(bytes)) })
  }
}

// --- internal ---

function unused(): never {
  throw new Error('admin routes are answered by their own handlers')
}

function isLocal({ headers }: IncomingMessage): boolean {
  const host = (headers.host ?? '').replace(/:\d+$/, '')
  return headers.origin === undefined && ['127.0.0.1', 'localhost', '[::1]'].includes(host)
}

function send(
  response: ServerResponse,
  { status, body, headers = {} }: { status: number; body?: unknown; headers?: Readonly<Record<string, string>> },
): void {
  if (response.destroyed) return
  response.writeHead(status, { ...headers, 'content-type': 'application/json' })
  response.end(body === undefined ? undefined : JSON.stringify(body))
}
