import { isUtf8 } from 'node:buffer'
import { open, stat } from 'node:fs/promises'
import type { Problem } from '../../lib/problems.ts'
import { refusal, unreadable } from './refusal.ts'

/** Which texts are read. */
export interface TextRules {
  /** What no file of the kind reaches, and only costs time and memory. */
  readonly maxBytes: number
  /** A text with bytes that are not UTF-8 is read all the same. Default: false */
  readonly isAnyEncoding?: boolean
}

/** Of manifests, and all that belongs to them. */
export const manifestText: TextRules = { maxBytes: 10 * 1024 * 1024 }

/**
 * The text of a file without the mark that some editors put before it, or why it is not one. Not more is read than is allowed.
 *
 * @param where how the file is told
 */
export async function readText(
  path: string,
  where: string,
  { maxBytes, isAnyEncoding = false }: TextRules = manifestText,
): Promise<{ readonly text: string } | { readonly refusal: Problem }> {
  try {
    // A pipe would keep us waiting for its other end.
    if (!(await stat(path)).isFile()) return { refusal: unreadable(where, 'is not a file', 'a file') }
    await using file = await open(path)
    const stats = await file.stat()
    if (!stats.isFile()) return { refusal: unreadable(where, 'is not a file', 'a file') }
    if (stats.size > maxBytes) {
      const fact = `has ${Math.ceil(stats.size / 1024 / 1024)} MiB`
      const fix = 'Split it, or leave it out.'
      return { refusal: refusal('INPUT_TOO_LARGE', where, fact, `at most ${maxBytes / 1024 / 1024} MiB`, fix) }
    }
    const bytes = await file.readFile()
    if (bytes.includes(0))
      return {
        refusal: refusal('INPUT_BINARY', where, 'has bytes that no text has', 'a text in UTF-8', 'Leave it out.'),
      }
    if (!isAnyEncoding && !isUtf8(bytes)) {
      const fix = 'Save it as UTF-8: Kubernetes reads nothing else.'
      return { refusal: refusal('INPUT_BINARY', where, 'is not UTF-8', 'a text in UTF-8', fix) }
    }
    return { text: bytes.toString('utf8').replace(/^\uFEFF/, '') }
  } catch (error) {
    return { refusal: unreadable(where, `can't be read (${codeOf(error)})`) }
  }
}

/** `EACCES`: what the system calls a failure. */
export function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : 'unknown'
}
