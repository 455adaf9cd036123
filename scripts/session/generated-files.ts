import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Generated, generate, generatedPaths } from '../generate/generate.ts'
import type { JsonSchema } from '../generate/json-schema.ts'
import { type Pages, pagePaths } from '../generate/pages.ts'
import { findStale } from '../generate/stale-files.ts'
import { causeList } from '../inspect/doctor/cause-codes.ts'
import { states } from '../inspect/status/states.ts'
import { commandLine } from '../lib/command-line.ts'
import { readIfExists } from '../lib/files.ts'
import { areOne, type Folders } from '../lib/folders.ts'
import { markdownTable } from '../lib/markdown.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { parseYamlDocuments } from '../lib/yaml.ts'
import { openQuestions } from '../local/emulator/open-questions.ts'
import { advisories } from '../model/operator-advisories.ts'
import type { Application } from '../model/types.ts'
import { loadApplication } from './application.ts'

/** Every generated file of the user's, in memory. */
export async function generateAll(folders: Folders): Promise<Generated> {
  return generateFor(await loadApplication(folders), folders)
}

/** The same for any application: what is read is the contract, the chart's defaults and the pages. */
export async function generateFor(application: Application, folders: Folders): Promise<Generated> {
  const { productFolder } = folders
  const read = (path: string) => readFile(join(productFolder, path), 'utf8')
  const baseSchemaPath = 'schema/values.base.schema.json'
  const defaultsPath = 'charts/tiered-secrets/values.yaml'
  const [baseSchema, defaults, pages, types] = await Promise.all([
    read(baseSchemaPath),
    read(defaultsPath),
    readPages(folders),
    readIfExists(join(productFolder, generatedPaths.types)),
  ])
  const [chartDefaults] = parseYamlDocuments(defaults, defaultsPath)
  return generate(application, {
    baseSchema: parseJson(baseSchema, baseSchemaPath),
    chartDefaults: chartDefaults as Readonly<Record<string, unknown>>,
    pages,
    types,
    isProduct: areOne(folders),
    sections: {
      'open-questions': openQuestionsTable(),
      states: statesTable(),
      causes: causesTable(),
      advisories: advisoriesTable(),
    },
  })
}

/**
 * Ends a command that would use a values file which differs from what the catalogue implies.
 *
 * @throws ProblemError `STALE`
 */
export async function refuseStaleValues(folders: Folders, environment: string): Promise<void> {
  const path = generatedPaths.values(environment)
  const { files } = await generateAll(folders)
  const stale = await findStale(
    folders.userFolder,
    files.filter((file) => file.path === path || file.path === generatedPaths.schema),
  )
  if (stale.length > 0) throw new ProblemError(stale.map(staleProblem))
}

export function staleProblem({ path }: { readonly path: string }): Problem {
  return {
    code: 'STALE',
    where: path,
    message: 'differs from what the catalogue implies. Expected the text the generator makes.',
    fix: `Run \`${commandLine`gen-values`}\` and commit the result. A hand edit belongs in the catalogue.`,
  }
}

// --- internal ---

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
