import { type KnownKeys, withKeys } from '../../cluster/container-variables.ts'
import { delivers, type KeyRead, keyReads, type Loss, lossOfKey } from '../../cluster/key-reads.ts'
import type { PodOutline } from '../../cluster/pod-outline.ts'
import { shortList } from '../../lib/short-list.ts'

/** A workload, or an Ingress, that reads something which goes away. */
export interface Reader {
  /** `Deployment/ui` */
  readonly workload: string
  /** Its pods start without it. */
  readonly optional: boolean
  /** What it does without it, where it is not a workload. */
  readonly effect?: string
}

/** @param readers undefined: they may not be read */
export function readersText(readers: readonly Reader[] | undefined): string {
  if (!readers) return 'you may not see its readers'
  if (readers.length === 0) return 'no workload of its namespace reads it'
  const texts = readers.map(({ workload, optional, effect }) => {
    return `${workload} (${effect ?? (optional ? 'starts without it' : 'does NOT start without it')})`
  })
  return `it is read by ${shortList(texts)}`
}

/**
 * What happens to pods that start after keys have been taken out of a target: nothing, where they get something else under the same
 * name. Pure.
 *
 * @param gone every key that is taken out of it
 * @param after what is known of the keys afterwards
 */
export function lossByRemoval(
  outline: PodOutline,
  { target, key, gone }: { readonly target: string; readonly key: string; readonly gone: readonly string[] },
  after: KnownKeys,
): Loss {
  const before = withKeys(after, target, gone)
  const loss = lossOfKey(outline, target, key, before)
  if (loss !== 'starts-without') return loss
  const had = keyReads(outline, before).filter(isGot)
  // A variable may take in several keys, a file holds one.
  const isInstead = (read: KeyRead) => read.by === 'file' || !had.some((one) => isSame(one, read))
  const has = keyReads(outline, after).filter((read) => isGot(read) && isInstead(read))
  const lost = had.filter((read) => delivers(read, target, key) && !has.some((one) => isPlace(one, read)))
  const isPull = !had.some((read) => delivers(read, target, key))
  return lost.length > 0 || isPull ? loss : 'nothing'
}

// --- internal ---

function isGot({ shadowedBy }: KeyRead): boolean {
  return shadowedBy === undefined
}

function isPlace(one: KeyRead, other: KeyRead): boolean {
  return one.container === other.container && one.by === other.by && one.name === other.name
}

function isSame(one: KeyRead, other: KeyRead): boolean {
  return isPlace(one, other) && one.secret === other.secret && one.key === other.key
}
