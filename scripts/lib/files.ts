import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { exitCodes, ProblemError } from './problems.ts'

/**
 * The text of a file, or undefined when there is none.
 *
 * @throws ProblemError `FILE_UNREADABLE` (no permission, a folder)
 */
export async function readIfExists(path: string): Promise<string | undefined> {
  return (await readBytesIfExists(path))?.toString('utf8')
}

/** The same of any file. @throws as `readIfExists` */
export async function readBytesIfExists(path: string): Promise<Buffer | undefined> {
  try {
    return await readFile(path)
  } catch (error) {
    if (isErrno(error, 'ENOENT') || isErrno(error, 'ENOTDIR')) return undefined
    throw unreadable(path, error)
  }
}

/**
 * The files and symbolic links below a folder; none where it can't be read.
 *
 * @returns paths from `root`, with forward slashes, sorted
 */
export async function filesBelow(root: string, folder = '.'): Promise<string[]> {
  const entries = await readdir(join(root, folder), { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => entry.isFile() || entry.isSymbolicLink())
    .map((entry) => relative(root, join(entry.parentPath, entry.name)).split(sep).join('/'))
    .sort()
}

/**
 * Writes beside the file, flushes, then renames: after a crash the file has the complete old or new text.
 *
 * @throws ProblemError `FILE_NOT_WRITTEN` (full disk, no permission); the old text is then untouched.
 */
export async function writeWhole(path: string, text: string | Uint8Array, mode = 0o644): Promise<void> {
  const beside = join(dirname(path), `.${randomBytes(6).toString('hex')}.tmp`)
  try {
    await mkdir(dirname(path), { recursive: true })
    const file = await open(beside, 'wx', mode)
    try {
      await file.writeFile(text)
      await file.sync()
    } finally {
      await file.close()
    }
    await chmod(beside, mode)
    await rename(beside, path)
  } catch (error) {
    await rm(beside, { force: true }).catch(() => undefined)
    throw unwritable(path, error)
  }
}

export function isErrno(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code
}

/** The problem behind an error of the file system; anything else as it is. */
export function unwritable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  const reason = error.code === 'ENOSPC' ? 'the disk is full' : error.message
  return new ProblemError(
    {
      code: 'FILE_NOT_WRITTEN',
      where: path,
      message: `can't be written: ${reason}. Expected a file this user may write.`,
      fix: 'Free disk space or correct the permissions, then run the same command again; nothing was lost.',
    },
    exitCodes.problems,
  )
}

// --- internal ---

function unreadable(path: string, error: unknown): unknown {
  if (!(error instanceof Error) || !('code' in error)) return error
  return new ProblemError({
    code: 'FILE_UNREADABLE',
    where: path,
    message: `can't be read: ${error.message}. Expected a file this user may read.`,
    fix: 'Correct the path or the permissions, then run the same command again.',
  })
}
