import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { chartFolder, type PackagedChart } from '../generate/chart-copy.ts'
import { type Generated, generate, generatedPaths, helmFiles } from '../generate/generate.ts'
import type { JsonSchema } from '../generate/json-schema.ts'
import { findLeftOvers } from '../generate/left-overs.ts'
import { type Pages, pagePaths } from '../generate/pages.ts'
import { findStale, type StaleFile } from '../generate/stale-files.ts'
import { causeList } from '../inspect/doctor/cause-codes.ts'
import { states } from '../inspect/status/states.ts'
import { readIfExists } from '../lib/files.ts'
import { areOne, type Folders, versionOf } from '../lib/folders.ts'
import { markdownTable } from '../lib/markdown.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { parseYamlDocuments } from '../lib/yaml.ts'
import { openQuestions } from '../local/emulator/open-questions.ts'
import { advisories } from '../model/operator-advisories.ts'
import type { Application } from '../model/types.ts'
import { type DataFolder, loadApplication } from './application.ts'
import { foreignProblems, staleProblems } from './stale-problems.ts'

/** Every generated file of the user's, in memory. */
export async function generateAll(folders: Folders & DataFolder): Promise<Generated> {
  return generateFor(await loadApplication(folders), folders)
}

/** The same for any application: what is read is the contract, the chart's defaults and the pages. */
export async function generateFor(application: Application, folders: Folders): Promise<Generated> {
  const { productFolder } = folders
  const read = (path: string) => readFile(join(productFolder, path), 'utf8')
  const defaultsPath = 'charts/tiered-secrets/values.yaml'
  const [baseSchema, defaults, pages, types, chart] = await Promise.all([
    readBaseSchema(folders),
    read(defaultsPath),
    readPages(folders),
    readIfExists(join(productFolder, generatedPaths.types)),
    readChart(folders),
  ])
  const [chartDefaults] = parseYamlDocuments(defaults, defaultsPath)
  return generate(application, {
    baseSchema,
    chartDefaults: chartDefaults as Readonly<Record<string, unknown>>,
    pages,
    types,
    chart,
    sections: {
      'open-questions': openQuestionsTable(),
      states: statesTable(),
      causes: causesTable(),
      advisories: advisoriesTable(),
    },
  })
}

/**
 * Ends a command that would use a values file or a chart which differs from what the catalogue implies.
 *
 * @throws ProblemError `STALE`, `OTHER_VERSION`
 */
export async function refuseStaleValues(folders: Folders & DataFolder, environment: string): Promise<void> {
  const stale = await staleFor(folders, [environment])
  if (stale.length > 0) throw new ProblemError(staleProblems(stale))
}

/**
 * What Helm would read for some environments, and differs from what the catalogue implies.
 *
 * @throws as `helmFiles`
 */
export async function staleFor(folders: Folders & DataFolder, environments: readonly string[]): Promise<StaleFile[]> {
  const [application, baseSchema, chart] = await Promise.all([
    loadApplication(folders),
    readBaseSchema(folders),
    readChart(folders),
  ])
  return await findStale(folders.userFolder, helmFiles(application, { baseSchema, chart }, environments))
}

/** What is wrong with the generated files: those that differ, and what is among them that no generator writes. */
export async function generatedProblems(folders: Folders & DataFolder): Promise<Problem[]> {
  const { files } = await generateAll(folders)
  const { orphans, foreign } = await findLeftOvers(folders.userFolder, files)
  const stale = await findStale(folders.userFolder, files)
  return [...staleProblems([...stale, ...orphans]), ...foreignProblems(foreign)]
}

// --- internal ---

async function readBaseSchema({ productFolder }: Folders): Promise<JsonSchema> {
  const path = 'schema/values.base.schema.json'
  return parseJson(await readFile(join(productFolder, path), 'utf8'), path)
}

/** The chart as it goes to the user's folder; undefined where that is the product's. */
async function readChart(folders: Folders): Promise<PackagedChart | undefined> {
  if (areOne(folders)) return undefined
  const folder = join(folders.productFolder, chartFolder)
  const templates = (await readdir(join(folder, 'templates'))).sort().map((name) => `templates/${name}`)
  const paths = ['.helmignore', 'Chart.yaml', 'README.md', 'values.yaml', ...templates]
  const read = async (path: string) => [path, await readFile(join(folder, path), 'utf8')] as const
  const [files, version] = await Promise.all([Promise.all(paths.map(read)), versionOf(folders)])
  return { version, files: new Map(files) }
}

/** The pages with generated tables. Where the user's folder is one of its own, those of them that it has. */
async function readPages(folders: Folders): Promise<Pages> {
  const pages = new Map<string, string>()
  for (const path of pagePaths) {
    const text = await readIfExists(join(folders.userFolder, path))
    if (text !== undefined || areOne(folders)) pages.set(path, text ?? '')
  }
  return pages
}

function openQuestionsTable(): string {
  return markdownTable(
    ['Question', 'The emulator', 'Because'],
    openQuestions.map(({ question, reading, why }) => [question, reading, why]),
  )
}

function statesTable(): string {
  const exits = { error: 'exit 3', warning: 'warning', fine: '' }
  const rows = Object.entries(states).map(([code, { severity, meaning }]) => [`\`${code}\``, meaning, exits[severity]])
  return markdownTable(['State', 'Meaning', ''], rows)
}

function causesTable(): string {
  return markdownTable(
    ['Code', 'Cause', 'How to fix it'],
    Object.entries(causeList).map(([code, { meaning, mend }]) => [`\`${code}\``, meaning, mend]),
  )
}

function advisoriesTable(): string {
  return markdownTable(
    ['Advisory', 'What it allows', 'Versions', 'In the namespaces of the tiers'],
    advisories.map(({ id, cve, allows, since, fixedIn, kept }) => [
      [`[${id}](https://github.com/advisories/${id})`, ...(cve ? [cve] : [])].join(', '),
      allows,
      since ? `${since} to before ${fixedIn}` : `before ${fixedIn}`,
      kept,
    ]),
  )
}

function parseJson(text: string, where: string): JsonSchema {
  try {
    return JSON.parse(text) as JsonSchema
  } catch (error) {
    throw new ProblemError({
      code: 'JSON_INVALID',
      where,
      message: `is not valid JSON: ${error instanceof Error ? error.message : ''}. Expected a JSON Schema.`,
      fix: 'Correct the file.',
    })
  }
}
