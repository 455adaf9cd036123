import { relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { unreadable } from '../lib/files.ts'
import type { Problem } from '../lib/problems.ts'
import { isInside } from '../lib/typed-path.ts'

/** A data file of a user's that can't be loaded, with the folder that it belongs to. */
export interface DataFile {
  readonly userFolder: string
  readonly file: string
  readonly name: 'catalogue' | 'environments'
}

/** Why not: what it imports is missing, or what it throws, with the line of the user's that it comes from. */
export function loadProblem(error: unknown, data: DataFile): Problem {
  const missing = missingImport(error)
  if (error instanceof Error && isOfFile(error, data)) return unreadable(relative(data.userFolder, data.file), error)
  if (missing === undefined) return problem(data, `can't be loaded: ${reasonOf(error)}${lineOf(error, data)}.`, correct)
  const isPath = /^(\.|\/|file:)/.test(missing)
  const shown = missing.startsWith('/') ? relative(data.userFolder, missing) : missing
  const fix = isPath ? 'Correct the path, or add the file.' : 'Run `npm install`, or correct the name of the package.'
  return problem(data, `imports ${shown}, which is not there.`, fix)
}

/** It has been loaded, and exports nothing that could be meant. */
export function exportProblem(data: DataFile): Problem {
  const fix = `Export what ${functionOf(data)} returns: \`export default ${functionOf(data)}(…)\`.`
  return problem(data, 'has no default export.', fix)
}

// --- internal ---

const correct = 'Correct the line; an editor with TypeScript shows the same mistake.'

function functionOf({ name }: Pick<DataFile, 'name'>): string {
  return name === 'catalogue' ? 'defineCatalogue' : 'defineEnvironments'
}

function problem({ userFolder, file, name }: DataFile, fact: string, fix: string): Problem {
  return {
    code: 'CATALOGUE_UNREADABLE',
    where: relative(userFolder, file),
    message: `${fact} Expected a default export by ${functionOf({ name })}.`,
    fix,
  }
}

/** The file system refuses the file itself. */
function isOfFile({ syscall, path }: NodeJS.ErrnoException, { file }: DataFile): boolean {
  return syscall === 'open' && path === file
}

/** What the loader of Node or jiti could not find. */
function missingImport(error: unknown): string | undefined {
  const { code, message } = error instanceof Error ? (error as NodeJS.ErrnoException) : {}
  if (code !== 'ERR_MODULE_NOT_FOUND' && code !== 'MODULE_NOT_FOUND') return undefined
  return /^Cannot find (?:module|package) '([^']+)'/.exec(message ?? '')?.[1]
}

/** The loader's message, without its stack. */
function reasonOf(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n').slice(0, 3).join(' ').trim().replace(/\.$/, '')
}

/** `, in line 3`, or `, in line 3 of scripts/shared.ts`: the first line of the stack that is the user's. */
function lineOf(error: unknown, { userFolder, file }: DataFile): string {
  const stack = error instanceof Error ? (error.stack ?? '') : ''
  for (const [, place = '', line] of stack.matchAll(/^ +at (?:.*\()?((?:file:\/\/)?\/[^\n]*?):(\d+):\d+\)?$/gm)) {
    const path = place.startsWith('file:') ? fileURLToPath(place) : place
    if (path === file) return `, in line ${line}`
    if (isInside(path, userFolder) && !path.includes('/node_modules/'))
      return `, in line ${line} of ${relative(userFolder, path)}`
  }
  return ''
}
