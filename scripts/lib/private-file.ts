import type { Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type Problem, ProblemError } from './problems.ts'
import { shell } from './shell.ts'

/** What a private file is for, for its error messages. */
export interface PrivateFile {
  /** Start of the codes: `KEY_FILE` for `KEY_FILE_UNREADABLE` and `KEY_FILE_OPEN_TO_OTHERS`. */
  readonly code: string
  /** Completes "other users of this machine may read …": `the key`. */
  readonly secret: string
  /** Completes "Expected a file with …": `a Scaleway API key`. */
  readonly content: string
  /** The fix when it can't be read. */
  readonly fix: string
  /** The fix when others may have read it. */
  readonly replace: string
}

/** Whether a path means standard input, from which secrets are always accepted. */
export function isStandardInput(path: string): boolean {
  return path === '-' || path === '/dev/stdin'
}

/**
 * The bytes of a file with secrets, which only its owner can read. The mode is that of the opened file, so that it
 * can't be replaced in between. What the caller's shell has opened (`/dev/fd/63`, as `<(command)` gives
 * it) is accepted like standard input. Not read this way: a kubeconfig and the config file of `scw`, which belong to tools
 * that accept them in any mode; a backup of `migrate`, which is sealed; the files of the emulator, which it writes itself.
 *
 * @param maxBytes Default: no limit
 * @throws ProblemError `<code>_UNREADABLE`, `<code>_OPEN_TO_OTHERS`
 */
export async function readPrivateFile(
  path: string,
  what: PrivateFile,
  maxBytes = Number.POSITIVE_INFINITY,
): Promise<Buffer> {
  const file = await openOrProblem(path, what)
  try {
    const stats = await file.stat()
    if (!stats.isFile() && !stats.isFIFO()) throw new ProblemError(unreadable(path, what, 'it is not a file'))
    if (stats.size > maxBytes) throw new ProblemError(unreadable(path, what, `it has more than ${maxBytes} bytes`))
    if (!isDescriptor(path) && (stats.mode & 0o077) !== 0) throw new ProblemError(openToOthers(path, what, stats))
    return await file.readFile()
  } finally {
    await file.close()
  }
}

// --- internal ---

/** Whoever opened a descriptor has decided who may read it. */
function isDescriptor(path: string): boolean {
  return /^\/(dev|proc\/self)\/fd\/\d+$/.test(path)
}

function openToOthers(path: string, { code, secret, replace }: PrivateFile, { mode }: Stats): Problem {
  return {
    code: `${code}_OPEN_TO_OTHERS`,
    where: path,
    message: `has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: other users of this machine may read ${secret}. Expected 0600.`,
    fix: `Run \`${shell`chmod 600 ${path}`}\`, and ${replace}.`,
  }
}

async function openOrProblem(path: string, what: PrivateFile): Promise<FileHandle> {
  try {
    return await open(path, 'r')
  } catch (error) {
    const { code = 'unknown' } = error as NodeJS.ErrnoException
    const fact = code === 'ENOENT' ? 'there is no such file' : `it can't be opened (${code})`
    throw new ProblemError(unreadable(path, what, fact))
  }
}

function unreadable(path: string, { code, content, fix }: PrivateFile, fact: string): Problem {
  return { code: `${code}_UNREADABLE`, where: path, message: `${fact}. Expected a file with ${content}.`, fix }
}
