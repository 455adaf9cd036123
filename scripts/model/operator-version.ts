/** The version a team installs: `operator-values` and the README name it. It has no advisory of `operator-advisories.ts`. */
export const installedOperator = '2.9.0'

/** A release of the operator, as far as it can be distinguished from another. */
export interface OperatorVersion {
  /** `0.20.4`, `1.2.0-rc1`: without a leading `v`, and without the part about the build of the image. */
  readonly text: string
  /** Before the release of its number: `1.2.0-rc1` lacks what was fixed in 1.2.0. */
  readonly isPreRelease: boolean
}

/**
 * The release that a version names: `v0.20.4`, `2.9.0-ubi`, `0.20.4-debian-12-r0`, `1.2.0-rc1`. Undefined for an unclear
 * version: `latest`, `v2`, `2.9`, a commit.
 */
export function parseOperatorVersion(text: string): OperatorVersion | undefined {
  const { number, suffix = '' } = /^v?(?<number>\d+\.\d+\.\d+)(?:[-+_.](?<suffix>\S+))?$/.exec(text)?.groups ?? {}
  if (number === undefined) return undefined
  const isPreRelease = /^(alpha|beta|dev|pre|rc|snapshot)/i.test(suffix)
  return { text: isPreRelease ? `${number}-${suffix}` : number, isPreRelease }
}

/** The tag of an image: `v0.20.4` of `registry.example:443/a/b:v0.20.4@sha256:…`. Undefined: it has none. */
export function imageTag(image: string): string | undefined {
  return /^[^@]*:(?<tag>[^:/@]+)(?:@|$)/.exec(image)?.groups?.tag
}

/** Whether a release is of this number or a later one; a pre-release comes before its number. */
export function isSince({ text, isPreRelease }: OperatorVersion, number: string): boolean {
  const order = compareNumbers(text, number)
  return order === 0 ? !isPreRelease : order > 0
}

/** Negative: `a` is the lower one. The text after the three numbers does not count. */
export function compareNumbers(a: string, b: string): number {
  const [first, second] = [numbersOf(a), numbersOf(b)]
  const index = first.findIndex((value, index) => value !== second[index])
  return index < 0 ? 0 : (first[index] ?? 0) - (second[index] ?? 0)
}

// --- internal ---

function numbersOf(text: string): number[] {
  return text.split('-', 1)[0]?.split('.').map(Number) ?? []
}
