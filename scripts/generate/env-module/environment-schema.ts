import { jsonText } from '../json-schema.ts'
import type { ValueForm } from './forms.ts'
import type { Variable } from './variables.ts'

const note = 'Generated from scripts/catalogue.ts. Do not edit.'

/** How each JSON Schema begins: a file that does not is somebody's own. */
export const jsonSchemaHeader = `{\n  "$comment": ${JSON.stringify(note)},\n`

/** The variables of one tier as JSON Schema, for programs in other languages. All values are texts, as in an environment. */
export function environmentSchema(variables: readonly Variable[]): string {
  return jsonText({
    $comment: note,
    $schema: 'http://json-schema.org/draft-07/schema#',
    type: 'object',
    properties: Object.fromEntries(variables.map((variable) => [variable.name, property(variable)])),
    required: variables.filter(({ isOptional }) => !isOptional).map(({ name }) => name),
  })
}

// --- internal ---

function property({ form, isOptional, description, expected }: Variable): object {
  const rules = { description: `${description}. Expected ${expected}.`, type: 'string' }
  // An optional one that is empty counts as missing.
  return isOptional ? { ...rules, anyOf: [{ maxLength: 0 }, limits(form)] } : { ...rules, ...limits(form) }
}

function limits({ type, pattern, length, bytes }: ValueForm): object {
  if (type === 'boolean') return { enum: ['true', 'false'] }
  // JSON Schema counts characters: of UTF-8, one has at most 4 bytes.
  const { min, max } = bytes === undefined ? (length ?? {}) : { min: Math.ceil(bytes / 4), max: bytes }
  return {
    pattern,
    ...(min === undefined ? {} : { minLength: min }),
    ...(max === undefined ? {} : { maxLength: max }),
  }
}
