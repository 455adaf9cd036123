import {
  chmodSync,
  constants,
  copyFileSync,
  linkSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { dirname, join } from 'node:path'
import { isErrno, unwritable } from './files.ts'

/** A file that is to be made, or to get another text. */
export interface FileChange {
  /** Relative to the folder. */
  readonly path: string
  readonly content: string
  /** What it holds as yet; undefined when it is not there. */
  readonly before: string | undefined
}

/** Begins the names of folders with what is not in its place yet. */
export const unfinishedPrefix = '.tiered-secrets-unfinished-'

/**
 * Writes several files, or none of them: each is written beside, then all are put in their places without a pause in which
 * this process could be interrupted. No file is put over one that was not there before, or has changed meanwhile.
 *
 * @throws ProblemError `FILE_NOT_WRITTEN`; all is then as it was
 */
export function writeTogether(folder: string, changes: readonly FileChange[]): void {
  let place = folder
  let beside: string | undefined
  const undo: (() => void)[] = []
  try {
    beside = mkdtempSync(join(folder, unfinishedPrefix))
    for (const [index, { content }] of changes.entries())
      writeFileSync(join(beside, String(index)), content, { flush: true })
    for (const [index, { path, before }] of changes.entries()) {
      place = join(folder, path)
      const made = mkdirSync(dirname(place), { recursive: true })
      if (made !== undefined) undo.push(() => removeEmpty(dirname(join(folder, path)), made))
      const ready = join(beside, String(index))
      undo.push(before === undefined ? putNew(ready, place) : replace(ready, place, before, `${ready}.before`))
    }
  } catch (error) {
    for (const step of undo.reverse()) step()
    throw unwritable(place, error)
  } finally {
    if (beside !== undefined) rmSync(beside, { recursive: true, force: true })
  }
}

// --- internal ---

function putNew(ready: string, place: string): () => void {
  try {
    linkSync(ready, place)
  } catch (error) {
    // A file system without links.
    if (!['EPERM', 'ENOTSUP', 'ENOSYS', 'EMLINK'].some((code) => isErrno(error, code))) throw error
    copyFileSync(ready, place, constants.COPYFILE_EXCL)
  }
  return () => rmSync(place, { force: true })
}

function replace(ready: string, place: string, before: string, kept: string): () => void {
  if (readFileSync(place, 'utf8') !== before)
    throw Object.assign(new Error('another program has changed it meanwhile'), { code: 'ECHANGED' })
  copyFileSync(place, kept)
  chmodSync(ready, statSync(place).mode)
  renameSync(ready, place)
  return () => renameSync(kept, place)
}

/** From the innermost one up to the first that was made. */
function removeEmpty(folder: string, first: string): void {
  for (let one = folder; one.startsWith(first); one = dirname(one)) rmdirSync(one)
}
