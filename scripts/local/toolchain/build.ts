import { randomBytes } from 'node:crypto'
import { chmod, lstat, mkdir, readdir, rename, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { isErrno } from '../../lib/files.ts'
import type { BuildContext, BuildIo } from './build-context.ts'
import { cacheUnusable, makeCacheFolder } from './cache.ts'
import { buildOperator, buildScw, buildWithGo, copyOperatorCrds } from './go.ts'
import { acquireLock } from './lock.ts'
import { duration, startProgress } from './progress.ts'
import { installWithPip } from './python.ts'
import type { PinnedRecipe } from './recipes.ts'

/**
 * Builds a recipe into the cache, unless another process does so first: one builds, the others wait for it.
 * The folder gets its name when it is complete, so a build that was killed leaves nothing that looks built.
 *
 * @param cache the cache folder.
 * @param isComplete returns whether the cache holds the recipe by now.
 * @returns false when another process has built it meanwhile.
 * @throws ProblemError when Go or Python is missing, the network is, or the build fails.
 */
export async function buildRecipe(
  recipe: PinnedRecipe,
  cache: string,
  io: BuildIo,
  isComplete: () => Promise<boolean>,
): Promise<boolean> {
  await makeCacheFolder(cache)
  const onWait = (pid: string) => io.log(`${recipe.name}: process ${pid} is building it already, waiting`)
  try {
    await using _lock = await acquireLock(join(cache, `${recipe.key}.lock`), { signal: io.signal, onWait })
    if (await isComplete()) return false
    await sweep(cache, recipe.key)
    await build(recipe, cache, io)
    return true
  } catch (error) {
    if (isErrno(error, 'ENOSPC') || isErrno(error, 'EACCES') || isErrno(error, 'EROFS')) {
      throw cacheUnusable(cache, error)
    }
    throw error
  }
}

// --- internal ---

async function build(recipe: PinnedRecipe, cache: string, io: BuildIo): Promise<void> {
  const { name, key, version, kind, coldSeconds } = recipe
  const folder = join(cache, `${key}.building-${randomBytes(4).toString('hex')}`)
  const destination = join(cache, key)
  const started = Date.now()
  const verb = kind === 'python' ? 'installing' : kind === 'operator-crds' ? 'downloading' : 'building'
  io.log(`${name} ${version}: ${verb}, about ${duration(coldSeconds * 1000)} when nothing is cached`)
  await mkdir(folder, { mode: 0o700 })
  using progress = startProgress(name, io)
  try {
    await steps[kind]({ recipe, folder, destination, io, progress })
    await closeToOthers(folder)
    // An existing folder of that name is damaged (a file deleted by hand, a Python uninstalled), or open to others.
    await rm(destination, { recursive: true, force: true })
    await rename(folder, destination)
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 5, retryDelay: 200 })
  }
  progress.end(`${name} ${version}: ready after ${duration(Date.now() - started)}`)
}

const steps = {
  go: buildWithGo,
  operator: buildOperator,
  'operator-crds': copyOperatorCrds,
  scw: buildScw,
  python: installWithPip,
} satisfies Record<PinnedRecipe['kind'], (context: BuildContext) => Promise<void>>

/** Files that a umask such as 002 left writable for a group would be skipped. The folder is private until then. */
async function closeToOthers(folder: string): Promise<void> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name)
    if (!entry.isSymbolicLink()) await chmod(path, (await lstat(path)).mode & 0o755)
  }
  await chmod(folder, 0o755)
}

/** Removes leftovers of killed builds of this recipe. Called with the lock held. */
async function sweep(cache: string, key: string): Promise<void> {
  for (const entry of await readdir(cache)) {
    if (entry.startsWith(`${key}.building-`)) await rm(join(cache, entry), { recursive: true, force: true })
  }
}
