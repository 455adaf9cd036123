import type { Dirent } from 'node:fs'
import { readdir, realpath, stat } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { compare, type Problem } from '../../lib/problems.ts'
import type { FoundFile } from './found-object.ts'
import { codeOf, readText, type TextRules } from './read-text.ts'
import { refusal, unreadable } from './refusal.ts'

/** What of a folder is read. */
export interface WalkRules extends TextRules {
  /** Whether a file is read, by its name. */
  readonly isWanted: (name: string) => boolean
  /** Whether a folder is left out, by its name. */
  readonly isPassedOver: (name: string) => boolean
  /** Told of each folder, with the names in it. False: it is left out. Default: none is */
  readonly enter?: (folder: string, names: ReadonlySet<string>) => boolean
}

export interface WalkedFile extends FoundFile {
  /** From the root of the machine. */
  readonly whole: string
}

export interface WalkedFiles {
  readonly files: readonly WalkedFile[]
  /** What could not be read, each with its reason; all the rest was. */
  readonly refusals: readonly Problem[]
}

/**
 * The files below a folder, in the order of their names. Links are not followed: what one inside the folder leads to is read at
 * its own place, and nothing outside is.
 *
 * @param shown how paths are told, from the folder in which the command was typed
 */
export async function walkFolder(
  root: string,
  shown: (path: string) => string,
  rules: WalkRules,
): Promise<WalkedFiles> {
  const found: Found = { files: [], refusals: [] }
  await walk(root, { root, shown, rules }, found)
  return found
}

// --- internal ---

const maxFiles = 20_000

interface Found {
  readonly files: WalkedFile[]
  readonly refusals: Problem[]
}

interface Way {
  readonly root: string
  readonly shown: (path: string) => string
  readonly rules: WalkRules
}

async function walk(folder: string, way: Way, found: Found): Promise<void> {
  let entries: Dirent[]
  try {
    entries = await readdir(folder, { withFileTypes: true })
  } catch (error) {
    found.refusals.push(
      unreadable(way.shown(folder), `can't be opened (${codeOf(error)})`, 'a folder this user may read'),
    )
    return
  }
  entries.sort((a, b) => compare(a.name, b.name))
  if (way.rules.enter?.(folder, new Set(entries.map(({ name }) => name))) === false) return
  for (const entry of entries) await walkEntry(folder, entry, way, found)
}

async function walkEntry(folder: string, entry: Dirent, way: Way, found: Found): Promise<void> {
  const { shown, root, rules } = way
  const path = join(folder, entry.name)
  if (entry.isSymbolicLink()) {
    const fact = rules.isPassedOver(entry.name) ? undefined : await whyNotFollowed(path, way)
    if (fact !== undefined) found.refusals.push(unreadable(shown(path), fact, 'a file or a link within the folder'))
  } else if (entry.isDirectory()) {
    if (!rules.isPassedOver(entry.name)) await walk(path, way, found)
  } else if (rules.isWanted(entry.name)) {
    if (found.files.length >= maxFiles) tooMany(found, shown(root))
    else {
      const read = await readText(path, shown(path), rules)
      if ('refusal' in read) found.refusals.push(read.refusal)
      else found.files.push({ path: shown(path), whole: path, text: read.text })
    }
  }
}

/** Undefined: what it leads to is read at its own place, or is nothing that is read. */
async function whyNotFollowed(path: string, { root, rules }: Way): Promise<string | undefined> {
  const isWanted = rules.isWanted(path.slice(path.lastIndexOf(sep) + 1))
  try {
    const way = relative(root, await realpath(path))
    if (way !== '..' && !way.startsWith(`..${sep}`)) return undefined
    return isWanted || (await stat(path)).isDirectory()
      ? 'is a link out of the folder, which is not followed'
      : undefined
  } catch (error) {
    return isWanted ? `is a link that leads nowhere (${codeOf(error)})` : undefined
  }
}

function tooMany({ refusals }: Found, where: string): void {
  if (refusals.some(({ code }) => code === 'INPUT_TOO_MANY')) return
  const fact = `has more than ${maxFiles} files, of which the first were read`
  const fix = 'Name the folders below it that matter.'
  refusals.push(refusal('INPUT_TOO_MANY', where, fact, 'a folder with fewer files', fix))
}
