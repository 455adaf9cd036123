import { document, oneLine, type Printable } from './printable.ts'

/** A table of our own texts; a bar in a cell does not end it. */
export function markdownTable(header: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`
  return [line(header), line(header.map(() => '---')), ...rows.map(line)].join('\n')
}

/**
 * A foreign text within Markdown: nothing in it becomes a link, an image, HTML, a mention or the end of a cell. Anything
 * but plain words is shown as code.
 */
export function markdownText(text: string): Printable {
  const line = oneLine(text)
  if (/^[A-Za-z0-9 ,-]*$/.test(line)) return line
  const fence = fenceAround(line, 1)
  const space = /^`|`$/.test(line) ? ' ' : ''
  return oneLine(`${fence}${space}${line}${space}${fence}`)
}

/** Lines unchanged, in a block that none of them can end. */
export function markdownBlock(text: Printable): Printable {
  const fence = fenceAround(text, 3)
  return document(`${fence}\n${text.trimEnd()}\n${fence}`)
}

// --- internal ---

/** One backtick more than the text has in a row. */
function fenceAround(text: string, atLeast: number): string {
  const longest = Math.max(0, ...[...text.matchAll(/`+/g)].map(([run]) => run.length))
  return '`'.repeat(Math.max(atLeast, longest + 1))
}
