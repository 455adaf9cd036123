import { mkdir, stat } from 'node:fs/promises'
import { homedir } from 'node:os'
import { isAbsolute, join, resolve } from 'node:path'
import { findOpenEntry } from '../../lib/open-entry.ts'
import { exitCodes, ProblemError } from '../../lib/problems.ts'
import type { Environment } from './locate.ts'

/**
 * The folder of built tools, shared by all clones of this user:
 * `$TIERED_SECRETS_CACHE`, else `$XDG_CACHE_HOME/tiered-secrets`, else `~/Library/Caches/tiered-secrets` on macOS
 * and `~/.cache/tiered-secrets` elsewhere. A relative XDG path is ignored, as its specification asks.
 */
export function cacheFolder(env: Environment, platform: NodeJS.Platform = process.platform): string {
  const own = env.TIERED_SECRETS_CACHE
  if (own) return resolve(own)
  const xdg = env.XDG_CACHE_HOME
  if (xdg && isAbsolute(xdg)) return join(xdg, 'tiered-secrets')
  const home = env.HOME || homedir()
  return join(home, platform === 'darwin' ? 'Library/Caches' : '.cache', 'tiered-secrets')
}

/**
 * Makes the cache folder.
 *
 * @throws ProblemError `CACHE_UNUSABLE` when this user may not write there, `CACHE_OPEN_TO_OTHERS` when another one may.
 */
export async function makeCacheFolder(folder: string): Promise<void> {
  try {
    // Never more than this, whatever the umask.
    await mkdir(folder, { recursive: true, mode: 0o755 })
  } catch (error) {
    throw cacheUnusable(folder, error)
  }
  await refuseOpenCache(folder, 'TIERED_SECRETS_CACHE')
}

/**
 * @param variable that moves the cache elsewhere
 * @throws ProblemError `CACHE_OPEN_TO_OTHERS` when another user could change what is in it
 */
export async function refuseOpenCache(folder: string, variable: string): Promise<void> {
  const open = await findOpenEntry(folder)
  if (!open) return
  throw new ProblemError(
    {
      code: 'CACHE_OPEN_TO_OTHERS',
      where: folder,
      message: `others could change its content, because ${open.path} ${open.fact}. Expected a folder that nobody but you and root can change.`,
      fix: `${open.fix} and delete files that are not yours, or set ${variable} to another absolute path.`,
    },
    exitCodes.toolMissing,
  )
}

export function cacheUnusable(folder: string, error: unknown): ProblemError {
  return new ProblemError(
    {
      code: 'CACHE_UNUSABLE',
      where: folder,
      message: `can't be written: ${error instanceof Error ? error.message : String(error)}. Expected a folder for built tools.`,
      fix: 'Free disk space or correct the permissions, or set TIERED_SECRETS_CACHE to another absolute path.',
    },
    exitCodes.toolMissing,
  )
}

/** Whether the file is there with content. A link is followed, so a Python that was uninstalled counts as absent. */
export async function isPresent(path: string): Promise<boolean> {
  try {
    return (await stat(path)).size > 0
  } catch {
    return false
  }
}
