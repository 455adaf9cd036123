import type { Stats } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { type Problem, ProblemError } from './problems.ts'

/** What a private file is for, in the words of its problems. */
export interface PrivateFile {
  /** Begins the codes: `KEY_FILE` for `KEY_FILE_UNREADABLE` and `KEY_FILE_OPEN_TO_OTHERS`. */
  readonly code: string
  /** Completes "other users of this machine may read …": `the key`. */
  readonly secret: string
  /** Completes "Expected a file with …": `a Scaleway API key`. */
  readonly content: string
  /** What can be done when it can't be read. */
  readonly fix: string
  /** What has to be done when others may have read it. */
  readonly replace: string
}

/**
 * The text of a file that only its owner can read. The mode is that of the opened file, so that nobody can put another
 * one in its place in between.
 *
 * @throws ProblemError `<code>_UNREADABLE`, `<code>_OPEN_TO_OTHERS`
 */
export async function readPrivateFile(path: string, what: PrivateFile): Promise<string> {
  const file = await openOrProblem(path, what)
  try {
    const stats = await file.stat()
    if (!stats.isFile() && !stats.isFIFO()) throw new ProblemError(unreadable(path, what, 'it is no file'))
    const problem = openToOthers(path, what, stats)
    if (problem) throw new ProblemError(problem)
    return await file.readFile('utf8')
  } finally {
    await file.close()
  }
}

/** What is wrong with the mode of an opened file that others may read too. */
export function openToOthers(
  path: string,
  { code, secret, replace }: Pick<PrivateFile, 'code' | 'secret' | 'replace'>,
  { mode }: Pick<Stats, 'mode'>,
): Problem | undefined {
  if ((mode & 0o077) === 0) return undefined
  return {
    code: `${code}_OPEN_TO_OTHERS`,
    where: path,
    message: `has mode ${(mode & 0o777).toString(8).padStart(4, '0')}: other users of this machine may read ${secret}. Expected 0600.`,
    fix: `Run \`chmod 600 '${path}'\`, and ${replace}.`,
  }
}

// --- internal ---

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
