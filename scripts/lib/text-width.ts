/** How many columns of a terminal a text takes. */
export function textWidth(text: string): number {
  return [...text].length
}

/** The text with `…` at its end where it is too wide. */
export function cut(text: string, width: number): string {
  return textWidth(text) <= width ? text : `${[...text].slice(0, width - 1).join('')}…`
}

/** Lines of at most this width: broken between words; a word too wide behind its slashes, dots, commas and dashes; else anywhere. */
export function fold(text: string, width: number): string[] {
  const folded: string[] = []
  let line = ''
  const end = () => {
    if (line !== '') folded.push(line)
    line = ''
  }
  for (const word of text.split(' ')) {
    const joined = line === '' ? word : `${line} ${word}`
    if (textWidth(joined) <= width) {
      line = joined
      continue
    }
    end()
    for (const piece of textWidth(word) <= width ? [word] : piecesOf(word)) {
      if (textWidth(line) + textWidth(piece) > width) end()
      line += piece
      while (textWidth(line) > width) {
        folded.push([...line].slice(0, width).join(''))
        line = [...line].slice(width).join('')
      }
    }
  }
  end()
  return folded.length === 0 ? [''] : folded
}

/** Of its widest word. */
export function wordWidth(text: string): number {
  return Math.max(...text.split(' ').map(textWidth))
}

/** Of the widest part that `fold` leaves whole, where words have to be broken. */
export function pieceWidth(text: string): number {
  return Math.max(...text.split(' ').flatMap(piecesOf).map(textWidth))
}

// --- internal ---

function piecesOf(word: string): string[] {
  return word.match(/[^/,.:=-]*[/,.:=-]|[^/,.:=-]+$/g) ?? [word]
}
