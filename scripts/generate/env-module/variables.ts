import { compare } from '../../lib/problems.ts'
import { covers, defaultReads } from '../../model/consumers.ts'
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

/** Whose variables: of every workload of a tier that says nothing of what it reads, or of one workload. */
export interface Program {
  readonly tier: string
  readonly workload?: string | undefined
}

/**
 * The variables of a program by name, whatever the environment: the same program runs in all of them. What has a key of its own
 * is read as a file.
 */
export function variablesOf({ catalogue, environments }: Application, { tier, workload }: Program): Variable[] {
  const names = Object.keys(environments)
  const reads = catalogue.tiers[tier]?.workloads[workload ?? '']?.reads ?? defaultReads
  return catalogue.secrets
    .filter((secret) => secret.tier === tier && covers(reads, secret) && keyOf(secret) === secret.variable)
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
