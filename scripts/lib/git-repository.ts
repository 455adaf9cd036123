import { relative, sep } from 'node:path'
import { tryRun } from './exec.ts'
import { nearestWith } from './folders.ts'
import { ProblemError } from './problems.ts'

/** The git repository that a folder is in. */
export interface Repository {
  readonly root: string
  /** The folder from there, with forward slashes: `apps/shop`. Empty: the folder is the root. */
  readonly folder: string
}

/** A folder that is in no repository yet counts as the root of one. */
export function repositoryOf(folder: string): Repository {
  const root = nearestWith('.git', folder) ?? folder
  return { root, folder: relative(root, folder).split(sep).join('/') }
}

/** The branch that the repository at its origin calls its default, else the current `master`, else `main`. */
export async function defaultBranch(folder: string, signal: AbortSignal): Promise<string> {
  const branch = (reference: string) => git(folder, ['symbolic-ref', '--quiet', '--short', reference], signal)
  const remote = await branch('refs/remotes/origin/HEAD')
  if (remote !== undefined) return remote.replace(/^origin\//, '')
  return (await branch('HEAD')) === 'master' ? 'master' : 'main'
}

/** The URL of its origin; undefined where it has none. */
export function originOf(folder: string, signal: AbortSignal): Promise<string | undefined> {
  return git(folder, ['remote', 'get-url', 'origin'], signal)
}

// --- internal ---

/** What git answers; undefined when it has no answer, or there is no git. */
async function git(folder: string, args: readonly string[], signal: AbortSignal): Promise<string | undefined> {
  const answer = await tryRun('git', args, { cwd: folder, signal }).catch((error: unknown) => {
    if (error instanceof ProblemError) return undefined
    throw error
  })
  return answer?.exitCode === 0 ? answer.stdout.trim() : undefined
}
