import { describeObject, type Kind } from '../../kubernetes/kinds.ts'
import { compare, isError, type Problem } from '../../lib/problems.ts'
import { specsOf, type TierModel } from '../../model/resolve.ts'
import type { SecretSpec } from '../../model/types.ts'
import { type CauseCode, rankOf } from './cause-codes.ts'
import type { ExternalSecretFacts } from './observe/tier.ts'

/** Why something does not arrive. `fix` begins with a command to paste wherever there is one. */
export interface Cause extends Problem {
  readonly code: CauseCode
  /** The evidence: objects, conditions, events, responses with their request ids. Never a value or a key. */
  readonly evidence: readonly string[]
  /** Catalogue entries that don't arrive because of it. Empty: it is not about single entries */
  readonly specs: readonly SecretSpec[]
  /** ExternalSecrets whose failure it explains. */
  readonly explains: readonly ExternalSecretFacts[]
}

/** A cause as it is found; the other fields follow from the ExternalSecrets it explains. */
export interface CauseParts extends Omit<Cause, 'specs' | 'explains' | 'severity'> {
  readonly explains?: readonly ExternalSecretFacts[]
  /** Default: what the ExternalSecrets deliver */
  readonly specs?: readonly SecretSpec[]
  /** Only optional secrets don't arrive: a warning. Default: when all the ExternalSecrets are optional */
  readonly isOptional?: boolean
}

export function causeOf({ explains = [], specs, isOptional, ...parts }: CauseParts): Cause {
  const optional = isOptional ?? (explains.length > 0 && explains.every((one) => one.isOptional))
  return {
    ...parts,
    explains,
    specs: specs ?? explains.flatMap(({ model }) => specsOf(model)),
    ...(optional ? { severity: 'warning' } : {}),
  }
}

/** Errors before warnings, then what explains others, then by place. */
export function sortCauses(causes: readonly Cause[]): Cause[] {
  const severity = (cause: Cause) => (isError(cause) ? 0 : 1)
  return [...causes].sort(
    (a, b) =>
      severity(a) - severity(b) ||
      rankOf(a.code) - rankOf(b.code) ||
      compare(a.where, b.where) ||
      compare(a.message, b.message),
  )
}

/** `SecretStore/shop-api/api-secretstore` */
export function placeIn(kind: Kind, { namespace }: Pick<TierModel, 'namespace'>, name: string): string {
  return describeObject(kind, { namespace, name })
}
