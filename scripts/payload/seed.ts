import { randomInt } from 'node:crypto'
import { formatDefinition } from '../model/formats.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { withField } from './json-field.ts'

/** The value of each variable of one remote secret. */
export type ValueFor = (spec: SecretSpec) => string

/** A value that fits the format of its entry, different at each call where the format leaves room. */
export function generateValue({ format }: Pick<SecretSpec, 'format'>): string {
  const definition = formatDefinition(format)
  if (!definition) throw new Error(`no format ${format}`)
  return definition.generate(randomText)
}

/** What a version of the remote secret holds: the value, the flat JSON of a bundle, or JSON with the fields in place. */
export function payloadOf({ shape, specs }: RemoteSecretModel, valueFor: ValueFor): string {
  if (shape === 'opaque') return specs[0] ? valueFor(specs[0]) : ''
  if (shape === 'bundle')
    return JSON.stringify(Object.fromEntries(specs.map((spec) => [spec.variable, valueFor(spec)])))
  return specs.reduce((json, spec) => {
    const next = withField(json, spec.property ?? [], valueFor(spec))
    if (typeof next !== 'string') throw new Error(`two entries of the catalogue overlap: ${next.wrong}`)
    return next
  }, '{}')
}

// --- internal ---

const alphabet = 'abcdefghijklmnopqrstuvwxyz0123456789'

function randomText(length: number): string {
  return Array.from({ length }, () => alphabet[randomInt(alphabet.length)]).join('')
}
