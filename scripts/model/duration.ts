const unitSeconds: Readonly<Record<string, number>> = { h: 3600, m: 60, s: 1 }

/** Seconds of a Go duration in whole hours, minutes and seconds (`1h`, `1h30m`), or undefined when it is malformed. */
export function durationSeconds(text: string): number | undefined {
  if (!/^(\d+h)?(\d+m)?(\d+s)?$/.test(text) || text === '') return undefined
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+)([hms])/g))
    seconds += Number(amount) * (unitSeconds[unit ?? ''] ?? 0)
  return seconds
}

/** Seconds of a period in whole days (`7d`), or of a Go duration (`36h`), or undefined when it is malformed. */
export function periodSeconds(text: string): number | undefined {
  const [, days] = /^(\d+)d$/.exec(text) ?? []
  return days === undefined ? durationSeconds(text) : Number(days) * 24 * 3600
}

/**
 * The form the operator itself writes back (`1h` becomes `1h0m0s`), so that nothing drifts.
 * Source: Go, time.Duration.String.
 */
export function canonicalDuration(text: string): string {
  const total = durationSeconds(text)
  if (total === undefined) return text
  const [hours, minutes, seconds] = [Math.floor(total / 3600), Math.floor((total % 3600) / 60), total % 60]
  if (hours > 0) return `${hours}h${minutes}m${seconds}s`
  return minutes > 0 ? `${minutes}m${seconds}s` : `${seconds}s`
}
