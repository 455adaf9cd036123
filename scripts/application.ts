import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { causeList } from './doctor/cause-list.ts'
import { type Generated, generate, generatedPaths } from './emit/generate.ts'
import type { JsonSchema } from './emit/json-schema.ts'
import { findStale } from './emit/plan.ts'
import { openQuestions } from './emulator/open-questions.ts'
import { readIfExists } from './lib/files.ts'
import { markdownTable } from './lib/markdown.ts'
import { didYouMean } from './lib/nearest.ts'
import { exitCodes, isError, type Problem, ProblemError } from './lib/problems.ts'
import { parseYamlDocuments } from './lib/yaml.ts'
import { type EnvironmentModel, resolve } from './model/resolve.ts'
import { checkApplication } from './model/rules/index.ts'
import type { Application } from './model/types.ts'
import { states } from './status/states.ts'

/**
 * The two files a user edits, as they are: nothing is checked yet.
 *
 * @throws ProblemError `CATALOGUE_UNREADABLE` when one of them is no TypeScript
 */
export async function loadApplication(): Promise<Application> {
  try {
    const [catalogue, environments] = await Promise.all([import('./catalogue.ts'), import('./environments.ts')])
    return { catalogue: catalogue.default, environments: environments.default }
  } catch (error) {
    throw new ProblemError({
      code: 'CATALOGUE_UNREADABLE',
      where: 'scripts/catalogue.ts or scripts/environments.ts',
      message: `can't be loaded: ${firstLines(error)}. Expected a default export by defineCatalogue and defineEnvironments.`,
      fix: 'Correct the line; an editor with TypeScript shows the same mistake.',
    })
  }
}

/**
 * The model of one environment of a catalogue without errors.
 *
 * @throws ProblemError `ENVIRONMENT_UNKNOWN`, or every problem of the catalogue
 */
export async function loadEnvironment(name: string): Promise<EnvironmentModel> {
  const application = await loadApplication()
  const problems = checkApplication(application).filter(isError)
  if (problems.length > 0) throw new ProblemError(problems)
  const names = Object.keys(application.environments)
  if (!names.includes(name)) {
    throw new ProblemError(
      {
        code: 'ENVIRONMENT_UNKNOWN',
        where: `--environment ${name}`,
        message: `there is no such environment.${didYouMean(name, names)} Expected one of: ${names.join(', ')}.`,
        fix: 'Correct the name, or add the environment to scripts/environments.ts.',
      },
      exitCodes.usage,
    )
  }
  return resolve(application, name)
}

/** Every generated file of the repository at `root`, in memory. */
export async function generateAll(root: string): Promise<Generated> {
  return generateFor(await loadApplication(), root)
}

/** The same for any application: what is read from `root` is the contract, the chart's defaults and the texts. */
export async function generateFor(application: Application, root: string): Promise<Generated> {
  const read = (path: string) => readFile(join(root, path), 'utf8')
  const baseSchemaPath = 'schema/values.base.schema.json'
  const defaultsPath = 'charts/tiered-secrets/values.yaml'
  const [baseSchema, defaults, readme, types] = await Promise.all([
    read(baseSchemaPath),
    read(defaultsPath),
    read(generatedPaths.readme),
    readIfExists(join(root, generatedPaths.types)),
  ])
  const [chartDefaults] = parseYamlDocuments(defaults, defaultsPath)
  return generate(application, {
    baseSchema: parseJson(baseSchema, baseSchemaPath),
    chartDefaults: chartDefaults as Readonly<Record<string, unknown>>,
    readme,
    types,
    sections: { 'open-questions': openQuestionsTable(), states: statesTable(), causes: causesTable() },
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

/** What the loader says, without its stack. */
function firstLines(error: unknown): string {
  const message = error instanceof Error ? error.message : String(error)
  return message.split('\n').slice(0, 3).join(' ').trim().replace(/\.$/, '')
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
