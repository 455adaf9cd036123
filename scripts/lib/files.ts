import { randomBytes } from 'node:crypto'
import { chmod, mkdir, open, readdir, readFile, rename, rm } from 'node:fs/promises'
import { dirname, join, relative, sep } from 'node:path'
import { exitCodes, type Problem, ProblemError } from './problems.ts'

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
    throw error instanceof Error && 'code' in error ? new ProblemError(unreadable(path, error)) : error
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
  const { fact, fix } = faultOf(error)
  return new ProblemError(
    {
      code: 'FILE_NOT_WRITTEN',
      where: path,
      message: `can't be written: ${fact}. Expected a file this user may write.`,
      fix: `${fix}, then run the same command again; nothing was lost.`,
    },
    exitCodes.problems,
  )
}

/** That a file can't be read, and why not. */
export function unreadable(path: string, error: Error): Problem {
  const { fact, fix } = faultOf(error)
  return {
    code: 'FILE_UNREADABLE',
    where: path,
    message: `can't be read: ${fact}. Expected a file this user may read.`,
    fix: `${fix}, then run the same command again.`,
  }
}

// --- internal ---

/** What the file system says, in words that tell what to do about it. */
function faultOf(error: Error): { readonly fact: string; readonly fix: string } {
  const { code = '', message, syscall } = error as NodeJS.ErrnoException
  // A folder is made where a file lies.
  const known = faults[code === 'EEXIST' && syscall === 'mkdir' ? 'ENOTDIR' : code]
  return known
    ? { fact: `${known[0]} (${code})`, fix: known[1] }
    : { fact: message, fix: 'Correct the path or the permissions' }
}

const full = ['the disk is full, or the file too large for it', 'Free disk space'] as const
const refused = ['this user may not', 'Correct the permissions of it and of its folder, or be another user'] as const
const faults: Readonly<Record<string, readonly [fact: string, fix: string]>> = {
  EISDIR: ['it is a folder', 'Move the folder away, or name a file'],
  ENOTDIR: ['a file lies where one of its folders has to be', 'Move that file away, or name another path'],
  EEXIST: ['it is there already', 'Move it away, or name another path'],
  ENOENT: ['its folder is not there', 'Correct the path, or make the folder'],
  EACCES: refused,
  EPERM: refused,
  EROFS: ['its file system can only be read', 'Name a path that can be written, or mount it for writing'],
  ENAMETOOLONG: ['its name is too long', 'Name a shorter path'],
  ELOOP: ['its links lead in a circle', 'Correct the links, or name another path'],
  ENOSPC: full,
  EDQUOT: full,
  EFBIG: full,
}
