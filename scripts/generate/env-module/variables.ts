import { compare } from '../../lib/problems.ts'
import { formatDefinition } from '../../model/formats.ts'
import { keyOf } from '../../model/specs.ts'
import type { Application, SecretSpec } from '../../model/types.ts'
import { formOf, type ValueForm } from './forms.ts'

/** A variable as a program of the tier reads it. */
export interface Variable {
  readonly name: string
  readonly format: string
  readonly form: ValueForm
  /** It may be missing: it is optional, or some environment lacks it. */
  readonly isOptional: boolean
  /** What it is for, and where it exists. */
  readonly description: string
  /** Completes "Expected …". */
  readonly expected: string
}

/**
 * The variables of a tier by name, whatever the environment: the same program runs in all of them. What is in another target
 * than the main one, not every program gets; what has a key of its own is read as a file.
 */
export function variablesOf({ catalogue, environments }: Application, tier: string): Variable[] {
  const names = Object.keys(environments)
  return catalogue.secrets
    .filter((secret) => secret.tier === tier && secret.target === undefined && keyOf(secret) === secret.variable)
    .sort((a, b) => compare(a.variable, b.variable))
    .map((secret) => variable(secret, names))
}

// --- internal ---

function variable(secret: SecretSpec, all: readonly string[]): Variable {
  const only = all.filter((name) => secret.environments?.includes(name))
  const isPartial = secret.environments !== undefined && only.length < all.length
  return {
    name: secret.variable,
    format: secret.format,
    form: formOf(secret.format),
    isOptional: secret.optional === true || isPartial,
    description: [secret.description, ...(isPartial ? [`Only in ${only.join(', ')}`] : [])].join('. '),
    expected: formatDefinition(secret.format)?.expected ?? 'a value',
  }
}
