import { oneLine, type Printable } from './printable.ts'

/** A plain table with aligned columns; the header is underlined by nothing, so that `awk` can read it. */
export function table(header: readonly string[], rows: readonly (readonly string[])[]): Printable {
  const all = [header, ...rows].map((row) => row.map(oneLine))
  const widths = header.map((_, column) => Math.max(...all.map((row) => width(row[column] ?? ''))))
  return all
    .map((row) =>
      row
        .map((cell, column) =>
          column === row.length - 1 ? cell : cell + ' '.repeat((widths[column] ?? 0) - width(cell)),
        )
        .join('  ')
        .trimEnd(),
    )
    .join('\n')
    .concat('\n') as Printable
}

// --- internal ---

function width(cell: string): number {
  return [...cell].length
}
