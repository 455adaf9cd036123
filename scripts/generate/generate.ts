import { isError, type Problem, ProblemError } from '../lib/problems.ts'
import { resolveAll } from '../model/resolve.ts'
import { checkApplication } from '../model/rules/index.ts'
import type { Application } from '../model/types.ts'
import { chartReadme } from './chart-readme.ts'
import { chartValues, chartValuesText } from './chart-values.ts'
import { chartValuesTypes } from './chart-values-types.ts'
import { valuesChecker } from './check-values.ts'
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
  /** Whether the product's own generated files are among them, because the user's folder is the product's too. */
  readonly isProduct: boolean
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
  const problems = checkApplication(application)
  if (problems.some(isError)) throw new ProblemError(problems)
  const models = resolveAll(application)
  const ifProduct = <File>(file: File): File[] => (sources.isProduct ? [file] : [])
  const schema = valuesSchema(sources.baseSchema, models)
  const check = valuesChecker(schema)
  const refused: Problem[] = []
  const values = models.flatMap((model) => {
    const content = chartValues(model)
    refused.push(...check(content, generatedPaths.values(model.environment)))
    const text = chartValuesText(content)
    return [
      { path: generatedPaths.values(model.environment), content: text },
      ...ifProduct({ path: generatedPaths.ciValues(model.environment), content: text }),
    ]
  })
  if (refused.length > 0) throw new ProblemError(refused)
  const sections = { ...catalogueSections(application, models), ...sources.sections }
  const pages = fillPages(sources.pages, sections)
  const files = [
    ...values,
    ...models.map((model) => ({
      path: generatedPaths.reachability(model.environment),
      content: reachabilityText(model, application.catalogue),
    })),
    { path: generatedPaths.schema, content: jsonText(schema) },
    ...(sources.isProduct ? await productFiles(sources) : []),
    ...[...pages].map(([path, content]) => ({ path, content })),
  ]
  return { files, warnings: problems }
}

// --- internal ---

/** What follows from the contract alone. */
async function productFiles({ baseSchema, chartDefaults, types }: GeneratorSources): Promise<GeneratedFile[]> {
  return [
    { path: generatedPaths.types, content: await chartValuesTypes(baseSchema, types) },
    { path: generatedPaths.chartReadme, content: chartReadme(baseSchema, chartDefaults) },
  ]
}
