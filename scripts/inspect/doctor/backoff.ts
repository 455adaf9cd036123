import { toTheSecondMs } from '../../cluster/external-secrets.ts'
import type { Condition } from '../../kubernetes/kinds.ts'
import { age } from '../../lib/age.ts'
import type { ExternalSecretFacts } from './observe/tier.ts'

/** When the operator tries a failing ExternalSecret again. */
export interface Tries {
  /** When it failed last, as far as its events show. */
  readonly last: Date
  /** About when it tries again by itself. */
  readonly next: Date
  /** The latest time at which it does so. */
  readonly latest: Date
}

/** The longest pause between two tries. Source: external-secrets, pkg/controllers/common, the rate limiter. */
export const longestPauseMs = 7 * 60_000

/**
 * The pause is a second after the first failure, and doubles with each. Where nobody interferes it is so about as long as
 * everything before it; each change of the object is one more try, which the events count. Undefined for an ExternalSecret
 * that does not fail, or whose events are gone or may not be read.
 */
export function triesOf({
  sync,
  object,
  warning,
  failures,
}: Pick<ExternalSecretFacts, 'sync' | 'object' | 'warning' | 'failures'>): Tries | undefined {
  if (sync.state !== 'failed' || !warning) return undefined
  const since = failingSince(object?.status?.conditions)
  const last = warning.at.getTime()
  // The event of the first failure may be a second older than the condition.
  if (since === undefined || last < since - toTheSecondMs) return undefined
  const own = failures.filter((one) => one.last.getTime() >= since)
  const count = own.reduce((sum, { first, count }) => sum + (first.getTime() >= since - toTheSecondMs ? count : 1), 0)
  const byTime = last - since + 1_000
  const byCount = 1_000 * 2 ** Math.min(count - 1, 20)
  const pauseMs = Math.min(longestPauseMs, Math.max(1_000, byTime, byCount))
  return { last: warning.at, next: new Date(last + pauseMs), latest: new Date(last + longestPauseMs) }
}

/** `in 40 s, at about 2026-11-24T12:00:00Z` */
export function dueText({ next }: Pick<Tries, 'next'>, now: Date): string {
  const leftMs = next.getTime() - now.getTime()
  return leftMs < 1_000 ? 'any moment now' : `in ${age(leftMs)}, at about ${timeText(next)}`
}

/** Whether it was just tried and will soon be tried again: as after a deployment, whose objects arrive one by one. */
export function isTriedSoon({ last, next }: Tries, now: Date): boolean {
  return next.getTime() - now.getTime() <= soonMs && now.getTime() - last.getTime() <= 2 * soonMs
}

/** `2026-11-24T12:00:00Z` */
export function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

// --- internal ---

const soonMs = 10_000

/** Milliseconds since 1970. */
function failingSince(conditions: readonly Condition[] | undefined): number | undefined {
  const ready = conditions?.find(({ type }) => type === 'Ready')
  const time = Date.parse(ready?.lastTransitionTime ?? '')
  return Number.isNaN(time) ? undefined : time
}
