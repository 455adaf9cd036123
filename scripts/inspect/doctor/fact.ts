import { isForbidden } from '../../kubernetes/errors.ts'

/** Something that was read, or why it could not be. */
export type Fact<T> = Seen<T> | Unseen

interface Seen<T> {
  readonly value: T
}

interface Unseen {
  /** A sentence without its period: `you may not list events in namespace a`. */
  readonly unseen: string
}

export function isSeen<T>(fact: Fact<T>): fact is Seen<T> {
  return 'value' in fact
}

/** What was seen, or else the given default. */
export function seenOr<T, E>(fact: Fact<T>, otherwise: E): T | E {
  return isSeen(fact) ? fact.value : otherwise
}

/**
 * Reads something that needs a right.
 *
 * @param what completes "you may not …"
 * @throws every error but a refusal
 */
export async function look<T>(what: string, see: () => Promise<T>): Promise<Fact<T>> {
  try {
    return { value: await see() }
  } catch (error) {
    if (isForbidden(error)) return { unseen: `you may not ${what}` }
    throw error
  }
}
