import { existsSync } from 'node:fs'
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
  return nearest(dirname(file), (folder) => existsSync(join(folder, 'package.json'))) ?? dirname(file)
}

/** The nearest folder, from where the user stands upwards, that has data files; where he stands when there is none. */
export function findUserFolder(where: string): string {
  return nearest(where, (folder) => dataFile(folder, 'catalogue') !== undefined) ?? where
}

/** A data file of the user: TypeScript, or plain JavaScript. Undefined when there is none. */
export function dataFile(userFolder: string, name: 'catalogue' | 'environments'): string | undefined {
  return ['ts', 'mjs'].map((extension) => join(userFolder, 'scripts', `${name}.${extension}`)).find(existsSync)
}

// --- internal ---

function nearest(from: string, isIt: (folder: string) => boolean): string | undefined {
  if (isIt(from)) return from
  const parent = dirname(from)
  return parent === from ? undefined : nearest(parent, isIt)
}
