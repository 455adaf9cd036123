import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { readIfExists } from '../lib/files.ts'
import { areOne, type Folders } from '../lib/folders.ts'

/** Relative to the product's folder. */
export const chartPath = 'charts/tiered-secrets'

/**
 * Runs something with the chart as Helm is to read it: with the schema that accepts the user's own secrets and nothing else.
 * Helm takes a schema from the chart alone. So where the two folders differ, it is a copy, gone when `use` is over.
 *
 * @param use gets the path of the chart, for a program that is run in the user's folder
 */
export async function withChart<Result>(folders: Folders, use: (chart: string) => Promise<Result>): Promise<Result> {
  if (areOne(folders)) return use(chartPath)
  const folder = await mkdtemp(join(tmpdir(), 'tiered-secrets-chart-'))
  try {
    const chart = join(folder, 'tiered-secrets')
    await cp(join(folders.productFolder, chartPath), chart, { recursive: true })
    const schema = await readIfExists(join(folders.userFolder, chartPath, schemaFile))
    if (schema !== undefined) await writeFile(join(chart, schemaFile), schema)
    return await use(chart)
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

// --- internal ---

const schemaFile = 'values.schema.json'
