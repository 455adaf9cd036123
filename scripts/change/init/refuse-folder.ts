import { existsSync } from 'node:fs'
import { readdir, rm } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import type { CommandIo } from '../../lib/command.ts'
import { tryRun } from '../../lib/exec.ts'
import { areOne, dataFile, type Folders, findUserFolder } from '../../lib/folders.ts'
import { ProblemError } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { unfinishedPrefix } from '../../lib/write-together.ts'

/**
 * Ends `init` where it has no business, before it writes anything.
 *
 * @throws ProblemError `FOLDER_TAKEN`, `REPOSITORY_DIRTY`
 */
export async function refuseFolder(folders: Folders, { signal }: Pick<CommandIo, 'signal'>): Promise<void> {
  const { userFolder } = folders
  const above = findUserFolder(dirname(userFolder))
  if (areOne(folders) || dataFile(above, 'catalogue') !== undefined) {
    throw new ProblemError({
      code: 'FOLDER_TAKEN',
      where: userFolder,
      message: areOne(folders)
        ? 'is the repository of tiered-secrets itself. Expected a folder of your own.'
        : `is inside of ${above}, which has a catalogue. Expected a folder outside of it.`,
      fix: areOne(folders) ? 'Edit scripts/catalogue.ts and scripts/environments.ts.' : 'Go to another folder.',
    })
  }
  const changed = await changedFiles(userFolder, signal)
  if (changed.length === 0) return
  throw new ProblemError({
    code: 'REPOSITORY_DIRTY',
    where: userFolder,
    message: `has changes that are not committed: ${shortList(changed)}. Expected none, so that git shows what is written now.`,
    fix: 'Commit or stash them, then run the same command again.',
  })
}

/** Deletes what an interrupted run has left beside the files, and returns its names. */
export async function removeUnfinished(userFolder: string): Promise<string[]> {
  const left = (await readdir(userFolder)).filter((name) => name.startsWith(unfinishedPrefix))
  for (const name of left) await rm(join(userFolder, name), { recursive: true, force: true })
  return left
}

// --- internal ---

/** Files that `npm install` of our package changes. */
const ofInstallation = /(^|\/)(package\.json|package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|yarn\.lock)$/

/** Files below the folder that git knows, with changes it does not have yet. None where there is no repository, or no git. */
async function changedFiles(folder: string, signal: AbortSignal): Promise<string[]> {
  if (!existsSync(folder)) return []
  const args = ['status', '--porcelain', '--untracked-files=no', '--no-renames', '-z', '.']
  const status = await tryRun('git', args, { cwd: folder, signal }).catch((error: unknown) => {
    if (error instanceof ProblemError) return undefined
    throw error
  })
  if (status?.exitCode !== 0) return []
  const paths = status.stdout.split('\0').map((line) => line.slice(3))
  return paths.filter((path) => path !== '' && !ofInstallation.test(path))
}
