import { parseAllDocuments, type ScalarTag, stringify } from 'yaml'
import { exitCodes, ProblemError } from './problems.ts'

/**
 * Block YAML that Helm, the API server and yamllint all read in the same way. YAML 1.1 rules decide what is quoted, because
 * Helm's parser still reads `y`, `on` and `1_000` as booleans and numbers, and then what only Go reads as something
 * else.
 *
 * @param options.blocks texts of several lines are written as such, which somebody is to read. Default: `false`
 */
export function toYaml(value: unknown, { blocks = false }: { readonly blocks?: boolean } = {}): string {
  const text = stringify(value, {
    version: '1.1',
    schema: 'yaml-1.1',
    customTags: (tags) => [goNumber, ...tags],
    lineWidth: 0,
    singleQuote: false,
    blockQuote: blocks ? 'literal' : false,
    aliasDuplicateObjects: false,
  })
  return text.replace(lineSeparators, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`)
}

/** A text as one value in a line of YAML that is written by hand: in quotes where it needs them. */
export function yamlScalar(text: string): string {
  return toYaml(text).trim()
}

/** All documents of a YAML stream, without the empty ones. */
export function parseYamlDocuments(text: string, where: string): unknown[] {
  const documents = parseAllDocuments(text)
  if (!('length' in documents)) return []
  return documents.flatMap((document) => {
    const [error] = document.errors
    if (error) {
      throw new ProblemError(
        {
          code: 'YAML_INVALID',
          where,
          message: `is not valid YAML: ${error.code}${error.linePos ? ` in line ${error.linePos[0].line}` : ''}. Expected YAML.`,
          fix: 'Correct the line, or generate the file again.',
        },
        exitCodes.problems,
      )
    }
    const value: unknown = document.toJS()
    return value === null ? [] : [value]
  })
}

// --- internal ---

/** YAML 1.1 counts these as line breaks, and the byte order mark as nothing: they are written as escapes. */
const lineSeparators = /[\u0085\u2028\u2029\ufeff]/g

/**
 * Never resolved, only written: its pattern is what Go reads as a number and YAML 1.1 as text, such as `0o7`, `1e1_0` and
 * `2e_-3`. Go takes each `_` out first.
 */
const goNumber: ScalarTag = {
  tag: '!go-number',
  default: true,
  test: /^[-+]?_*(0_*[xob][\da-f_]+|[\d_.]*\d[\d_.]*(e_*[-+]?[\d_]+)?)$|[\u0085\u2028\u2029\ufeff]/i,
  resolve: (text) => text,
}
