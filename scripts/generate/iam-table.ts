import { commandLine } from '../lib/command-line.ts'
import { jsonDocument, lines, type Printable, together } from '../lib/printable.ts'
import type { Problem } from '../lib/problems.ts'
import { table } from '../lib/table.ts'
import type { IamPlan, IamRule, TierIamPlan } from '../model/iam.ts'

/** The plan as a person reads it: what has to exist, then what this mode protects and what it does not. */
export function iamTable(plan: IamPlan, columns?: number): Printable {
  const { environment, organizationId, keyLifetimeDays, tiers } = plan
  const applications = table(
    ['TIER', 'APPLICATION AND POLICY', 'PROJECT', 'KEY'],
    tiers.map(({ tier, name, projectIds }) => {
      return [tier, name, projectIds.join(' '), `expires after ${keyLifetimeDays} days`]
    }),
    { columns, below: 'KEY' },
  )
  const rules = table(
    ['POLICY', 'PERMISSION SET', 'CONDITION'],
    tiers.flatMap(({ name, rules: list }) => list.map((rule) => [name, rule.permissionSet, conditionText(rule)])),
    { columns, below: 'CONDITION' },
  )
  const organization = organizationId ?? "the account's own"
  return together(
    lines(`IAM of environment "${environment}", isolation mode "${plan.isolation}", organization ${organization}`, ''),
    applications,
    lines('', 'Each policy has these rules, for the project of its tier, and no others:', ''),
    rules,
    lines('', boundaryHeading(plan), ...boundaryNotes(plan).map((note) => `  - ${note}`)),
  )
}

/** The plan for machines. `condition` is null for none. */
export function iamJson(plan: IamPlan): Printable {
  const { environment, isolation, organizationId = null, tiers } = plan
  const document = {
    version: 1,
    environment,
    isolation,
    organizationId,
    tiers: tiers.map((tier) => ({ tier: tier.tier, ...applicationJson(plan, tier) })),
    sharedValues: plan.shared,
    notes: boundaryNotes(plan),
  }
  return jsonDocument(document)
}

/** An application, its policy and its key, as the JSON forms have them. `condition` is null for none. */
export function applicationJson({ keyLifetimeDays }: IamPlan, { name, description, rules }: TierIamPlan) {
  return {
    application: { name, description },
    policy: {
      name,
      rules: rules.map(({ permissionSet, projectId, condition = null }) => ({
        permissionSets: [permissionSet],
        projectIds: [projectId],
        condition,
      })),
    },
    key: { lifetimeDays: keyLifetimeDays },
  }
}

/** What `--verify` found of one application. */
export interface VerifiedApplication {
  readonly tier: string
  readonly name: string
  /** The day its last key expires, or `-`. */
  readonly keyExpires: string
  /** Names of the groups it is in. Where the account is as planned, none of them has a policy. */
  readonly groups: readonly string[]
}

/** What `--verify` says when the account is as planned. */
export function iamVerifiedTable(
  { environment }: IamPlan,
  rows: readonly VerifiedApplication[],
  columns?: number,
): Printable {
  const cells = rows.map(({ tier, name, keyExpires }) => [tier, name, keyExpires])
  const sentence = `The account is as planned for environment "${environment}": one policy for each application, and no other that counts for it.`
  const grouped = rows.filter(({ groups }) => groups.length > 0)
  const memberships = grouped.map(({ name, groups }) => `"${name}" is in ${groupText(groups)}.`)
  return together(table(['TIER', 'APPLICATION', 'KEY EXPIRES'], cells, { columns }), lines(sentence, ...memberships))
}

/** What `--verify` says, for machines: no problems when the account is as planned. */
export function iamVerifiedJson(
  { environment }: IamPlan,
  applications: readonly VerifiedApplication[],
  problems: readonly Problem[],
): Printable {
  const list = problems.map((problem) => ({ severity: 'error', ...problem }))
  return jsonDocument({ version: 1, environment, applications, problems: list })
}

/** What the isolation mode does not give (`path`), or gives (`project`), and what holds for both; whole sentences. */
export function boundaryNotes({
  isolation,
  environment,
  shared,
}: Pick<IamPlan, 'isolation' | 'environment' | 'shared'>): string[] {
  return [
    ...shared.map((names) => {
      return `One value is in several tiers, by \`sameAs\`: ${names.join(', ')}. A key of one of them reads it for all.`
    }),
    ...(isolation === 'path' ? pathNotes : projectNotes),
    `Policies only add rights. One more policy on the application, or on a group it is in, voids the boundary: \`${commandLine`iam --environment ${environment} --verify`}\` looks for these.`,
    'A change of permissions takes up to a minute to take effect.',
  ]
}

/** A condition as the tables show it. */
export function conditionText({ condition }: IamRule): string {
  return condition ?? '(none: the project is the boundary)'
}

// --- internal ---

const pathNotes = [
  'Names stay listable: with `!has(resource.id)`, which listing needs, a key can list the names, folders, tags and descriptions of the other tiers in the project. It can read none of their values.',
  '`scw iam rule create` and `scw iam rule delete` of scw 2.62 take the conditions off all rules of the policy: a key then opens every tier. Use `scw iam rule update`, or the script of `--format scw`.',
  'Names and folders can be changed, and the condition depends on them: whoever may rename or move a secret can move it across the boundary. Give the Write and Create sets of Secret Manager to deployers only.',
]

const projectNotes = [
  'The project is the boundary: a key sees neither the values nor the names of the other tiers, whatever their secrets are called and wherever they are moved inside their project.',
  'An organization has at most 25 projects by default, and this takes one for each tier and environment.',
]

function boundaryHeading({ isolation }: IamPlan): string {
  return isolation === 'path'
    ? 'What mode "path" does not protect:'
    : 'What mode "project" protects, and what it needs:'
}

function groupText(groups: readonly string[]): string {
  const names = groups.map((name) => `"${name}"`).join(' and ')
  return groups.length === 1 ? `the group ${names}, which has no policy` : `the groups ${names}, which have no policy`
}
