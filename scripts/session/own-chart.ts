import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { ChartFiles } from '../chart/archive.ts'
import { chartFolder } from '../generate/chart-copy.ts'
import type { Folders } from '../lib/folders.ts'
import { ProblemError } from '../lib/problems.ts'
import { generatedProblems } from './generated-files.ts'

/**
 * The user's chart as Helm packs it: with the schema of their catalogue, and without what `.helmignore` names. In Helm's order.
 *
 * @throws ProblemError as `npm run check`, for generated files that differ, and for files in the chart that nobody generated
 */
export async function readOwnChart(folders: Folders): Promise<ChartFiles> {
  const problems = await generatedProblems(folders)
  if (problems.length > 0) throw new ProblemError(problems)
  const folder = join(folders.userFolder, chartFolder)
  const templates = (await readdir(join(folder, 'templates'))).filter(isTemplate).sort()
  const paths = ['Chart.yaml', 'values.yaml', 'values.schema.json', ...templates.map(below), 'README.md']
  const read = async (path: string) => [path, await readFile(join(folder, path), 'utf8')] as const
  return new Map(await Promise.all(paths.map(read)))
}

// --- internal ---

const below = (name: string) => `templates/${name}`

/** Not what an editor has left there. */
function isTemplate(name: string): boolean {
  return /^[^.].*\.(yaml|tpl|txt)$/.test(name)
}
