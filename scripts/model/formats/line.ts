/**
 * What is wrong with a value that has to be one line. A line break at the end is the most frequent silent mistake:
 * `echo value | …`; the next are characters that nobody sees, from a web page, a chat or a word processor.
 */
export function checkLine(value: string): string | undefined {
  if (value === '') return 'is empty'
  if (/[\r\n]$/.test(value)) return 'ends with a line break'
  if (/[\r\n]/.test(value)) return 'has more than one line'
  if (/^[ \t]|[ \t]$/.test(value)) return 'begins or ends with white space'
  return hiddenCharacter(value)
}

/**
 * The first character of a line that nobody sees, by its code point and its place, counted in characters from 1. Parts
 * of an emoji do not count: a joiner within 👩‍🚀 is seen as what it joins.
 *
 * @param value has no line break
 */
export function hiddenCharacter(value: string): string | undefined {
  const characters = [...value.replace(emoji, (found) => '_'.repeat([...found].length))]
  const index = characters.findIndex((character) => hidden.test(character))
  if (index === -1) return undefined
  const codePoint = characters[index]?.codePointAt(0) ?? 0
  const name = `U+${codePoint.toString(16).toUpperCase().padStart(4, '0')}`
  const kind = codePoint < 0x20 || (codePoint >= 0x7f && codePoint < 0xa0) ? 'a control' : 'an invisible'
  return `has ${kind} character, ${name}, at position ${index + 1} of ${characters.length}`
}

/** The fact for fewer characters than that. */
export function tooShort(value: string, length: number): string | undefined {
  const count = [...value].length
  return count < length ? `is ${count} characters long` : undefined
}

// --- internal ---

/** Control and format characters, spaces other than the usual one, separators, and what is shown as nothing. */
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}\u2800]|(?! )\p{Zs}/u

/** Younger than what this code is compiled for; every supported Node knows it. */
const sequences = 'gv'
const emoji = new RegExp('\\p{RGI_Emoji}', sequences)
