import { readdir } from 'node:fs/promises'
import { join, relative, sep } from 'node:path'
import { readIfExists } from '../../lib/files.ts'
import { nearestWith } from '../../lib/folders.ts'
import { repositoryOf } from '../../lib/git-repository.ts'
import type { Problem } from '../../lib/problems.ts'
import { shellWord } from '../../lib/shell.ts'

/**
 * Environments that a pipeline lacks, as a warning each: it is written once, and a later environment would be deployed by
 * nobody. A pipeline is known by the commands of ours that it runs.
 *
 * @returns undefined when the application has no pipeline
 */
export async function pipelineProblems(
  userFolder: string,
  environments: readonly string[],
): Promise<Problem[] | undefined> {
  const { root } = repositoryOf(userFolder)
  const application = relative(nearestWith('package.json', userFolder) ?? userFolder, userFolder)
    .split(sep)
    .join('/')
  const files = await pipelinesAt(root)
  const own = files.filter(({ text }) => isOf(application, text))
  if (own.length === 0) return undefined
  return own.flatMap(({ path, text }) =>
    environments.filter((name) => !hasWord(text, name)).map((name) => lacking(path, name)),
  )
}

// --- internal ---

interface Pipeline {
  /** From the root of the repository. */
  readonly path: string
  readonly text: string
}

/** Where GitHub and GitLab look for pipelines, and where `init` puts one to include. */
async function pipelinesAt(root: string): Promise<Pipeline[]> {
  const below = ['.github/workflows', '.gitlab'].map(async (folder) => {
    const names = await readdir(join(root, folder)).catch(() => [])
    return names.filter((name) => /\.ya?ml$/.test(name)).map((name) => `${folder}/${name}`)
  })
  const paths = [...(await Promise.all(below)).flat().sort(), '.gitlab-ci.yml']
  const texts = paths.map(async (path) => ({ path, text: (await readIfExists(join(root, path))) ?? '' }))
  return (await Promise.all(texts)).filter(({ text }) => /tiered-secrets (?:deploy|wait)\b/.test(text))
}

/** @param application its folder, from that of `package.json` */
function isOf(application: string, text: string): boolean {
  return application === '' ? !text.includes('--root ') : hasWord(text, `--root ${shellWord(application)}`)
}

function hasWord(text: string, word: string): boolean {
  const exactly = word.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&')
  return new RegExp(`(?<![\\w-])${exactly}(?![\\w/-])`).test(text)
}

function lacking(path: string, name: string): Problem {
  const how = path.startsWith('.github/') ? 'to the lists of its matrices' : 'with jobs like those of the others'
  return {
    code: 'PIPELINE_LACKS_ENVIRONMENT',
    where: path,
    message: `has no environment "${name}". Expected every environment of scripts/environments.ts.`,
    fix: `Add "${name}" ${how}; \`init --ci\` does not write it again, as it is yours.`,
    severity: 'warning',
  }
}
