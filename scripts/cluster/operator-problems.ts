import { describeObject, kinds } from '../kubernetes/kinds.ts'
import { commandLine } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'
import { type Advisory, advisoriesOf } from '../model/operator-advisories.ts'
import { compareNumbers, installedOperator } from '../model/operator-version.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { OperatorState } from './operators.ts'

export type OperatorProblemCode = 'OPERATOR_EXPOSED' | 'OPERATOR_VULNERABLE' | 'OPERATOR_VERSION_UNKNOWN'

/** Problems with the version of an operator. An error only where nothing protects from the fault. */
export interface OperatorProblem extends Problem {
  readonly code: OperatorProblemCode
}

/** Known faults of the operators of a cluster, and what protects an environment from them. Pure. */
export function operatorProblems(
  model: Pick<EnvironmentModel, 'environment' | 'without'>,
  operators: readonly OperatorState[],
): OperatorProblem[] {
  return operators.flatMap((operator) => problemOf(model, operator) ?? [])
}

/** `a template reads any Secret of any namespace (GHSA-77v3-r3jw-j2v2)`, one after the other. */
export function advisoryList(advisories: readonly Advisory[]): string {
  return advisories.map(({ id, allows }) => `${allows} (${id})`).join('; ')
}

// --- internal ---

const section = 'docs/operator.md, "An operator with known faults"'

function problemOf(
  { environment, without }: Pick<EnvironmentModel, 'environment' | 'without'>,
  { namespace, name, version, seenBy }: OperatorState,
): OperatorProblem | undefined {
  const where = describeObject(kinds.deployment, { namespace, name })
  if (!version) {
    return {
      code: 'OPERATOR_VERSION_UNKNOWN',
      where,
      message: `has no known version (${seenBy}), so that its known faults can't be checked. Expected the tag of a release.`,
      fix: `Give its image the tag of a release; ${installedOperator} has no known fault.`,
      severity: 'warning',
    }
  }
  const found = advisoriesOf(version)
  const [first, ...others] = found.map(({ fixedIn }) => fixedIn)
  if (first === undefined) return undefined
  const mended = others.reduce((a, b) => (compareNumbers(a, b) < 0 ? b : a), first)
  const fact = `is version ${version.text} (${seenBy}), which has known faults: ${advisoryList(found)}`
  const open = new Set(found.map(({ protection }) => protection).filter((one) => without.includes(one)))
  if (open.size > 0) {
    const names = [...open].map((one) => `"${one}"`).join(', ')
    return {
      code: 'OPERATOR_EXPOSED',
      where,
      message: `${fact}. The environment switches off ${names}, which would keep them out of its namespaces. Expected that protection, or version ${mended} or later.`,
      fix: `Upgrade it to ${installedOperator} (${section}), or remove ${names} from \`without\` of ${environment} in scripts/environments.ts and run \`${commandLine`gen-values`}\`.`,
    }
  }
  return {
    code: 'OPERATOR_VULNERABLE',
    where,
    message: `${fact}. Admission keeps them out of the namespaces of the tiers; in all other namespaces they work. Expected version ${mended} or later.`,
    fix: `Upgrade it to ${installedOperator}: ${section}.`,
    severity: 'warning',
  }
}
