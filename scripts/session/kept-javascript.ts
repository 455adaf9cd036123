import { createHash } from 'node:crypto'
import { lstatSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, utimesSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { TransformOptions, TransformResult } from 'jiti'
import { isErrno } from '../lib/files.ts'
import { findOpenEntry } from '../lib/open-entry.ts'

type Transform = (options: TransformOptions) => TransformResult

/** As many data files as the applications of one person have, several times over. */
const maxKept = 100

/**
 * A transform of TypeScript to JavaScript that keeps each result, since the transform itself takes longer to load than most
 * commands take to run. What is kept is run the next time, so nothing is kept or used in a folder that another user could
 * change; then, and where the folder can't be written, every file is transformed again, and nobody has to know.
 *
 * @param folder need not exist
 * @param version of what transforms: with another one nothing that was kept counts
 * @param transform throws, or gives code that throws, for what it can't read
 */
export async function keepJavaScript(folder: string, version: string, transform: Transform): Promise<Transform> {
  if (!(await isSafeFolder(folder))) return transform
  return (options) => {
    const file = join(folder, `${keyOf(version, options)}.js`)
    const kept = readKept(file)
    if (kept !== undefined) return { code: kept }
    const result = transform(options)
    if (!result.error && !result.code.includes(brokenMark)) keep(folder, file, result.code)
    return result
  }
}

// --- internal ---

/** In the code that jiti makes of a file it can't read. */
const brokenMark = '__JITI_ERROR__'

async function isSafeFolder(folder: string): Promise<boolean> {
  try {
    makeFolder(folder)
    return (await findOpenEntry(folder)) === undefined
  } catch {
    return false
  }
}

/** Node's own way to make the folders above too never ends in /proc. */
function makeFolder(folder: string): void {
  if (isMade(folder) || dirname(folder) === folder) return
  makeFolder(dirname(folder))
  if (!isMade(folder)) throw new Error(`${folder} can't be made`)
}

/** Whether the folder is there now; false: the one above is not. */
function isMade(folder: string): boolean {
  try {
    mkdirSync(folder, { mode: 0o700 })
  } catch (error) {
    if (isErrno(error, 'ENOENT')) return false
    if (!isErrno(error, 'EEXIST')) throw error
  }
  return true
}

/** Only what asks where it is becomes other code at another place. */
function keyOf(version: string, { filename, ...options }: TransformOptions): string {
  const place = /import\.meta|__filename|__dirname/.test(options.source) ? filename : ''
  return createHash('sha256')
    .update(JSON.stringify([version, process.version, place, options]))
    .digest('hex')
}

/** Undefined where there is none, or one that somebody else could have put there when the folder was still open. */
function readKept(file: string): string | undefined {
  try {
    const stats = lstatSync(file)
    if (!stats.isFile() || stats.uid !== process.geteuid?.() || (stats.mode & 0o022) !== 0) return undefined
    const now = new Date()
    if (now.getTime() - stats.mtimeMs > dayMs) utimesSync(file, now, now)
    return readFileSync(file, 'utf8')
  } catch {
    return undefined
  }
}

const dayMs = 86_400_000

/** Whole or not at all, in place of the one that was used longest ago. */
function keep(folder: string, file: string, code: string): void {
  const beside = `${file}.${process.pid}.tmp`
  try {
    writeFileSync(beside, code, { mode: 0o600, flag: 'wx' })
    renameSync(beside, file)
    const all = readdirSync(folder).map((name) => join(folder, name))
    if (all.length > maxKept) for (const old of byUse(all).slice(0, all.length - maxKept)) rmSync(old, { force: true })
  } catch {
    rmSync(beside, { force: true })
  }
}

/** The one that was used longest ago first. */
function byUse(files: readonly string[]): string[] {
  return files
    .map((file) => ({ file, used: lstatSync(file, { throwIfNoEntry: false })?.mtimeMs ?? 0 }))
    .sort((a, b) => a.used - b.used)
    .map(({ file }) => file)
}
