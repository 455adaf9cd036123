import { lines, oneLine, type Printable, type Style, styled, together } from './printable.ts'
import { cut, fold, pieceWidth, textWidth, wordWidth } from './text-width.ts'

/** A text, or one of a closed list of words, which may be marked. */
export type Cell = string | { readonly text: string; readonly style: Style }

/** What a table does when it is too wide. Columns are named by their titles. */
export interface TableOptions {
  /** How wide it may be. Default: as wide as it has to be */
  readonly columns?: number | undefined
  /** Left out, the first of them first; a line below tells so. Default: none */
  readonly dispensable?: readonly string[]
  /** End with `…`: the whole is shown elsewhere. Default: none */
  readonly cut?: readonly string[]
  /**
   * Continue in the next line of their own column. Only for words of ours and of the catalogue: a foreign text would begin that
   * line. Default: none
   */
  readonly folded?: readonly string[]
  /** The last column, which goes whole into a line of its own below the others, so that a command in it can be pasted. */
  readonly below?: string
}

/** A plain table with aligned columns; the header has no line below it, so that `awk` can read it. */
export function table(
  header: readonly string[],
  rows: readonly (readonly Cell[])[],
  options: TableOptions = {},
): Printable {
  const { columns, below } = options
  const all = header.map((title, index) => columnOf(title, [title, ...rows.map((row) => row[index] ?? '')]))
  const indices = [header, ...rows].map((_, row) => row)
  if (columns === undefined || widthOf(all) <= columns) return together(...indices.map((row) => rowText(all, row)))
  const beside = all.filter(({ title }) => title !== below)
  const under = all.find(({ title }) => title === below)
  const shown = fitting(beside, columns, options)
  return together(
    ...indices.map((row) => together(rowText(shown, row, options), ...(under ? [belowText(under, row)] : []))),
    goneText(beside, shown, columns),
  )
}

// --- internal ---

interface Column {
  readonly title: string
  readonly texts: readonly string[]
  readonly styles: readonly (Style | undefined)[]
  readonly width: number
}

const gap = 2
/** Below this a cell says nothing any more. */
const leastWidth = 10

function columnOf(title: string, cells: readonly Cell[]): Column {
  const texts = cells.map((cell) => oneLine(typeof cell === 'string' ? cell : cell.text))
  const styles = cells.map((cell) => (typeof cell === 'string' ? undefined : cell.style))
  return { title, texts, styles, width: Math.max(...texts.map(textWidth)) }
}

/** First what may be cut is cut, then what can be done without goes, then what may be folded is: between words, else anywhere. */
function fitting(
  all: readonly Column[],
  columns: number,
  { dispensable = [], cut: shortened = [], folded = [] }: TableOptions,
): readonly Column[] {
  const cutTo = ({ title, width }: Column) => (shortened.includes(title) ? leastWidth : width)
  let kept = all
  for (const title of dispensable) {
    if (widthOf(narrowed(kept, columns, cutTo)) <= columns) break
    kept = kept.filter((column) => column.title !== title)
  }
  const foldedTo = (width: (text: string) => number) => (column: Column) =>
    folded.includes(column.title) ? Math.max(...column.texts.map(width)) : cutTo(column)
  const steps = [cutTo, foldedTo(wordWidth), foldedTo(pieceWidth), foldedTo(() => leastWidth)]
  return steps.reduce((shown, least) => narrowed(shown, columns, least), kept)
}

/** The widest of the columns that are wider than they have to be gives first, so that they end alike. */
function narrowed(all: readonly Column[], columns: number, least: (column: Column) => number): readonly Column[] {
  const widths = all.map(({ width }) => width)
  const limits = all.map(least)
  for (let excess = widthOf(all) - columns; excess > 0; excess--) {
    const giving = widths.map((own, index) => (own > (limits[index] ?? own) ? own : 0))
    const widest = giving.indexOf(Math.max(...giving))
    if ((giving[widest] ?? 0) === 0) break
    widths[widest] = (widths[widest] ?? 0) - 1
  }
  return all.map((column, index) => ({ ...column, width: widths[index] ?? column.width }))
}

function widthOf(shown: readonly Column[]): number {
  return shown.reduce((sum, column) => sum + column.width, gap * (shown.length - 1))
}

function rowText(
  shown: readonly Column[],
  row: number,
  { cut: shortened = [], folded = [] }: TableOptions = {},
): Printable {
  const cells = shown.map(({ title, texts, width }) => {
    const text = texts[row] ?? ''
    if (shortened.includes(title)) return [cut(text, width)]
    return folded.includes(title) ? fold(text, width) : [text]
  })
  const height = Math.max(...cells.map((parts) => parts.length))
  return together(...Array.from({ length: height }, (_, line) => lineText(shown, row, cells, line)))
}

function lineText(
  shown: readonly Column[],
  row: number,
  cells: readonly (readonly string[])[],
  line: number,
): Printable {
  const texts = cells.map((parts) => parts[line] ?? '')
  const last = texts.findLastIndex((text) => text !== '')
  const parts = texts.slice(0, last + 1).map((text, index) => {
    const { styles, width } = shown[index] ?? { styles: [], width: 0 }
    const style = styles[row]
    const padding = index === last ? 0 : Math.max(0, width - textWidth(text)) + gap
    return together(
      style === undefined || text === '' ? oneLine(text) : styled(text, style),
      oneLine(' '.repeat(padding)),
    )
  })
  return together(...parts, lines(''))
}

/** Not folded: a terminal continues it in its next line, and what is copied from there has no line break. */
function belowText({ texts }: Column, row: number): Printable {
  const text = texts[row] ?? ''
  return text === '' ? together() : lines(`    ${text}`)
}

function goneText(all: readonly Column[], shown: readonly Column[], columns: number): Printable {
  const gone = all.filter(({ title }) => !shown.some((column) => column.title === title)).map(({ title }) => title)
  if (gone.length === 0) return together()
  const note = `not shown at this width: ${gone.join(', ')} (--output json has them)`
  return together(...fold(note, columns).map((line) => together(styled(line, 'quiet'), lines(''))))
}
