import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { delimiter, isAbsolute, join } from 'node:path'
import { findOpenEntry, type OpenEntry } from './open-entry.ts'
import type { Problem } from './problems.ts'

/** Programs that PATH holds. */
export interface ProgramsFound {
  /** In PATH's order. */
  readonly usable: readonly string[]
  /** Those that are skipped, because others could replace them. */
  readonly passedOver: readonly PassedOver[]
}

export interface PassedOver {
  readonly path: string
  readonly open: OpenEntry
}

/**
 * Executable files with one of these names, in the folders of a PATH. Relative folders are ignored, and a program
 * that another user could replace is skipped.
 */
export async function findPrograms(names: readonly string[], searchPath: string | undefined): Promise<ProgramsFound> {
  const candidates = foldersOf(searchPath).flatMap((folder) => names.map((name) => join(folder, name)))
  const looks = await Promise.all(
    [...new Set(candidates)].map(async (path) =>
      (await isExecutable(path)) ? { path, open: await findOpenEntry(path) } : undefined,
    ),
  )
  const usable: string[] = []
  const passedOver: PassedOver[] = []
  for (const look of looks) {
    if (look?.open) passedOver.push({ path: look.path, open: look.open })
    else if (look) usable.push(look.path)
  }
  return { usable, passedOver }
}

/** A PATH for programs that search for others themselves: without the folders whose programs would be skipped. */
export async function closedSearchPath(searchPath: string | undefined): Promise<string> {
  const folders = foldersOf(searchPath)
  const open = await Promise.all(folders.map(findOpenEntry))
  return folders.filter((_, index) => open[index] === undefined).join(delimiter)
}

/**
 * The problem for a skipped program.
 *
 * @param otherwise another fix, completes "…, or": `name the program with HELM_BIN`
 */
export function passedOverWarning({ path, open }: PassedOver, otherwise: string): Problem {
  return {
    code: 'PROGRAM_PASSED_OVER',
    where: path,
    message: `is skipped, because ${open.path} ${open.fact}. Expected a program that nobody but you and root can replace.`,
    fix: `${open.fix}, or ${otherwise}.`,
    severity: 'warning',
  }
}

export async function isExecutable(path: string): Promise<boolean> {
  try {
    await access(path, constants.X_OK)
    return (await stat(path)).isFile()
  } catch {
    return false
  }
}

// --- internal ---

function foldersOf(searchPath = ''): string[] {
  return searchPath.split(delimiter).filter(isAbsolute)
}
