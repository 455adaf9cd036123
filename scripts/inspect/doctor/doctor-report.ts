import { namedEntries } from '../../cluster/sync-problems.ts'
import { jsonDocument, lines, type Printable, together } from '../../lib/printable.ts'
import { formatProblem } from '../../lib/problems.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { Cause } from './cause.ts'
import type { Diagnosis } from './diagnose.ts'

/** The text a person reads: each cause with its evidence and what it is about. */
export function causesText(model: EnvironmentModel, causes: readonly Cause[]): Printable {
  return together(...causes.flatMap((cause, index) => [...(index > 0 ? [lines('')] : []), causeText(model, cause)]))
}

/** The same as the result of the command, which also says when nothing was found. */
export function diagnosisText(model: EnvironmentModel, { causes }: Pick<Diagnosis, 'causes'>): Printable {
  if (causes.length === 0) return lines('no cause found: everything that was checked is as it should be')
  return causesText(model, causes)
}

/** For machines. */
export function diagnosisJson(model: EnvironmentModel, { causes, unexamined }: Diagnosis): Printable {
  const { application, environment } = model
  const found = causes.map((cause) => causeJson(model, cause))
  return jsonDocument({ version: 1, application, environment, causes: found, unexamined })
}

/** One cause for machines, without the objects it was found in. */
export function causeJson({ owner }: Pick<EnvironmentModel, 'owner'>, cause: Cause) {
  const { code, severity = 'error', where, message, evidence, fix, specs } = cause
  const entries = specs.map((spec) => ({ tier: spec.tier, variable: spec.variable, owner: spec.owner ?? owner }))
  return { code, severity, where, message, evidence, fix, entries }
}

// --- internal ---

function causeText(model: EnvironmentModel, cause: Cause): Printable {
  const about = cause.specs.length === 0 ? [] : [`about: ${namedEntries(model, cause.specs)}`]
  return formatProblem(cause, [...cause.evidence.map((one) => `seen: ${one}`), ...about])
}
