import { join } from 'node:path'
import { mapConcurrently } from '../lib/concurrent.ts'
import { readIfExists, writeWhole } from '../lib/files.ts'

/** A file that is completely generated. */
export interface GeneratedFile {
  /** Relative to the user's folder, with forward slashes. */
  readonly path: string
  readonly content: string
  /** How a file of ours begins, where the user chose the path. Default: whatever is there is ours */
  readonly header?: string
}

/** A generated file whose committed text differs from what the catalogue implies. */
export interface StaleFile extends GeneratedFile {
  /** What is there now; undefined when the file is missing. */
  readonly committed: string | undefined
}

/** Generated files that are missing or differ, in the order given. */
export async function findStale(userFolder: string, files: readonly GeneratedFile[]): Promise<StaleFile[]> {
  const compared = await Promise.all(
    files.map(async (file) => ({ ...file, committed: await readIfExists(join(userFolder, file.path)) })),
  )
  return compared.filter((file) => file.committed !== file.content)
}

/** Those that would replace a file which somebody wrote by hand. */
export function replacedFiles(stale: readonly StaleFile[]): StaleFile[] {
  return stale.filter(
    ({ header, committed }) => header !== undefined && committed !== undefined && !committed.startsWith(header),
  )
}

/** Writes the stale files and touches no other. Each is complete at every moment; after a failure no other is begun. */
export async function writeStale(userFolder: string, stale: readonly StaleFile[]): Promise<void> {
  await mapConcurrently(stale, writesAtOnce, ({ path, content }) => writeWhole(join(userFolder, path), content))
}

/** A unified diff from what is committed to what the catalogue implies. */
export async function diffOf(stale: readonly StaleFile[]): Promise<string> {
  const { createTwoFilesPatch } = await import('diff')
  return stale
    .map(({ path, content, committed }) =>
      createTwoFilesPatch(committed === undefined ? '/dev/null' : `a/${path}`, `b/${path}`, committed ?? '', content),
    )
    .join('')
}

// --- internal ---

/** Each waits for the disk, which takes several at a time. */
const writesAtOnce = 8
