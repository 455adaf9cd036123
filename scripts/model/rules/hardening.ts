import { namesOf, namesOfTargets } from '../names.ts'
import { existsIn } from '../specs.ts'
import type { TierSpec } from '../types.ts'
import { atEnvironment, atTier, quoted, type Rule } from './rule.ts'

/** Source: Kubernetes, resource quantities; without exponents, which nobody writes. */
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

/** The credentials Secret and the targets. A full quota would hold a target back with an error of the operator. */
export const secretQuotasLeaveRoom: Rule = ({ catalogue, environments }) =>
  Object.entries(environments).flatMap(([environment, spec]) =>
    Object.entries(catalogue.tiers).flatMap(([tier, { quota = {} }]) => {
      const secrets = catalogue.secrets.filter((secret) => secret.tier === tier && existsIn(secret, environment))
      const names = namesOf(catalogue, tier, spec)
      const needed = [names.credentialsSecret, ...namesOfTargets(names, secrets)]
      return ['secrets', 'count/secrets']
        .filter((name) => quota[name] !== undefined && Number(quota[name]) < needed.length)
        .map((name) => ({
          code: 'QUOTA_TOO_SMALL',
          where: `${atTier(tier)} quota`,
          message: `"${name}" is ${quota[name]}. Expected at least ${needed.length}, for ${quoted(needed)} of ${atEnvironment(environment)}.`,
          fix: 'Raise the quota; pull secrets and TLS certificates of the workloads come on top.',
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
      // A request that is left out takes the limit.
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

/** No verb of RBAC is confined to annotations: admission alone keeps an operator from the rest of an ExternalSecret. */
export const operatorsNeedAdmission: Rule = ({ environments }) =>
  Object.entries(environments).flatMap(([environment, { access = {}, without = [] }]) =>
    Object.entries(access)
      .filter(([, { operators = [] }]) => operators.length > 0 && without.includes('admission'))
      .map(([tier]) => ({
        code: 'OPERATORS_WITHOUT_ADMISSION',
        where: `${atEnvironment(environment)} access.${tier}`,
        message:
          'names operators, and admission is left out. Expected nobody: without admission, who may patch an ExternalSecret changes what it reads and writes.',
        fix: 'Take "admission" out of `without`, or take the operators out.',
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
