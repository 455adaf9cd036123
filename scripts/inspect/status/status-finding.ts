import type { Problem } from '../../lib/problems.ts'
import type { SecretSpec } from '../../model/types.ts'
import { type StateCode, states } from './states.ts'

/** A difference between the four sides, and the entries of the catalogue it is about. */
export interface Finding extends Problem {
  readonly code: StateCode
  /** Empty: it is not about single entries. */
  readonly specs: readonly SecretSpec[]
  /** Workloads that do not read the current values, where it is about these. */
  readonly workloads?: readonly string[]
  /** The one fix for several of its kind in a tier, by the entries of all of them. Default: only the same fix is shared */
  readonly fixFor?: (specs: readonly SecretSpec[]) => string
}

/** @param finding its code decides how severe it is */
export function finding(finding: Omit<Finding, 'severity'>): Finding {
  return { ...finding, ...(states[finding.code].severity === 'error' ? {} : { severity: 'warning' }) }
}
