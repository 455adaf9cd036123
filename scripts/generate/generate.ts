import type { ChartValues } from '../../schema/chart-values.ts'
import { withWrittenCommands } from '../lib/command-line.ts'
import { isError, type Problem, ProblemError } from '../lib/problems.ts'
import { resolve, resolveAll } from '../model/resolve.ts'
import { errorsByEnvironment } from '../model/rules/by-environment.ts'
import { checkApplication } from '../model/rules/index.ts'
import type { Application } from '../model/types.ts'
import { chartCopy, type PackagedChart } from './chart-copy.ts'
import { chartReadme } from './chart-readme.ts'
import { chartValues, chartValuesText } from './chart-values.ts'
import { chartValuesTypes } from './chart-values-types.ts'
import { deliveryFiles } from './delivery/index.ts'
import { envModuleFiles } from './env-module/index.ts'
import { type JsonSchema, jsonText } from './json-schema.ts'
import { catalogueSections, fillPages, type Pages, type Sections } from './pages.ts'
import { reachabilityText } from './reachability-page.ts'
import type { GeneratedFile } from './stale-files.ts'
import { valuesSchema } from './values-schema.ts'

/** Where the generated files are, relative to the user's folder. */
export const generatedPaths = {
  schema: 'charts/tiered-secrets/values.schema.json',
  types: 'schema/chart-values.ts',
  chartReadme: 'charts/tiered-secrets/README.md',
  values: (environment: string) => `values/${environment}.yaml`,
  ciValues: (environment: string) => `charts/tiered-secrets/ci/${environment}-values.yaml`,
  reachability: (environment: string) => `values/${environment}.reachability.md`,
} as const

/** What the generators read besides the application. */
export interface GeneratorSources {
  /** `schema/values.base.schema.json`, parsed. */
  readonly baseSchema: JsonSchema
  /** `charts/tiered-secrets/values.yaml`, parsed. */
  readonly chartDefaults: Readonly<Record<string, unknown>>
  /** The committed pages, whose marked sections are replaced. */
  readonly pages: Pages
  /** The committed `schema/chart-values.ts`, if there is one. */
  readonly types: string | undefined
  /** What the user's folder gets a copy of. Undefined where it is the product's too, with generated files of its own. */
  readonly chart: PackagedChart | undefined
  /** Sections of the pages that do not come from the catalogue. */
  readonly sections: Sections
}

export interface Generated {
  readonly files: readonly GeneratedFile[]
  /** Problems that fail nothing. */
  readonly warnings: readonly Problem[]
}

/**
 * Every generated file of an application, in memory.
 *
 * @throws ProblemError with all problems of the catalogue, the environments, or the values the schema refuses
 */
export async function generate(application: Application, sources: GeneratorSources): Promise<Generated> {
  const { models, warnings } = checkedModels(application)
  const schema = valuesSchema(sources.baseSchema, models)
  const values = models.map((model) => ({ environment: model.environment, content: chartValues(model) }))
  await refuseValues(schema, values)
  const sections = { ...catalogueSections(application, models), ...sources.sections }
  const pages = fillPages(sources.pages, sections)
  const chart = [schemaFile(schema), ...(sources.chart ? chartCopy(sources.chart) : [])]
  const files = [
    ...values.flatMap(({ environment, content }) => {
      const file = valuesFile(environment, content)
      return [file, { ...file, path: generatedPaths.ciValues(environment) }]
    }),
    ...models.map((model) => ({
      path: generatedPaths.reachability(model.environment),
      content: reachabilityText(model, application.catalogue),
    })),
    ...chart,
    ...envModuleFiles(application),
    ...deliveryFiles(models, (environment) => [
      ...values.filter((one) => one.environment === environment).map(({ content }) => valuesFile(environment, content)),
      ...chart,
    ]),
    ...(sources.chart ? [] : await productFiles(sources)),
    ...[...pages].map(([path, content]) => ({ path, content })),
  ]
  return { files, warnings }
}

/**
 * Those of them that Helm reads for some environments. Whether the schema accepts the values is for `generate` to check
 * when it writes them, and for Helm at each use. The schema follows from all environments: it is not among them while another
 * one has mistakes.
 *
 * @throws ProblemError with all problems of the catalogue and these environments
 */
export function helmFiles(
  application: Application,
  { baseSchema, chart }: Pick<GeneratorSources, 'baseSchema' | 'chart'>,
  environments: readonly string[],
): GeneratedFile[] {
  const { common, own } = errorsByEnvironment(application)
  const problems = [...common, ...environments.flatMap((environment) => own.get(environment) ?? [])]
  if (problems.length > 0) throw new ProblemError(problems)
  return [
    ...environments.map((environment) => valuesFile(environment, chartValues(resolve(application, environment)))),
    ...(own.size === 0 ? [schemaFile(valuesSchema(baseSchema, resolveAll(application)))] : []),
    ...(chart ? chartCopy(chart) : []),
  ]
}

// --- internal ---

/** @throws ProblemError with all problems, if one of them is an error */
function checkedModels(application: Application) {
  const problems = checkApplication(application)
  if (problems.some(isError)) throw new ProblemError(problems)
  return { models: resolveAll(application), warnings: problems }
}

interface ValuesOf {
  readonly environment: string
  readonly content: ChartValues
}

function valuesFile(environment: string, content: ChartValues): GeneratedFile {
  return { path: generatedPaths.values(environment), content: chartValuesText(content) }
}

function schemaFile(schema: JsonSchema): GeneratedFile {
  return { path: generatedPaths.schema, content: withWrittenCommands(jsonText(schema)) }
}

/**
 * The validator is loaded here, because most commands only compare the files.
 *
 * @throws ProblemError with all that the schema refuses
 */
async function refuseValues(schema: JsonSchema, values: readonly ValuesOf[]): Promise<void> {
  const { valuesChecker } = await import('./check-values.ts')
  const check = valuesChecker(schema)
  const refused = values.flatMap(({ environment, content }) => check(content, generatedPaths.values(environment)))
  if (refused.length > 0) throw new ProblemError(refused)
}

/** What follows from the contract alone. */
async function productFiles({ baseSchema, chartDefaults, types }: GeneratorSources): Promise<GeneratedFile[]> {
  return [
    { path: generatedPaths.types, content: await chartValuesTypes(baseSchema, types) },
    { path: generatedPaths.chartReadme, content: chartReadme(baseSchema, chartDefaults) },
  ]
}
