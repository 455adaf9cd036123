import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Generated, type GeneratorSources, generate } from '../../scripts/generate/generate.ts'
import type { JsonSchema } from '../../scripts/generate/json-schema.ts'
import { pagePaths } from '../../scripts/generate/pages.ts'
import { parseYamlDocuments } from '../../scripts/lib/yaml.ts'
import type { Application } from '../../scripts/model/types.ts'

/** The repository's root: where the tests are run from. */
export const root = process.cwd()

/** The same folder, given to what reads of it what is the same whatever application it holds: schemas, pins of tools. */
export const productFolder = root

/** The chart of this repository; its schema is that of the application this repository holds. */
export const ourChart = join(root, 'charts/tiered-secrets')

/** The text of a file of the repository. */
export function repositoryFile(path: string): Promise<string> {
  return readFile(join(root, path), 'utf8')
}

/** What the generators of this repository read besides the application. */
export async function generatorSources(): Promise<GeneratorSources> {
  const [defaults] = parseYamlDocuments(await repositoryFile('charts/tiered-secrets/values.yaml'), 'values.yaml')
  return {
    baseSchema: JSON.parse(await repositoryFile('schema/values.base.schema.json')) as JsonSchema,
    chartDefaults: defaults as Readonly<Record<string, unknown>>,
    pages: new Map(await Promise.all(pagePaths.map(async (path) => [path, await repositoryFile(path)] as const))),
    types: await repositoryFile('schema/chart-values.ts'),
    chart: undefined,
    sections: {},
  }
}

/** Every generated file of an application by its path. */
export async function generatedFiles(application: Application): Promise<ReadonlyMap<string, string>> {
  const { files }: Generated = await generate(application, await generatorSources())
  return new Map(files.map(({ path, content }) => [path, content]))
}
