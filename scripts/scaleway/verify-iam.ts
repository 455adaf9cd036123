import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import { groupBy } from '../lib/group.ts'
import type { Problem } from '../lib/problems.ts'
import { shell } from '../lib/shell.ts'
import { holderOption, type IamPlan, type TierIamPlan } from '../model/iam.ts'
import type { LiveApplication, LivePolicy, Membership } from './live-iam.ts'
import { compareKeys } from './verify-keys.ts'
import { compareRules, type EnvironmentOf, grantsOf, grantText } from './verify-rules.ts'

export interface VerifyOptions {
  readonly now: Date
  /** For messages. Default: no project is known */
  readonly environmentOf?: EnvironmentOf
}

/**
 * All differences between an account and the plan, both what is missing and what is more than planned. Keys
 * that expire soon, several keys and expired ones beside one that works are warnings, and so are fields of rights that
 * are not known here.
 */
export function verifyIam(plan: IamPlan, live: readonly LiveApplication[], options: VerifyOptions): Problem[] {
  return [
    ...sharedApplications(plan),
    ...plan.tiers.flatMap((tier) => verifyTier(plan, tier, live, options)),
    ...unknownFields(live),
  ]
}

/** The application that is checked: the oldest of its name. */
export function applicationOf(tier: TierIamPlan, live: readonly LiveApplication[]): LiveApplication | undefined {
  return live.find(({ name }) => name === tier.name)
}

/** The policy that is the plan's: attached to the application itself, under its name. */
export function plannedPolicy(tier: TierIamPlan, { policies }: LiveApplication): LivePolicy | undefined {
  return policies.find(({ name, group, unclear }) => name === tier.name && !group && !unclear)
}

// --- internal ---

function verifyTier(
  plan: IamPlan,
  tier: TierIamPlan,
  live: readonly LiveApplication[],
  { now, environmentOf = () => undefined }: VerifyOptions,
): Problem[] {
  const application = applicationOf(tier, live)
  const where = `IAM application "${tier.name}" (${tier.tier})`
  if (!application) {
    const message = 'does not exist. Expected an application with one policy and one key.'
    return [{ code: 'IAM_APPLICATION_MISSING', where, message, fix: applyPlan(plan) }]
  }
  return [
    ...duplicates(tier, live),
    ...ownPolicy(plan, tier, application, environmentOf),
    ...otherPolicies(tier, application, environmentOf),
    ...compareKeys(plan, tier, application, now),
  ].map((problem) => ({ where, ...problem }))
}

/** A key has all rights of its application: with one for two tiers there is no boundary. */
function sharedApplications({ tiers }: IamPlan): Problem[] {
  return [...groupBy(tiers, ({ name }) => name)]
    .filter(([, sharing]) => sharing.length > 1)
    .map(([name, sharing]) => ({
      code: 'IAM_APPLICATION_SHARED',
      where: `IAM application "${name}"`,
      message: `is the application of the tiers ${sharing.map(({ tier }) => tier).join(' and ')}: a key of one is a key of all. Expected an application for each.`,
      fix: `Set iamApplications in scripts/environments.ts, then run \`${commandLine`iam`}\` for the new plan.`,
    }))
}

type Finding = Omit<Problem, 'where'>

function duplicates(tier: TierIamPlan, live: readonly LiveApplication[]): Finding[] {
  const ids = live.filter(({ name }) => name === tier.name).map(({ id }) => id)
  if (ids.length < 2) return []
  return [
    {
      code: 'IAM_APPLICATION_DUPLICATE',
      message: `exists ${ids.length} times: ${ids.join(', ')}. Expected one; only the first was checked.`,
      fix: 'Delete what nobody uses: `scw iam application delete <id>`. Its keys go with it.',
    },
  ]
}

function ownPolicy(
  plan: IamPlan,
  tier: TierIamPlan,
  application: LiveApplication,
  environmentOf: EnvironmentOf,
): Finding[] {
  const policy = plannedPolicy(tier, application)
  if (!policy) {
    const message = `has no policy "${tier.name}". Expected one with ${tier.rules.length} rules.`
    return [{ code: 'IAM_POLICY_MISSING', message, fix: applyPlan(plan) }]
  }
  return compareRules(tier, policy.rules, environmentOf).map(({ code, message }) => ({
    code,
    message: `its policy "${policy.name}" ${message}`,
    fix: code === 'IAM_OTHER_PROJECT' ? otherProjectFix(policy) : applyPlan(plan),
  }))
}

/** Rights add up, so any other policy is more than planned, whatever its rules are. */
function otherPolicies(tier: TierIamPlan, application: LiveApplication, environmentOf: EnvironmentOf): Finding[] {
  const planned = plannedPolicy(tier, application)
  return application.policies
    .filter((policy) => policy !== planned)
    .map((policy) => {
      const grants = grantsOf(policy.rules).map((grant) => grantText(grant, environmentOf))
      const given = grants.length === 0 ? 'nothing yet' : grants.join('; ')
      if (policy.group) return groupPolicy(application, policy, policy.group, given)
      return policy.unclear ? unclearPolicy(policy, policy.unclear, given) : extraPolicy(policy, given)
    })
}

function extraPolicy({ id, name }: LivePolicy, given: string): Finding {
  return {
    code: 'IAM_POLICY_EXTRA',
    message: `has the policy "${name}" besides its own, which gives it ${given}. Expected one policy.`,
    fix: `Run \`${shell`scw iam policy delete ${id}`}\`.`,
  }
}

function groupPolicy(application: LiveApplication, policy: LivePolicy, group: Membership, given: string): Finding {
  const attached = shell`scw iam policy get ${policy.id}`
  const forOthers = 'Attach the policy to those who need it, an application or another group:'
  const how: Readonly<Record<Membership['by'], readonly [string, string]>> = {
    listed: [', whose', `Run \`${shell`scw iam group remove-member ${group.id} application-id=${application.id}`}\`.`],
    everybody: [
      ', which holds every application of the organization, and whose',
      `No application can be taken out of this group. ${forOthers} \`${shell`scw iam policy update ${policy.id}`} group-id=<id>\`.`,
    ],
    unclear: [
      ', as a field of it says that is not known here, and whose',
      `Look at the group in the Scaleway console and at its policy with \`${attached}\`, and take the application out of it.`,
    ],
  }
  const [why, fix] = how[group.by]
  const message = `is in the group "${group.name}"${why} policy "${policy.name}" gives it ${given}. Expected no group with a policy.`
  return { code: 'IAM_GROUP_POLICY', message, fix }
}

/** An account that can't be read to the end is not as planned. */
function unclearPolicy({ id, name }: LivePolicy, fields: readonly string[], given: string): Finding {
  const told = fields.length === 0 ? 'no field of it tells whom' : `its fields ${fields.join(', ')} are not known here`
  return {
    code: 'IAM_PRINCIPAL_UNKNOWN',
    message: `may have the rights of the policy "${name}", which gives ${given}: it is not known to whom it is attached: ${told}. Expected one policy.`,
    fix: `Look at it in the Scaleway console, or with \`${shell`scw iam policy get ${id}`}\` of the newest scw, and detach it from the application.`,
  }
}

/** Once for each field, whichever applications it may matter to. */
function unknownFields(live: readonly LiveApplication[]): Problem[] {
  const all = live.flatMap((application) => application.unknownFields)
  return [...groupBy(all, ({ object, field }) => `${object} ${field}`).values()].flatMap(([first]) => {
    if (!first) return []
    const of = first.object === 'rule' ? `policy "${first.name}", a rule` : `${first.object} "${first.name}"`
    return [
      {
        code: 'IAM_FIELD_UNKNOWN',
        where: `IAM ${of}`,
        message: `has the field "${first.field}", which is not known here: it may give or take rights that are not shown here. Expected the fields of Scaleway's API of August 2026.`,
        fix: 'Look up the field in the documentation of the IAM API, and whether it concerns the applications of the plan.',
        severity: 'warning' as const,
      },
    ]
  })
}

function applyPlan(plan: IamPlan): string {
  const given = ['--environment', plan.environment, ...holderOption(plan)]
  return `Run \`${pipedCommandLine`iam ${given} --format scw`} > iam.sh && sh iam.sh\`.`
}

/** The script leaves such a policy alone: it may be the one of another environment. */
function otherProjectFix({ id }: LivePolicy): string {
  return `Give each environment an application of its own (iamApplications in scripts/environments.ts), or run \`${shell`scw iam policy delete ${id}`}\` and then the script of \`${commandLine`iam --format scw`}\`.`
}
