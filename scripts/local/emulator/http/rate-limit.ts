import { type ApiError, tooManyRequests } from './api-error.ts'

/** Requests per second and source address; recorded answers carry `X-Ratelimit-Limit: 50, 50;w=1`. */
export interface RateLimit {
  /** The headers every answer carries, and the refusal when the second is used up. */
  count(source: string, now: Date): { readonly headers: Record<string, string>; readonly refusal?: ApiError }
}

export function createRateLimit(perSecond: number): RateLimit {
  let second = Number.NaN
  let used = new Map<string, number>()

  return {
    count(source, now) {
      const current = Math.floor(now.getTime() / 1000)
      if (current !== second) {
        second = current
        used = new Map()
      }
      const count = (used.get(source) ?? 0) + 1
      used.set(source, count)
      const headers = {
        'x-ratelimit-limit': `${perSecond}, ${perSecond};w=1`,
        'x-ratelimit-remaining': String(Math.max(0, perSecond - count)),
        'x-ratelimit-reset': '1',
      }
      return count > perSecond ? { headers, refusal: tooManyRequests(perSecond, 1, now) } : { headers }
    },
  }
}
