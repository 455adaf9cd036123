/** The position where a text stops being JSON, both counted from 1. */
export interface JsonMistake {
  readonly line: number
  readonly column: number
  /** The text is right so far, but incomplete. */
  readonly isCutOff: boolean
}

/**
 * The first character of a text that can't be part of JSON. The parser's own message is not enough: it quotes the text,
 * which may be a secret, and does not always have the position.
 *
 * @param text that is not JSON
 */
export function jsonMistake(text: string): JsonMistake {
  // The longest beginning that could still become JSON.
  let [good, bad] = [0, text.length + 1]
  while (bad - good > 1) {
    const middle = Math.floor((good + bad) / 2)
    if (mayGoOn(text.slice(0, middle))) good = middle
    else bad = middle
  }
  const lines = text.slice(0, good).split('\n')
  return { line: lines.length, column: (lines.at(-1) ?? '').length + 1, isCutOff: good === text.length }
}

// --- internal ---

function mayGoOn(beginning: string): boolean {
  try {
    JSON.parse(beginning)
    return true
  } catch (error) {
    const message = error instanceof Error ? error.message : ''
    if (/^(Unexpected end of JSON input|Unterminated string)/.test(message)) return true
    // Where the parser misses something, the valid beginning ends.
    const [, position] = / at position (\d+)/.exec(message) ?? []
    return position !== undefined && Number(position) >= beginning.length
  }
}
