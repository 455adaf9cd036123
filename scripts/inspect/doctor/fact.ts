import { isForbidden } from '../../kubernetes/errors.ts'

/** Something that was looked at, or why it could not be. */
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

/** What was seen, or what is to be taken for it otherwise. */
export function seenOr<T, E>(fact: Fact<T>, otherwise: E): T | E {
  return isSeen(fact) ? fact.value : otherwise
}

/**
 * Looks at something that it takes a right to see.
 *
 * @param what completes "you may not …"
 * @throws everything but a refusal
 */
export async function look<T>(what: string, see: () => Promise<T>): Promise<Fact<T>> {
  try {
    return { value: await see() }
  } catch (error) {
    if (isForbidden(error)) return { unseen: `you may not ${what}` }
    throw error
  }
}
