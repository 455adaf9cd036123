import { type Problem, ProblemError } from '../../lib/problems.ts'
import { isNewer, isRelease, parseVersion, satisfies } from './pinned-versions.ts'
import { holds, type Pin } from './pins.ts'
import { type Answer, ask, type ReleasesIo, releasesUnknown } from './release-clients.ts'

/** A pin, and what is newer. */
export interface PinNews extends Pin {
  /** The newest release of the same minor version. Undefined: none is newer than the pin */
  readonly sameMinor?: string
  readonly newest?: string
  /** Why its releases are not known. */
  readonly problem?: Problem
}

/**
 * Asks for the releases of each pin: `go list`, `npm view` and `pip index`, set up as the user has them.
 *
 * @returns in the order of the pins; a pin whose releases are unknown comes with the problem.
 */
export async function findNews(pins: readonly Pin[], io: ReleasesIo): Promise<PinNews[]> {
  const of = (kind: Pin['kind']) => pins.filter((pin) => pin.kind === kind)
  const answers = new Map<Pin, Answer>()
  await Promise.all(
    (['go', 'npm', 'python'] as const).map(async (kind) => {
      const asked = of(kind)
      const got = asked.length > 0 ? await ask[kind](asked, io).catch(everyPin(asked)) : []
      for (const [index, pin] of asked.entries()) answers.set(pin, got[index] ?? { versions: [] })
    }),
  )
  io.signal.throwIfAborted()
  return pins.map((pin) => judge(pin, answers.get(pin) ?? { versions: [] }))
}

// --- internal ---

/** The reason why a client can't be asked is reported for each of its pins. */
function everyPin(asked: readonly Pin[]) {
  return (error: unknown): Answer[] => {
    const [problem] = error instanceof ProblemError ? error.problems : []
    if (problem === undefined) throw error
    return asked.map(() => problem)
  }
}

function judge(pin: Pin, answer: Answer): PinNews {
  if ('code' in answer) return { ...pin, problem: answer }
  const releases = answer.versions.map((version) => version.replace(/^v/, '')).filter(isRelease)
  if (releases.length === 0) return { ...pin, problem: releasesUnknown(pin, 'the answer lists no release', []) }
  const hold = holds[pin.name]
  const range = hold && `<${hold.below ?? pin.version}`
  const newer = releases.filter((one) => isNewer(one, pin.version) && (range === undefined || satisfies(one, range)))
  const minor = (version: string) => parseVersion(version)?.slice(0, 2).join('.')
  const sameMinor = newestOf(newer.filter((one) => minor(one) === minor(pin.version)))
  // What npm calls the latest may be older than a version that was released for another purpose.
  const newest = newestOf(newer.filter((one) => answer.latest === undefined || !isNewer(one, answer.latest)))
  return { ...pin, ...(sameMinor === undefined ? {} : { sameMinor }), ...(newest === undefined ? {} : { newest }) }
}

function newestOf(versions: readonly string[]): string | undefined {
  return [...versions].sort((a, b) => (isNewer(a, b) ? -1 : 1))[0]
}
