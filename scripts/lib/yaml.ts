import { parseAllDocuments, stringify } from 'yaml'
import { exitCodes, ProblemError } from './problems.ts'

/**
 * Block YAML that Helm, the API server and yamllint all read alike. YAML 1.1 rules decide what is quoted, because
 * Helm's parser still takes `y`, `on` and `1_000` for booleans and numbers.
 */
export function toYaml(value: unknown): string {
  return stringify(value, { version: '1.1', schema: 'yaml-1.1', lineWidth: 0, aliasDuplicateObjects: false })
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
          message: `is no valid YAML: ${error.code}${error.linePos ? ` in line ${error.linePos[0].line}` : ''}. Expected YAML.`,
          fix: 'Correct the line, or generate the file again.',
        },
        exitCodes.problems,
      )
    }
    const value: unknown = document.toJS()
    return value === null ? [] : [value]
  })
}
