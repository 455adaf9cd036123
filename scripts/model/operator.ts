import { compare } from '../lib/problems.ts'
import { namesOf } from './names.ts'
import type { Catalogue, EnvironmentSpec, OperatorSpec } from './types.ts'

/** Who serves the tiers of an environment. */
export interface OperatorModel {
  /** Each tier has an operator of its own. */
  readonly isPerTier: boolean
  /** ServiceAccounts it runs as: one, or one for each tier. */
  readonly accounts: readonly OperatorSpec[]
  /** Operators of another class ignore the stores. Undefined: every operator that sees them serves them. */
  readonly controllerClass: string | undefined
}

/** The operator as `npm run operator-values` installs it, for all tiers. */
export const sharedOperator: OperatorSpec = { namespace: 'external-secrets', name: 'external-secrets' }

/** What the namespace of a tier's operator ends with, after that of the tier. */
export const operatorEnd = '-operator'

/**
 * The operator of one tier alone, which is in a separate namespace: whoever may create pods beside it could run one in
 * its name.
 *
 * @param namespace of the tier
 */
export function tierOperator(namespace: string): OperatorSpec {
  return { namespace: namespace + operatorEnd, name: sharedOperator.name }
}

/** The operators of an environment. One class for all tiers: each operator serves only its own namespace. */
export function operatorOf(catalogue: Catalogue, spec: EnvironmentSpec): OperatorModel {
  const { operator = sharedOperator } = spec
  if (operator !== 'per-tier') {
    return { isPerTier: false, accounts: [operator], controllerClass: undefined }
  }
  const tiers = Object.keys(catalogue.tiers).sort(compare)
  return {
    isPerTier: true,
    accounts: tiers.map((tier) => tierOperator(namesOf(catalogue, tier, spec).namespace)),
    controllerClass: catalogue.application,
  }
}

/** Kubernetes' user name of a ServiceAccount that sends a request. */
export function userOf({ namespace, name }: OperatorSpec): string {
  return `system:serviceaccount:${namespace}:${name}`
}
