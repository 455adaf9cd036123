import { entryName } from '../../model/shared-values.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { Guessed } from './draft.ts'
import type { PlacedEntry } from './place-entries.ts'

type Entry = Guessed<SecretSpec>

/**
 * What two tiers read from one place is one value: each keeps a remote secret of its own, and the second says whose value it has.
 *
 * @param placed what the entries were made of
 */
export function shareValues(entries: readonly Entry[], placed: readonly PlacedEntry[]): Entry[] {
  const sources = new Map(placed.map((one) => [`${one.part.tier}.${one.variable}`, sourceOf(one)]))
  const origins = new Map<string, SecretSpec>()
  return entries.map((entry) => {
    const source = sources.get(entryName(entry.value)) ?? ''
    const origin = origins.get(source)
    if (origin === undefined) origins.set(source, entry.value)
    return origin !== undefined && mayShare(entry.value, origin) ? sharing(entry, origin) : entry
  })
}

// --- internal ---

/** Where a value is today, as far as its environment: what is in two places may be two values. */
function sourceOf({ source, isFile, namespace, target, key }: PlacedEntry): string {
  if (source) return JSON.stringify([source.provider, source.ref.key, source.ref.property, source.isBundled ? key : ''])
  return JSON.stringify(isFile ? [target, key] : [namespace, target, key])
}

/** One value is needed everywhere or nowhere, and in no environment that the first one lacks. */
function mayShare(secret: SecretSpec, origin: SecretSpec): boolean {
  const lacks = origin.environments !== undefined
  return (
    secret.tier !== origin.tier &&
    (secret.optional ?? false) === (origin.optional ?? false) &&
    (!lacks || (secret.environments?.every((name) => origin.environments?.includes(name)) ?? false))
  )
}

function sharing({ value, guesses }: Entry, origin: SecretSpec): Entry {
  return {
    value: { ...value, format: origin.format, sameAs: entryName(origin) as NonNullable<SecretSpec['sameAs']> },
    guesses: [...guesses, 'sameAs, because both are read from one place'],
  }
}
