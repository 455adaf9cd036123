import { withWrittenCommands, writtenCommandLine } from '../lib/command-line.ts'
import type { GeneratedFile } from './stale-files.ts'

/** The chart in the product's folder, and in the user's. */
export const chartFolder = 'charts/tiered-secrets'

/** What the package has of the chart, by path below its folder; the schema is made for each catalogue. */
export interface PackagedChart {
  /** Of the package. */
  readonly version: string
  readonly files: ReadonlyMap<string, string>
}

/**
 * The chart as a user's repository has it: the package's files with a line on top that says where they come from, and our
 * commands as they are typed there.
 */
export function chartCopy({ version, files }: PackagedChart): GeneratedFile[] {
  const line = `Written by \`${writtenCommandLine`gen-values`}\` of ${origin(version)}. Do not edit.`
  return [...files].map(([path, text]) => ({
    path: `${chartFolder}/${path}`,
    content: `${comment(path, line)}\n${withWrittenCommands(text)}`,
  }))
}

/** The version of the package that wrote a file of the chart; undefined when none did. */
export function versionIn(text: string): string | undefined {
  return /^.{1,9}Written by .* of tiered-secrets (\S+)\. Do not edit\./.exec(text)?.[1]
}

// --- internal ---

function origin(version: string): string {
  return `tiered-secrets ${version}`
}

/** In a template a comment that leaves no trace in what is rendered. */
function comment(path: string, line: string): string {
  if (path.startsWith('templates/')) return `{{- /* ${line} */ -}}`
  return path.endsWith('.md') ? `<!-- ${line} -->` : `# ${line}`
}
