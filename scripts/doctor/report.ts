import { namedEntries } from '../kubernetes/sync-problems.ts'
import { formatProblem } from '../lib/problems.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { Cause } from './cause.ts'
import type { Diagnosis } from './diagnose.ts'

/** The text a person reads: each cause with what it was seen by and what it is about. */
export function diagnosisText(model: EnvironmentModel, { causes }: Pick<Diagnosis, 'causes'>): string {
  if (causes.length === 0) return 'no cause found: everything that was looked at is as it should be\n'
  return causes.map((cause) => causeText(model, cause)).join('\n')
}

/** For machines. */
export function diagnosisJson(model: EnvironmentModel, { causes, unexamined }: Diagnosis): string {
  const { application, environment, owner } = model
  const found = causes.map(({ code, severity = 'error', where, message, evidence, fix, specs }) => ({
    code,
    severity,
    where,
    message,
    evidence,
    fix,
    entries: specs.map((spec) => ({ tier: spec.tier, variable: spec.variable, owner: spec.owner ?? owner })),
  }))
  return `${JSON.stringify({ version: 1, application, environment, causes: found, unexamined }, null, 2)}\n`
}

// --- internal ---

function causeText(model: EnvironmentModel, cause: Cause): string {
  const about = cause.specs.length === 0 ? [] : [`about: ${namedEntries(model, cause.specs)}`]
  return formatProblem(cause, [...cause.evidence.map((one) => `seen: ${one}`), ...about])
}
