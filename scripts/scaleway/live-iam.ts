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

/** A policy that counts for an application: its own, or one of a group it is in. */
export interface LivePolicy {
  readonly id: string
  readonly name: string
  /** Undefined: the policy is attached to the application itself. */
  readonly group?: Pick<Group, 'id' | 'name'>
  readonly rules: readonly LiveRule[]
}

/** An IAM application with everything that gives it rights. */
export interface LiveApplication {
  readonly id: string
  readonly name: string
  readonly policies: readonly LivePolicy[]
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
    for (const { id, name } of applications) {
      const memberOf = groups.filter((group) => group.application_ids.includes(id))
      live.push({
        id,
        name,
        policies: await withRules(account, policiesOf(id, memberOf, policies)),
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

function policiesOf(applicationId: string, memberOf: readonly Group[], policies: readonly Policy[]) {
  return policies.flatMap(({ id, name, application_id, group_id }) => {
    if (application_id === applicationId) return [{ id, name }]
    const group = memberOf.find((one) => one.id === group_id)
    return group ? [{ id, name, group: { id: group.id, name: group.name } }] : []
  })
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
