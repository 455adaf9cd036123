import { existsSync, readdirSync, statSync } from 'node:fs'
import { readFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'

/** Where things are. In a repository that somebody took over whole, the two are one. */
export interface Folders {
  /** Of the product itself: the chart, the schemas, the pinned sources of the tools. Users edit nothing in it. */
  readonly productFolder: string
  /** Of the user: the two data files, and what is generated from them. */
  readonly userFolder: string
}

/** The one folder of a repository that was taken over whole. */
export function oneFolder(folder: string): Folders {
  return { productFolder: folder, userFolder: folder }
}

export function areOne({ productFolder, userFolder }: Folders): boolean {
  return productFolder === userFolder
}

/** The folder of the package that a file of the command line is in: its sources are there, or what they were compiled to. */
export function findProductFolder(file: string): string {
  return nearestWith('package.json', dirname(file)) ?? dirname(file)
}

/** The version of the product, as its package says. */
export async function versionOf({ productFolder }: Pick<Folders, 'productFolder'>): Promise<string> {
  const text = await readFile(join(productFolder, 'package.json'), 'utf8')
  return (JSON.parse(text) as { readonly version: string }).version
}

/** The nearest folder, from where the user stands upwards, that has data files; where they stand when there is none. */
export function findUserFolder(where: string): string {
  return nearest(where, (folder) => dataFile(folder, 'catalogue') !== undefined) ?? where
}

/** A data file of the user: TypeScript, or plain JavaScript. Undefined when there is none. */
export function dataFile(userFolder: string, name: 'catalogue' | 'environments'): string | undefined {
  return dataFiles(userFolder, name)[0]
}

/** Every file that could be meant: there should be one. */
export function dataFiles(userFolder: string, name: 'catalogue' | 'environments'): string[] {
  return dataFilePaths(userFolder, name).filter(isFile)
}

/** Where one may be. */
export function dataFilePaths(userFolder: string, name: 'catalogue' | 'environments'): string[] {
  return ['ts', 'mjs'].map((extension) => join(userFolder, 'scripts', `${name}.${extension}`))
}

/**
 * Folders with a catalogue that somebody could mean who is in a folder without one: of the same repository, which begins at the
 * nearest `package.json` or `.git` above, else below the folder itself. Sorted; what npm or git keeps is not looked into.
 */
export function applicationsAround(folder: string): string[] {
  const isTop = (one: string) => ['package.json', '.git'].some((name) => existsSync(join(one, name)))
  const there = nearest(folder, existsSync) ?? folder
  const found: string[] = []
  let level = [nearest(there, isTop) ?? there]
  for (let depth = 0, seen = 0; depth <= maxDepth && level.length > 0 && seen < maxFolders; depth++) {
    seen += level.length
    const others = level.filter((one) => dataFile(one, 'catalogue') === undefined)
    found.push(...level.filter((one) => !others.includes(one)))
    level = others.flatMap(foldersIn)
  }
  return found.sort()
}

/** The nearest folder that has a path, from a folder upwards: npm runs scripts in that with a `package.json`. */
export function nearestWith(path: string, folder: string): string | undefined {
  return nearest(folder, (one) => existsSync(join(one, path)))
}

// --- internal ---

function isFile(path: string): boolean {
  try {
    return statSync(path).isFile()
  } catch {
    // There is nothing, or nothing that may be read.
    return false
  }
}

/** Enough for `teams/payments/apps/shop`, and soon over in a home folder. */
const maxDepth = 4
const maxFolders = 2_000

function foldersIn(folder: string): string[] {
  try {
    return readdirSync(folder, { withFileTypes: true })
      .filter((entry) => entry.isDirectory() && !entry.name.startsWith('.') && entry.name !== 'node_modules')
      .map(({ name }) => join(folder, name))
  } catch {
    // It may not be read.
    return []
  }
}

function nearest(from: string, isIt: (folder: string) => boolean): string | undefined {
  if (isIt(from)) return from
  const parent = dirname(from)
  return parent === from ? undefined : nearest(parent, isIt)
}
