import { groupBy } from '../../lib/group.ts'
import { formatDefinition } from '../../model/formats.ts'
import { payloadLimit } from '../../model/rules/identities.ts'
import type { SecretSpec } from '../../model/types.ts'
import type { Guessed } from './draft.ts'

type Entry = Guessed<SecretSpec>

/** Entries whose bundles are needed whole or not at all, and stay below Scaleway's limit for one value by their formats. */
export function fitBundles(entries: readonly Entry[]): Entry[] {
  const bundles = groupBy(
    entries.filter(({ value }) => value.layout === 'bundle'),
    ({ value }) => value.identity ?? '',
  )
  const fitted = new Map([...bundles.values()].flatMap((bundle) => pairs(bundle, fitBundle(bundle))))
  return entries.map((entry) => fitted.get(entry) ?? entry)
}

// --- internal ---

function fitBundle(bundle: readonly Entry[]): Entry[] {
  const needed = bundle.some(({ value }) => !value.optional) ? bundle.map(required) : [...bundle]
  // Formats were guessed: the widest is narrowed first, and what does not fit at all is read field by field.
  let fitted = needed
  while (sizeOf(fitted) > payloadLimit) {
    const widest = fitted.findIndex(({ value }) => value.format === 'token')
    if (widest === -1) return needed.map(asField)
    fitted = fitted.map((entry, index) => (index === widest ? narrower(entry) : entry))
  }
  return fitted
}

/** As the rule counts it. */
function sizeOf(bundle: readonly Entry[]): number {
  return bundle.reduce(
    (sum, { value }) => sum + value.variable.length + 6 + (formatDefinition(value.format)?.maxBytes ?? 0),
    2,
  )
}

function required({ value, guesses }: Entry): Entry {
  const { optional: _, ...rest } = value
  return { value: rest, guesses: guesses.filter((guess) => !guess.startsWith('optional')) }
}

function narrower({ value, guesses }: Entry): Entry {
  const others = guesses.filter((guess) => !guess.startsWith('format'))
  return {
    value: { ...value, format: 'identifier' },
    guesses: ['format, as narrow as the size of the bundle asks for', ...others],
  }
}

function asField({ value, guesses }: Entry): Entry {
  const { layout: _, identity = '', ...rest } = value
  return {
    value: { ...rest, remoteName: identity, property: [value.variable] },
    guesses: [...guesses, 'read field by field, because formats allow more than one bundle holds'],
  }
}

function pairs(before: readonly Entry[], after: readonly Entry[]): [Entry, Entry][] {
  return before.flatMap((entry, index) => (after[index] ? [[entry, after[index]]] : []))
}
