import { ProblemError } from '../lib/problems.ts'
import type { IamPlan } from '../model/iam.ts'
import type { ScalewayConnection } from './connection.ts'
import { ScalewayError } from './http.ts'
import {
  type ApiKeyEntry,
  type Group,
  type LiveRule,
  listApiKeys,
  listApplications,
  listGroups,
  listPolicies,
  listRules,
  type Policy,
} from './iam.ts'
import { type UnknownField, unknownFieldsOf, unknownFieldWith } from './unknown-fields.ts'

/** A group an application is in. */
export interface Membership extends Pick<Group, 'id' | 'name'> {
  /** `listed`: by its id. `everybody`: the group holds every application. `unclear`: a field holds its id that is not known here. */
  readonly by: 'listed' | 'everybody' | 'unclear'
}

/** A policy that counts for an application: its own, or one of a group it is in. */
export interface LivePolicy {
  readonly id: string
  readonly name: string
  /** Undefined: the policy is attached to the application itself, or to `unclear`. */
  readonly group?: Membership
  /** It is attached to nobody known here: the fields that may tell to whom. It may count for the application. */
  readonly unclear?: readonly string[]
  readonly rules: readonly LiveRule[]
}

/** An IAM application with everything that gives it rights. */
export interface LiveApplication {
  readonly id: string
  readonly name: string
  readonly policies: readonly LivePolicy[]
  /** Every group it is in, also those without a policy. */
  readonly groups: readonly Membership[]
  /** What Scaleway says of its rights that is not known here. */
  readonly unknownFields: readonly UnknownField[]
  /** Expired ones too. */
  readonly keys: readonly ApiKeyEntry[]
}

/**
 * The applications an account has under the names of the plan, the oldest first. Only reads.
 *
 * @throws ProblemError `IAM_UNREADABLE` when the account may not read IAM
 */
export async function readLiveIam(
  account: ScalewayConnection,
  organizationId: string,
  { tiers }: Pick<IamPlan, 'tiers'>,
): Promise<LiveApplication[]> {
  try {
    const names = new Set(tiers.map(({ name }) => name))
    const applications = (await listApplications(account, organizationId)).filter(({ name }) => names.has(name))
    const policies = await listPolicies(account, organizationId)
    const groups = await listGroups(account, organizationId)
    const live: LiveApplication[] = []
    const withPolicy = groups.filter(({ id }) => policies.some(({ group_id }) => group_id === id))
    const unknownFields = [...unknown('group', withPolicy), ...unknown('policy', policies)]
    for (const { id, name } of applications) {
      const memberOf = groups.flatMap((group) => membershipOf(id, group))
      const found = await withRules(account, policiesOf(id, memberOf, policies))
      live.push({
        id,
        name,
        policies: found,
        groups: memberOf,
        unknownFields: [...unknownFields, ...found.flatMap((policy) => unknown('rule', policy.rules, policy.name))],
        keys: await listApiKeys({ ...account, organizationId }, id),
      })
    }
    return live
  } catch (error) {
    if (error instanceof ScalewayError && error.type === 'permissions_denied') throw unreadable(error, organizationId)
    throw error
  }
}

// --- internal ---

function membershipOf(applicationId: string, group: Group): Membership[] {
  const { id, name, application_ids, all_applications } = group
  const by = application_ids?.includes(applicationId)
    ? 'listed'
    : all_applications
      ? 'everybody'
      : unknownFieldWith('group', group, applicationId) !== undefined && 'unclear'
  return by ? [{ id, name, by }] : []
}

function policiesOf(applicationId: string, memberOf: readonly Membership[], policies: readonly Policy[]) {
  return policies.flatMap((policy): Omit<LivePolicy, 'rules'>[] => {
    const { id, name, application_id, group_id } = policy
    if (application_id === applicationId) return [{ id, name }]
    const group = memberOf.find((one) => one.id === group_id)
    if (group) return [{ id, name, group }]
    const holding = unknownFieldWith('policy', policy, applicationId)
    if (holding !== undefined) return [{ id, name, unclear: [holding] }]
    return isAttachedToKnown(policy) ? [] : [{ id, name, unclear: unknownFieldsOf('policy', policy) }]
  })
}

/** Scaleway sets exactly one of these, as recorded. */
function isAttachedToKnown({ application_id, group_id, user_id, no_principal }: Policy): boolean {
  return Boolean(application_id || group_id || user_id || no_principal)
}

/** Each field once, with the first object that has it. */
function unknown(
  object: UnknownField['object'],
  all: readonly (object & { readonly name?: string })[],
  owner = '',
): UnknownField[] {
  const found = new Map<string, string>()
  for (const one of all)
    for (const field of unknownFieldsOf(object, one)) if (!found.has(field)) found.set(field, one.name ?? owner)
  return [...found].map(([field, name]) => ({ object, field, name }))
}

async function withRules(
  account: ScalewayConnection,
  policies: readonly Omit<LivePolicy, 'rules'>[],
): Promise<LivePolicy[]> {
  const complete: LivePolicy[] = []
  for (const policy of policies) complete.push({ ...policy, rules: await listRules(account, policy.id) })
  return complete
}

function unreadable(error: ScalewayError, organizationId: string): ProblemError {
  const [problem] = error.problems
  return new ProblemError(
    {
      code: 'IAM_UNREADABLE',
      where: problem?.where ?? 'Scaleway IAM',
      message: `the account may not read the IAM of organization ${organizationId}. Expected the permission set IAMReadOnly.`,
      fix: 'Give its IAM application IAMReadOnly on the organization, or correct organizationId in scripts/environments.ts.',
    },
    error.exitCode,
  )
}
