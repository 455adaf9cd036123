import { namesOf } from '../names.ts'
import { existsIn } from '../specs.ts'
import { targetsOf } from '../targets.ts'
import type { TierSpec } from '../types.ts'
import { atEnvironment, atTier, quoted, type Rule } from './rule.ts'

/** Source: Kubernetes, resource quantities; without exponents, which are hardly used. */
const quantity = /^\d+(\.\d+)?(m|k|M|G|T|P|Ki|Mi|Gi|Ti|Pi)?$/
const resource = /^[a-z0-9]([a-z0-9./-]*[a-z0-9])?$/

export const quantitiesAreValid: Rule = ({ catalogue }) =>
  Object.entries(catalogue.tiers).flatMap(([tier, spec]) =>
    quantities(spec)
      .filter(({ name, value }) => !quantity.test(value) || !resource.test(name))
      .map(({ field, name, value }) => ({
        code: 'QUANTITY_INVALID',
        where: `${atTier(tier)} ${field}`,
        message: `"${name}" is "${value}". Expected a resource and a quantity such as 500m, 20Gi or 10.`,
        fix: 'Correct the resource or the quantity.',
      })),
  )

/** The credentials Secret and the targets. With a full quota the operator could not write a target. */
export const secretQuotasLeaveRoom: Rule = ({ catalogue, environments }) =>
  Object.entries(environments).flatMap(([environment, spec]) =>
    Object.entries(catalogue.tiers).flatMap(([tier, { quota = {}, targets }]) => {
      const secrets = catalogue.secrets.filter((secret) => secret.tier === tier && existsIn(secret, environment))
      const names = namesOf(catalogue, tier, spec)
      const needed = [
        names.credentialsSecret,
        ...targetsOf({ name: tier, names, targets }, secrets).map(({ name }) => name),
      ]
      return ['secrets', 'count/secrets']
        .filter((name) => quota[name] !== undefined && Number(quota[name]) < needed.length)
        .map((name) => ({
          code: 'QUOTA_TOO_SMALL',
          where: `${atTier(tier)} quota`,
          message: `"${name}" is ${quota[name]}. Expected at least ${needed.length}, for ${quoted(needed)} of ${atEnvironment(environment)}.`,
          fix: 'Raise the quota; pull secrets and TLS certificates of the workloads need more.',
        }))
    }),
  )

/** With a quota on requests or limits, the API server refuses every container that names none. */
export const quotasHaveDefaults: Rule = ({ catalogue }) =>
  Object.entries(catalogue.tiers).flatMap(([tier, { quota = {}, containerDefaults = {} }]) => {
    const missing = Object.keys(quota).filter((name) => {
      const [, kind, resource] = /^(requests|limits)\.(cpu|memory)$/.exec(name) ?? []
      if (kind === undefined || resource === undefined) return false
      const { requests = {}, limits = {} } = containerDefaults
      // A missing request defaults to the limit.
      return limits[resource] === undefined && (kind === 'limits' || requests[resource] === undefined)
    })
    if (missing.length === 0) return []
    return {
      code: 'QUOTA_WITHOUT_DEFAULT',
      where: atTier(tier),
      message: `the quota limits ${quoted(missing)}, and containerDefaults has none. Expected a default: a container that names none is refused.`,
      fix: 'Add containerDefaults to the tier, unless every container of it names its own.',
      severity: 'warning',
    }
  })

/** RBAC can't limit a verb to annotations: only admission keeps an operator from changing the rest of an ExternalSecret. */
export const operatorsNeedAdmission: Rule = ({ environments }) =>
  Object.entries(environments).flatMap(([environment, { access = {}, without = [] }]) =>
    Object.entries(access)
      .filter(([, { operators = [] }]) => operators.length > 0 && without.includes('admission'))
      .map(([tier]) => ({
        code: 'OPERATORS_WITHOUT_ADMISSION',
        where: `${atEnvironment(environment)} access.${tier}`,
        message:
          'names operators, but admission is switched off. Expected no operators: without admission, whoever may patch an ExternalSecret can change what it reads and writes.',
        fix: 'Remove "admission" from `without`, or remove the operators.',
      })),
  )

// --- internal ---

function quantities({ quota = {}, containerDefaults = {} }: TierSpec) {
  const { requests = {}, limits = {} } = containerDefaults
  const fields = { quota, 'containerDefaults.requests': requests, 'containerDefaults.limits': limits }
  return Object.entries(fields).flatMap(([field, values]) =>
    Object.entries(values).map(([name, value]) => ({ field, name, value })),
  )
}
