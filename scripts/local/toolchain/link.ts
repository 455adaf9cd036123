import { mkdtemp, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, delimiter, join } from 'node:path'
import { closedSearchPath } from '../../lib/programs.ts'
import type { Environment } from './locate.ts'
import { type Tool, tools } from './tools.ts'

export interface LinkedTools extends AsyncDisposable {
  /** The value of PATH to give to a program that calls the tools by name. */
  readonly path: string
}

/**
 * Puts tools first on a PATH, under the names other programs call them by (`ct` calls `helm`, `yamllint` and `yamale`),
 * whatever their files are called. Folders that others may write are left out. Dispose it to remove the folder of links.
 */
export async function linkTools(list: readonly Tool[], env: Environment): Promise<LinkedTools> {
  const folder = await mkdtemp(join(tmpdir(), 'tiered-secrets-path-'))
  await Promise.all(list.map(({ name, path }) => symlink(path, join(folder, basename(tools[name].file)))))
  const others = await closedSearchPath(env.PATH)
  return {
    path: [folder, ...(others ? [others] : [])].join(delimiter),
    [Symbol.asyncDispose]: () => rm(folder, { recursive: true, force: true }),
  }
}
