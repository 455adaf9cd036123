import { join } from 'node:path'
import { filesBelow, readIfExists } from '../lib/files.ts'
import { chartFolder } from './chart-copy.ts'
import type { GeneratedFile, StaleFile } from './stale-files.ts'

/** Files where generated ones are that no generator writes. */
export interface LeftOvers {
  /** With a header of ours: of removed environments, or of another version of the chart. */
  readonly orphans: readonly StaleFile[]
  /** Paths of files in a copy of the chart that somebody else put there: Helm would read them. */
  readonly foreign: readonly string[]
}

/**
 * @param files every generated file
 */
export async function findLeftOvers(userFolder: string, files: readonly GeneratedFile[]): Promise<LeftOvers> {
  const expected = new Set(files.map((file) => file.path))
  const isCopy = expected.has(`${chartFolder}/Chart.yaml`)
  const found = (
    await Promise.all(['values', 'gitops', chartFolder].map((folder) => filesBelow(userFolder, folder)))
  ).flat()
  const candidates = found.filter((path) => !expected.has(path))
  const texts = await Promise.all(candidates.map((path) => readIfExists(join(userFolder, path))))
  const unexpected = candidates.map((path, index) => ({ path, content: '', committed: texts[index] }))
  const isOurs = ({ committed = '' }: StaleFile) => header.test(committed)
  return {
    orphans: unexpected.filter(isOurs),
    foreign: unexpected
      .filter((file) => isCopy && !isOurs(file) && file.path.startsWith(`${chartFolder}/`))
      .map(({ path }) => path),
  }
}

// --- internal ---

/** First line of what we generate, whatever the command is that made it. */
const header = /^(?:# |<!-- |\{\{- \/\* )(?:Generated from scripts\/catalogue\.ts|Written by `.*` of tiered-secrets )/
