import { lstat, realpath } from 'node:fs/promises'
import { basename } from 'node:path'
import { kustomizationNames } from './kustomization.ts'
import { manifestText, readText } from './read-text.ts'
import { type WalkedFiles, walkFolder } from './walk-folder.ts'

/** What a folder holds, as far as it can be read. */
export interface Walked extends WalkedFiles {
  /** Folders that something else renders, with the program that does. */
  readonly rendered: readonly RenderedFolder[]
}

export interface RenderedFolder {
  readonly folder: string
  readonly by: 'kustomize' | 'helm'
}

/**
 * A file, or every file below a folder whose name says that it may be an input.
 *
 * @param shown how paths are told, from the folder in which the command was typed
 */
export async function walk(path: string, shown: (path: string) => string): Promise<Walked> {
  // What is named is meant, also through a link.
  const named = (await lstat(path)).isSymbolicLink() ? await realpath(path) : path
  if (!(await lstat(named)).isDirectory()) {
    const read = await readText(named, shown(path))
    return 'refusal' in read
      ? { files: [], rendered: [], refusals: [read.refusal] }
      : { files: [{ path: shown(path), whole: path, text: read.text }], rendered: [], refusals: [] }
  }
  const rendered: RenderedFolder[] = []
  const enter = (folder: string, names: ReadonlySet<string>) => {
    if (kustomizationNames.some((name) => names.has(name))) rendered.push({ folder, by: 'kustomize' })
    const isChart = names.has('Chart.yaml')
    if (isChart) rendered.push({ folder, by: 'helm' })
    return !isChart
  }
  const isPassedOver = (name: string) => passedOver.has(name)
  return { ...(await walkFolder(named, shown, { ...manifestText, isWanted: isInput, isPassedOver, enter })), rendered }
}

/** `.env.example`, `api.env.sample`, `env.template`. */
export function isExample(path: string): boolean {
  return /(^|\.)env([.-][\w-]+)*[.-](example|sample|template|dist)$/i.test(basename(path))
}

// --- internal ---

const passedOver = new Set(['node_modules', '.git', 'vendor', '.terraform', 'dist'])

function isInput(name: string): boolean {
  return /\.(ya?ml|json)$/i.test(name) ? !notManifests.test(name) : isExample(name) || name === 'Kustomization'
}

/** Files of other tools that are in the same folders. */
const notManifests = /^(package(-lock)?|tsconfig.*|biome|renovate|pnpm-lock|composer|\..*)\.(ya?ml|json)$/i
