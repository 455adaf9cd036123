import type { Problem } from '../lib/problems.ts'
import type { IamRule, TierIamPlan } from '../model/iam.ts'
import type { LiveRule } from './iam.ts'

/** What a rule grants, one permission set and one scope at a time: the unit that is compared between plan and account. */
export interface Grant {
  readonly permissionSet: string
  /** Undefined: the whole organization. */
  readonly projectId: string | undefined
  /** White space normalised; empty for none. */
  readonly condition: string
}

/** What differs, without its place and its fix. */
export type RuleFinding = Pick<Problem, 'code' | 'message'>

/** The environment a project belongs to, if it is one of ours. */
export type EnvironmentOf = (projectId: string) => string | undefined

/** Conditions are compared letter by letter, except for white space: a person has to judge conditions that are written differently. */
export function normalised(condition: string): string {
  return condition.trim().replace(/\s+/g, ' ')
}

export function grantsOf(rules: readonly LiveRule[]): Grant[] {
  return rules.flatMap((rule) =>
    (rule.permission_set_names ?? []).flatMap((permissionSet) =>
      (rule.project_ids?.length ? rule.project_ids : [undefined]).map((projectId) => ({
        permissionSet,
        projectId,
        condition: normalised(rule.condition ?? ''),
      })),
    ),
  )
}

/** `SecretManagerFullAccess on project 1111… (environment "live") without a condition` */
export function grantText({ permissionSet, projectId, condition }: Grant, environmentOf: EnvironmentOf): string {
  const environment = projectId === undefined ? undefined : environmentOf(projectId)
  const owner = environment === undefined ? '' : ` (environment "${environment}")`
  const scope = projectId === undefined ? 'the whole organization' : `project ${projectId}${owner}`
  return `${permissionSet} on ${scope} ${condition === '' ? 'without a condition' : `if ${condition}`}`
}

/** How the rules of a tier's own policy differ from the plan: what is missing, and what is there besides. */
export function compareRules(
  tier: TierIamPlan,
  rules: readonly LiveRule[],
  environmentOf: EnvironmentOf,
): RuleFinding[] {
  const planned = tier.rules.map(plannedGrant)
  const live = grantsOf(rules)
  const besides = live.filter((grant) => !planned.some((one) => isSame(one, grant)))
  const text = (grant: Grant) => grantText(grant, environmentOf)
  // A grant with another condition is reported as such, and not also as missing.
  const missing = planned.filter(
    (one) => !live.some((grant) => isSame(one, grant)) && !besides.some((grant) => differsInCondition(one, grant)),
  )
  return [
    ...missing.map((grant) => ({ code: 'IAM_RULE_MISSING', message: `has no rule for it. Expected ${text(grant)}.` })),
    ...besides.map((grant) => {
      const expected = planned.find((one) => one.permissionSet === grant.permissionSet)
      const wanted = expected ? text(expected) : `nothing but ${planned.map((one) => one.permissionSet).join(' and ')}`
      return { code: codeOf(tier, planned, grant), message: `grants ${text(grant)}. Expected ${wanted}.` }
    }),
  ]
}

// --- internal ---

function plannedGrant({ permissionSet, projectId, condition = '' }: IamRule): Grant {
  return { permissionSet, projectId, condition: normalised(condition) }
}

function isSame(a: Grant, b: Grant): boolean {
  return a.permissionSet === b.permissionSet && a.projectId === b.projectId && a.condition === b.condition
}

function differsInCondition(a: Grant, b: Grant): boolean {
  return a.permissionSet === b.permissionSet && a.projectId === b.projectId && a.condition !== b.condition
}

/** The worst problem of a grant; the message has all of them. */
function codeOf({ remotePaths, projectIds }: TierIamPlan, planned: readonly Grant[], grant: Grant): string {
  const expected = planned.find((one) => one.permissionSet === grant.permissionSet)
  if (!expected) {
    if (/^AllProducts/.test(grant.permissionSet)) return 'IAM_ALL_PRODUCTS'
    return changes.test(grant.permissionSet) ? 'IAM_WRITE_PERMISSION' : 'IAM_PERMISSION_UNPLANNED'
  }
  if (grant.projectId === undefined) return 'IAM_ORGANIZATION_SCOPE'
  if (!projectIds.includes(grant.projectId)) return 'IAM_OTHER_PROJECT'
  if (grant.condition === '') return 'IAM_RULE_UNCONDITIONED'
  return remotePaths.some((path) => grant.condition.includes(`startsWith("${path}")`))
    ? 'IAM_CONDITION_WITHOUT_SLASH'
    : 'IAM_CONDITION_DIFFERS'
}

/** Who may rename, create or delete secrets can move them across the boundary or remove them. */
const changes = /(Write|Create|Delete|Restore|FullAccess|Manager)$/
