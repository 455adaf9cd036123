import type { Call } from './call.ts'

export type Method = 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface Answer {
  readonly status: number
  readonly body?: unknown
}

/** One call of the API: its name in the request log, its pattern, what answers it. */
export interface Route {
  /** Stable name for faults and counts: `secrets.list`, `versions.access`. */
  readonly name: string
  readonly method: Method
  /** `/iam/v1alpha1/policies/:policy_id`; a segment that starts with `:` matches any one segment. */
  readonly pattern: string
  handle(call: Call): Answer
}

export interface Match {
  readonly route: Route
  readonly params: Readonly<Record<string, string>>
}

export interface Router {
  /** The route, or what is wrong: no such path, or the methods this path has. */
  match(method: string, path: string): Match | 'unknown' | readonly Method[]
}

/** Literal segments win over parameters: `/secrets/browse` is never a secret called "browse". */
export function createRouter(routes: readonly Route[]): Router {
  const compiled = routes
    .map((route) => ({ route, segments: route.pattern.split('/') }))
    .sort((a, b) => parameters(a.segments) - parameters(b.segments))

  return {
    match(method, path) {
      const parts = decode(path)
      if (!parts) return 'unknown'
      const allowed: Method[] = []
      for (const { route, segments } of compiled) {
        const params = matchSegments(segments, parts)
        if (!params) continue
        if (route.method === method) return { route, params }
        allowed.push(route.method)
      }
      return allowed.length > 0 ? allowed.sort() : 'unknown'
    },
  }
}

// --- internal ---

function parameters(segments: readonly string[]): number {
  return segments.filter((segment) => segment.startsWith(':')).length
}

function decode(path: string): string[] | undefined {
  try {
    return path.split('/').map(decodeURIComponent)
  } catch {
    return undefined
  }
}

function matchSegments(segments: readonly string[], parts: readonly string[]): Record<string, string> | undefined {
  if (segments.length !== parts.length) return undefined
  const params: Record<string, string> = {}
  for (const [index, segment] of segments.entries()) {
    const part = parts[index] ?? ''
    if (segment.startsWith(':')) {
      if (part === '') return undefined
      params[segment.slice(1)] = part
    } else if (segment !== part) return undefined
  }
  return params
}
