import { Ajv, type ValidateFunction } from 'ajv'
import { commandLine } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'
import type { JsonSchema } from './json-schema.ts'

/** Compiles the generated schema once, for all values that are checked against it. */
export function valuesChecker(schema: JsonSchema): (values: unknown, where: string) => Problem[] {
  const validate: ValidateFunction = new Ajv({
    allErrors: true,
    strict: true,
    strictTypes: false,
    validateSchema: false,
    // It takes longer than it saves: each values file is checked once.
    code: { optimize: false },
  }).compile(schema)
  return (values, where) => {
    if (validate(values)) return []
    return (validate.errors ?? []).map(({ instancePath, message, params }) => ({
      code: 'VALUES_REFUSED_BY_SCHEMA',
      where: `${where} ${instancePath.slice(1).replaceAll('/', '.') || '(root)'}`,
      message: `${message ?? 'does not match the schema'}${detail(params)}. Expected values that charts/tiered-secrets/values.schema.json accepts.`,
      fix: `Correct scripts/catalogue.ts, or schema/values.base.schema.json if the contract is wrong, and run \`${commandLine`gen-values`}\`.`,
    }))
  }
}

// --- internal ---

function detail(params: Readonly<Record<string, unknown>>): string {
  const { additionalProperty, allowedValue, allowedValues } = params
  if (additionalProperty !== undefined) return ` ("${String(additionalProperty)}")`
  if (allowedValue !== undefined) return ` ("${String(allowedValue)}")`
  return Array.isArray(allowedValues) ? ` (${allowedValues.slice(0, 10).join(', ')})` : ''
}
