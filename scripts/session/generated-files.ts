import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Generated, generate, generatedPaths } from '../generate/generate.ts'
import type { JsonSchema } from '../generate/json-schema.ts'
import { pagePaths } from '../generate/pages.ts'
import { findStale } from '../generate/stale-files.ts'
import { causeList } from '../inspect/doctor/cause-codes.ts'
import { states } from '../inspect/status/states.ts'
import { readIfExists } from '../lib/files.ts'
import { markdownTable } from '../lib/markdown.ts'
import { type Problem, ProblemError } from '../lib/problems.ts'
import { parseYamlDocuments } from '../lib/yaml.ts'
import { openQuestions } from '../local/emulator/open-questions.ts'
import { advisories } from '../model/operator-advisories.ts'
import type { Application } from '../model/types.ts'
import { loadApplication } from './application.ts'

/** Every generated file of the repository at `root`, in memory. */
export async function generateAll(root: string): Promise<Generated> {
  return generateFor(await loadApplication(), root)
}

/** The same for any application: what is read from `root` is the contract, the chart's defaults and the texts. */
export async function generateFor(application: Application, root: string): Promise<Generated> {
  const read = (path: string) => readFile(join(root, path), 'utf8')
  const baseSchemaPath = 'schema/values.base.schema.json'
  const defaultsPath = 'charts/tiered-secrets/values.yaml'
  const [baseSchema, defaults, pages, types] = await Promise.all([
    read(baseSchemaPath),
    read(defaultsPath),
    Promise.all(pagePaths.map(async (path) => [path, await read(path)] as const)),
    readIfExists(join(root, generatedPaths.types)),
  ])
  const [chartDefaults] = parseYamlDocuments(defaults, defaultsPath)
  return generate(application, {
    baseSchema: parseJson(baseSchema, baseSchemaPath),
    chartDefaults: chartDefaults as Readonly<Record<string, unknown>>,
    pages: new Map(pages),
    types,
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
export async function refuseStaleValues(root: string, environment: string): Promise<void> {
  const path = generatedPaths.values(environment)
  const { files } = await generateAll(root)
  const stale = await findStale(
    root,
    files.filter((file) => file.path === path || file.path === generatedPaths.schema),
  )
  if (stale.length > 0) throw new ProblemError(stale.map(staleProblem))
}

export function staleProblem({ path }: { readonly path: string }): Problem {
  return {
    code: 'STALE',
    where: path,
    message: 'differs from what the catalogue implies. Expected the text the generator makes.',
    fix: 'Run `npm run gen-values` and commit the result. A hand edit belongs in the catalogue.',
  }
}

// --- internal ---

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
    ['Code', 'It is found that', 'What mends it'],
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
      message: `is no valid JSON: ${error instanceof Error ? error.message : ''}. Expected a JSON Schema.`,
      fix: 'Correct the file.',
    })
  }
}
