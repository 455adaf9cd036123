import { createHash } from 'node:crypto'
import { writtenCommandLine } from '../lib/command-line.ts'
import type { JsonSchema } from './json-schema.ts'

/**
 * `schema/chart-values.ts`: the types of the chart values, so that the generators are type-checked against the contract.
 *
 * The compiler loads a code formatter and takes longer than all the other generators together; the header therefore
 * holds digests of the schema and of the text below it, and a file whose digests are right is not generated again.
 *
 * @param base `schema/values.base.schema.json`, parsed
 * @param committed the file as it is now, if there is one
 */
export async function chartValuesTypes(base: JsonSchema, committed: string | undefined): Promise<string> {
  const schemaDigest = digest(JSON.stringify(base))
  if (committed !== undefined && isCurrent(committed, schemaDigest)) return committed
  return compileChartValuesTypes(base)
}

/** The same, always generated again. */
export async function compileChartValuesTypes(base: JsonSchema): Promise<string> {
  const { compile } = await import('json-schema-to-typescript')
  const types = await compile(structuredClone(base) as Parameters<typeof compile>[0], 'ChartValues', {
    bannerComment: '',
    additionalProperties: false,
    style: { semi: false, singleQuote: true, printWidth: 120 },
  })
  const body = types.trim().concat('\n')
  return `${headerStart}\n${digestLine(digest(JSON.stringify(base)), digest(body))}\n\n${body}`
}

// --- internal ---

const headerStart = `// Generated from schema/values.base.schema.json by \`${writtenCommandLine`gen-values`}\`. Do not edit.`

function digestLine(schema: string, body: string): string {
  return `// schema ${schema}, types ${body}`
}

function isCurrent(committed: string, schemaDigest: string): boolean {
  const [start, digests, , ...lines] = committed.split('\n')
  return start === headerStart && digests === digestLine(schemaDigest, digest(lines.join('\n')))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}
