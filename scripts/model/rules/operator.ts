import type { Problem } from '../../lib/problems.ts'
import { operatorOf } from '../operator.ts'
import type { Application, Catalogue, EnvironmentSpec } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { atEnvironment, quoted, type Rule, tiersIn } from './rule.ts'

/** The operator is recognised by its ServiceAccount, and whoever may create pods beside it could run one in its name. */
export const operatorsAreNamed: Rule = (application) =>
  Object.entries(application.environments).flatMap(([environment, spec]) => {
    const where = `${atEnvironment(environment)} operator`
    return [...invalidNames(where, application.catalogue, spec), ...inTiers(where, application, environment)]
  })

// --- internal ---

function invalidNames(where: string, catalogue: Catalogue, spec: EnvironmentSpec): Problem[] {
  return operatorOf(catalogue, spec).accounts.flatMap((account) =>
    Object.entries(account)
      .filter(([, name]) => !kubernetesName.test(name) || name.length > nameLimit)
      .map(([field, name]) => ({
        code: 'KUBERNETES_NAME_INVALID',
        where,
        message: `the ${field} is "${name}". Expected at most ${nameLimit} lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
        fix:
          spec.operator === 'per-tier'
            ? 'Shorten the namespace of the tier: that of its operator ends with -operator.'
            : 'Correct the name.',
      })),
  )
}

/** Of operators for all tiers; the namespaces of the others are judged with those of the tiers. */
function inTiers(where: string, application: Application, environment: string): Problem[] {
  const { operator } = application.environments[environment] ?? {}
  if (operator === undefined || operator === 'per-tier') return []
  const { namespace } = operator
  const tiers = tiersIn(application, environment, namespace)
  if (tiers.length === 0) return []
  return [
    {
      code: 'OPERATOR_NAMESPACE_IS_TIER',
      where,
      message: `the namespace is "${namespace}", the namespace of tier ${quoted(tiers)}. Expected a namespace outside the tiers: whoever creates pods in it can run one with the rights of the operator.`,
      fix: 'Run the operator in a namespace of its own.',
    },
  ]
}
