import { lines, oneLine, type Printable } from './printable.ts'

/** A plain table with aligned columns; the header has no line below it, so that `awk` can read it. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): Printable {
  const all = [header, ...rows].map((row) => row.map(oneLine))
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))))
  const cell = (text: string, column: number) => text + ' '.repeat((widths[column] ?? 0) - width(text))
  return lines(...all.map((row) => row.map(cell).join('  ').trimEnd()))
}

// --- internal ---

function width(cell: string): number {
  return [...cell].length
}
