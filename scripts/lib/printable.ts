declare const isPrintable: unique symbol

/**
 * A text that may be printed to a terminal. Nothing in it moves the cursor, changes a colour, turns the direction of
 * writing or is invisible, and none of its lines comes from a line break in a foreign text: a name, or what a program, the
 * cluster or Scaleway says. Only the functions below create one. It may have marks, from `styled`, which `painted` turns
 * into colours.
 */
export type Printable = string & { readonly [isPrintable]: true }

/**
 * A foreign text within a line of ours: its line breaks are escaped too. Escapes are those of JSON (`\n`, `\u202e`), which
 * a JSON text with them means the same without them. Letters of every language stay as they are.
 */
export function oneLine(text: string): Printable {
  return escapeAll(text, hidden)
}

/** Lines, each ended by our own line break. */
export function lines(...texts: readonly string[]): Printable {
  return texts.map((text) => `${oneLine(text)}\n`).join('') as Printable
}

/** What a word is marked as: what is fine, what needs attention, what is wrong, and what matters least. */
export type Style = 'good' | 'attention' | 'bad' | 'quiet'

/** A foreign text within a line of ours, marked: a terminal shows it in colour, and nothing else shows the marks. */
export function styled(text: string, style: Style): Printable {
  return `${markBegin}${styleCodes[style].mark}${oneLine(text)}${markEnd}` as Printable
}

/** The same text without its marks. */
export function unstyled(text: Printable): Printable {
  return text.replace(marked, '$2') as Printable
}

/**
 * A text as it goes to a stream: its marks become colours, or disappear. Whatever else would be hidden is escaped here too, for
 * what came around the types.
 */
export function painted(text: Printable, isColoured: boolean): string {
  const parts = text.split(marked)
  return parts
    .map((part, index) => {
      if (index % 3 === 0) return document(part)
      const code = index % 3 === 2 && isColoured ? codeOf(parts[index - 1]) : undefined
      if (index % 3 === 1) return ''
      return code === undefined ? document(part) : `\u001b[${code}m${document(part)}\u001b[0m`
    })
    .join('')
}

/** Printable texts, joined together. */
export function together(...texts: readonly Printable[]): Printable {
  return texts.join('') as Printable
}

/** A text with its own line breaks: a YAML, HCL or Markdown document or a script, whose writer quotes its content. */
export function document(text: string): Printable {
  return escapeAll(text, hiddenInDocument)
}

/** The JSON text of a value, with nothing hidden in it. */
export function jsonDocument(value: unknown): Printable {
  return document(`${JSON.stringify(value, undefined, 2)}\n`)
}

// --- internal ---

/** Control and format characters, halves of a character, separators of lines, and characters without a visible form. */
const hidden = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu
const hiddenInDocument = /(?![\n\t])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\p{Default_Ignorable_Code_Point}]/gu

/** Control characters, which no text has once it is escaped: only `styled` puts them there. */
const markBegin = '\u000e'
const markEnd = '\u000f'
const marked = new RegExp(`${markBegin}([a-z])([^${markBegin}${markEnd}]*)${markEnd}`, 'g')

/** SGR codes that every terminal knows. */
const styleCodes: Readonly<Record<Style, { readonly mark: string; readonly code: number }>> = {
  good: { mark: 'g', code: 32 },
  attention: { mark: 'a', code: 33 },
  bad: { mark: 'b', code: 31 },
  quiet: { mark: 'q', code: 2 },
}

function codeOf(mark: string | undefined): number | undefined {
  return Object.values(styleCodes).find((one) => one.mark === mark)?.code
}

const short: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t' }

function escapeAll(text: string, characters: RegExp): Printable {
  return text.replace(characters, (found) => short[found] ?? utf16(found)) as Printable
}

/** Half by half, as JSON has it. */
function utf16(character: string): string {
  return character
    .split('')
    .map((half) => `\\u${half.charCodeAt(0).toString(16).padStart(4, '0')}`)
    .join('')
}
