/** Where a text stops being JSON, both counted from 1. */
export interface JsonMistake {
  readonly line: number
  readonly column: number
  /** Nothing of it is wrong, only something is missing at its end. */
  readonly isCutOff: boolean
}

/**
 * The first character of a text that no JSON goes on with. The parser's own message is not enough: it quotes the text,
 * which may be a secret, and does not always say where it is.
 *
 * @param text that is no JSON
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
    // Where the parser misses something is the end of the beginning.
    const [, position] = / at position (\d+)/.exec(message) ?? []
    return position !== undefined && Number(position) >= beginning.length
  }
}
