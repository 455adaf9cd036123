import { existsSync } from 'node:fs'
import { join, relative } from 'node:path'
import { wrongUsage } from '../../../lib/command.ts'
import { commandLine } from '../../../lib/command-line.ts'
import { readIfExists } from '../../../lib/files.ts'
import { defaultBranch, repositoryOf } from '../../../lib/git-repository.ts'
import { ProblemError } from '../../../lib/problems.ts'
import { valueOfFilePattern } from '../../../lib/typed-path.ts'
import type { FileChange } from '../../../lib/write-together.ts'
import type { Application } from '../../../model/types.ts'
import { githubWorkflow } from './github.ts'
import { gitlabPipeline, gitlabStages } from './gitlab.ts'
import { type Ci, isAlone, type PipelineEnvironment, type PipelineSpec, pipelineEnvironments } from './pipeline.ts'

/** Where things are in the repository. */
export interface PipelineFolders {
  readonly userFolder: string
  /** Of `package.json`, in which jobs work. */
  readonly packageFolder: string
}

export interface PipelineWanted {
  readonly ci: Ci
  /** As they were given: whole paths, or `environment=@path`. */
  readonly manifests: readonly string[]
}

/** The one file of a pipeline. */
export interface PipelinePlan {
  readonly ci: Ci
  /** Its path counts from the folder of `package.json`, as for every other file. */
  readonly change: FileChange
  /** From the root of the repository, for people. */
  readonly shown: string
  readonly environments: readonly PipelineEnvironment[]
  /** What is to be added to the pipeline that is there already: lines. Empty: nothing. */
  readonly toInclude: readonly string[]
  readonly isAudited: boolean
  /** Of the manifests to audit, those that are not there: paths from the folder of `package.json`. */
  readonly absentManifests: readonly string[]
}

/**
 * The pipeline of an application that has none yet. It is written once: whatever a team changes in it stays.
 *
 * @throws ProblemError `PIPELINE_EXISTS`, `WRONG_USAGE` for manifests that a pipeline could not read
 */
export async function planPipeline(
  { userFolder, packageFolder }: PipelineFolders,
  application: Application,
  { ci, manifests }: PipelineWanted,
  { signal }: { readonly signal: AbortSignal },
): Promise<PipelinePlan> {
  const { root, folder } = repositoryOf(packageFolder)
  const spec: PipelineSpec = {
    application: application.catalogue.application,
    environments: pipelineEnvironments(application),
    manifests: manifests.map((path) => manifestsFrom(packageFolder, path)),
    folder,
    root: relative(packageFolder, userFolder).replaceAll('\\', '/'),
    branch: await defaultBranch(root, signal),
  }
  const own = isAlone(spec) ? 'secrets' : `${spec.application}-secrets`
  const existing = ci === 'gitlab' ? await readIfExists(join(root, mainOfGitlab)) : undefined
  const isIncluded = existing !== undefined || (ci === 'gitlab' && !isAlone(spec))
  const shown =
    ci === 'github' ? `.github/workflows/${own}.yml` : isIncluded ? `.gitlab/${own}.gitlab-ci.yml` : mainOfGitlab
  const isThere = (await readIfExists(join(root, shown))) !== undefined
  if (isThere || existing?.includes(commandOfPipelines)) throw exists(isThere ? shown : mainOfGitlab, ci)
  return {
    ci,
    change: {
      path: relative(packageFolder, join(root, shown)),
      content: ci === 'github' ? githubWorkflow(spec) : gitlabPipeline(spec),
      before: undefined,
    },
    shown,
    environments: spec.environments,
    toInclude: isIncluded ? includeLines(shown, existing ?? '') : [],
    isAudited: manifests.length > 0,
    absentManifests: absentOf(packageFolder, manifests),
  }
}

// --- internal ---

const mainOfGitlab = '.gitlab-ci.yml'

/** By which a pipeline of ours is known, whatever else somebody has put into it. */
const commandOfPipelines = 'tiered-secrets check'

function exists(shown: string, ci: Ci): ProblemError {
  return new ProblemError({
    code: 'PIPELINE_EXISTS',
    where: shown,
    message: 'is there already, and is yours. Expected none: it is written once.',
    fix: `To compare it with a new one, move it away and run \`${commandLine`init --ci ${ci}`}\` again.`,
  })
}

/** The path as a job reads it, which begins in the folder with `package.json`. */
function manifestsFrom(packageFolder: string, given: string): string {
  const [, name, file] = valueOfFilePattern.exec(given) ?? []
  const path = relative(packageFolder, file ?? given).replaceAll('\\', '/') || '.'
  const wrong = (message: string) => wrongUsage('init', `--manifests ${path}`, message)
  if (path === '..' || path.startsWith('../'))
    throw wrong('is outside of the folder with package.json. Expected files that a job has.')
  // biome-ignore lint/suspicious/noControlCharactersInRegex: that is what they are
  if (/[\u0000-\u001f\u007f]|\$\{\{/.test(path))
    throw wrong('has characters with a meaning of their own in a pipeline. Expected a plain path.')
  return name === undefined ? path : `${name}=@${path}`
}

function absentOf(packageFolder: string, manifests: readonly string[]): string[] {
  const paths = manifests.map((given) => valueOfFilePattern.exec(given)?.[2] ?? given)
  return paths.filter((path) => !existsSync(path)).map((path) => relative(packageFolder, path))
}

function includeLines(shown: string, existing: string): string[] {
  const stages = /^stages:/m.test(existing)
    ? [`# Its jobs are in the stages ${gitlabStages.join(' and ')}: both belong in your list of stages.`]
    : []
  return [...stages, 'include:', `  - local: /${shown}`]
}
