import { gzipSync } from 'fflate/browser'
import { createTar } from 'nanotar'

/** A file of a chart, by its path below the chart's folder. */
export type ChartFiles = ReadonlyMap<string, string>

/** When every file of an archive says it was made, and the archive itself: the first moment that ZIP knows too. */
export const archiveDate = new Date('1980-01-01T00:00:00Z')

/**
 * A chart as `helm package` packs it, and always the same bytes for the same files: no time, user or mode of this machine is in
 * it, and what compresses it is a part of this program, because the zlib of Node differs by version and by processor.
 *
 * @param name of the chart, which is the folder in the archive
 * @param files in the order in which they are packed; Helm packs Chart.yaml first
 * @returns a gzipped tar archive. Source: Helm, pkg/chart/v2/util/save.go
 */
export function chartArchive(name: string, files: ChartFiles): Uint8Array {
  const encoder = new TextEncoder()
  const entries = [...files].map(([path, text]) => ({ name: entryName(name, path), data: encoder.encode(text) }))
  const attrs = { mode: '644', uid: 0, gid: 0, mtime: archiveDate.getTime() }
  const tar = createTar(entries, { attrs })
  // Two empty blocks end an archive; the library leaves them out where the files fill its last record.
  const ended = new Uint8Array(tar.length + 2 * blockBytes)
  ended.set(tar)
  return gzipSync(ended, { level: 9, mtime: 0 })
}

// --- internal ---

const blockBytes = 512

/** Where the header of an entry ends a name. The library would cut it off. */
const longestName = 100

function entryName(chart: string, path: string): string {
  const name = `${chart}/${path}`
  if (new TextEncoder().encode(name).length > longestName) throw new Error(`too long for the archive: ${name}`)
  return name
}
