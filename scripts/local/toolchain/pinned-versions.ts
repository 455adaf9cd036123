/** The three numbers of a version such as `v4.3.1`, `1.34.4+k3s1` or `1.37`; missing ones are 0. */
export function parseVersion(text: string): readonly [number, number, number] | undefined {
  const match = /^v?(\d+)(?:\.(\d+))?(?:\.(\d+))?/.exec(text)
  if (!match) return undefined
  return [Number(match[1]), Number(match[2] ?? 0), Number(match[3] ?? 0)]
}

/**
 * Whether a version fits a range of space-separated bounds, all of which must hold: `>=4.3.0 <5.0.0`.
 * Pre-release and build suffixes are not compared.
 */
export function satisfies(version: string, range: string): boolean {
  const numbers = parseVersion(version)
  if (!numbers) return false
  return range.split(' ').every((bound) => {
    const match = /^(>=|<)(.+)$/.exec(bound)
    const limit = parseVersion(match?.[2] ?? '')
    if (!match || !limit) throw new Error(`no version range: ${range}`)
    const order = compareNumbers(numbers, limit)
    return match[1] === '<' ? order < 0 : order >= 0
  })
}

/** Whether a version has numbers alone: no alpha, no release candidate, no build of a commit. */
export function isRelease(version: string): boolean {
  return /^\d+(\.\d+){0,2}$/.test(version)
}

/** Whether version `a` is newer than version `b`. Suffixes are not compared. */
export function isNewer(a: string, b: string): boolean {
  return compareNumbers(parseVersion(a) ?? [], parseVersion(b) ?? []) > 0
}

// --- internal ---

function compareNumbers(a: readonly number[], b: readonly number[]): number {
  for (let i = 0; i < 3; i++) {
    const difference = (a[i] ?? 0) - (b[i] ?? 0)
    if (difference !== 0) return difference
  }
  return 0
}
