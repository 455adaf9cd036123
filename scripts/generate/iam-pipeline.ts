import { commandLine, pipedCommandLine } from '../lib/command-line.ts'
import { jsonDocument, lines, type Printable, together } from '../lib/printable.ts'
import { shellWord } from '../lib/shell.ts'
import { table } from '../lib/table.ts'
import type { IamPlan } from '../model/iam.ts'
import { beginning, keysOf, rightsOf, variable } from './iam-scw-rights.ts'
import { applicationJson, conditionText } from './iam-table.ts'
import { required, terraformHeader, tierBlocks } from './iam-terraform.ts'

/** The plan of a pipeline as a person reads it: what has to exist, what it is enough for, and what it is not. */
export function pipelineIamTable(plan: IamPlan, columns?: number): Printable {
  const { environment, organizationId = "the account's own", keyLifetimeDays, tiers } = plan
  const rules = table(
    ['PERMISSION SET', 'PROJECT', 'CONDITION'],
    tiers.flatMap(({ rules: list }) => list.map((rule) => [rule.permissionSet, rule.projectId, conditionText(rule)])),
    { columns, below: 'CONDITION' },
  )
  const names = tiers.map(({ name }) => `"${name}"`).join(', ')
  return together(
    lines(
      `IAM of a pipeline for environment "${environment}", organization ${organizationId}`,
      '',
      `An IAM application ${names}, with a key that expires after ${keyLifetimeDays} days, and a policy of the same name.`,
      'It has these rules, and no others:',
      '',
    ),
    rules,
    lines('', ...pipelineNotes(plan).map((note) => `  - ${note}`)),
  )
}

/** The plan for machines. */
export function pipelineIamJson(plan: IamPlan): Printable {
  const { environment, isolation, organizationId = null, tiers } = plan
  const pipelines = tiers.map((tier) => applicationJson(plan, tier))
  return jsonDocument({
    version: 1,
    environment,
    isolation,
    organizationId,
    for: 'ci',
    pipelines,
    notes: pipelineNotes(plan),
  })
}

/**
 * The script of `iamScwScript` for a pipeline. Its key is given to a command that stores it, on standard input; one that nobody
 * has is deleted at once.
 */
export function pipelineScwScript(plan: IamPlan): string {
  const { application, environment, keyLifetimeDays, tiers } = plan
  const description = `Pipelines of ${application}, environment ${environment}`
  const how = `and, for a key, with the command that stores it: what it needs it gets on
# standard input, and nobody else does. For example:
#   sh iam.sh gh secret set SCW_SECRET_KEY --env ${shellWord(environment)}
#   sh iam.sh glab variable set SCW_SECRET_KEY --masked --protected --scope ${shellWord(environment)}`
  return [
    ...beginning(plan, how),
    keysOf(plan),
    ...tiers.map((holder, index) => rightsOf(plan, holder, variable(index))),
    `# --- key ---
[ $# -gt 0 ] || {
  say 'No key was made: there was no command to store it.'
  exit 0
}
before=$(keys_of "$${variable(0)}")
made=$(scw iam api-key create application-id="$${variable(0)}" expires-at=+${keyLifetimeDays}d \\
  description=${shellWord(description)} -o template='{{ .AccessKey }} {{ .SecretKey }}')
printf '%s' "\${made#* }" | "$@" || {
  scw iam api-key delete "\${made%% *}" >/dev/null ||
    fail "The key$(added "$before" "\${made%% *}") was not stored, and could not be deleted: do so (scw iam api-key list)."
  fail "The key was not stored, because the command failed: $1. It was deleted again."
}
say ${shellWord(`stored a key for application "${tiers[0]?.name}", which ends in ${keyLifetimeDays} days`)}
[ -z "$before" ] || say "It has had keys before, ending in$(added '' "$before"): delete those that nobody uses (scw iam api-key list)."
`,
  ].join('\n')
}

/** The application and its policy for OpenTofu or Terraform. */
export function pipelineTerraform(plan: IamPlan): string {
  const script = pipedCommandLine`iam --environment ${plan.environment} --for ci --format scw`
  return [
    terraformHeader(plan, 'IAM of a pipeline'),
    required,
    plan.tiers.map((tier) => tierBlocks(plan, tier)).join('\n'),
    `# No scaleway_iam_api_key: its secret key would get into the state. After \`apply\`, let scw make the key, which hands it to
# the command that stores it for the pipeline. It finds the application and policy above, and does not change them:
#   ${script} > iam.sh && sh iam.sh gh secret set SCW_SECRET_KEY
`,
  ].join('\n')
}

// --- internal ---

function pipelineNotes({ environment, isolation }: IamPlan): string[] {
  const status = commandLine`status --environment ${environment}`
  return [
    'It is enough for `plan`, `deploy`, `status`, `wait` and `doctor`, which ask for names, folders and versions. `check` asks Scaleway for nothing.',
    `No value can be read with it. So \`${status}\` does not compare the values that tiers share, and says so; with --formats, which reads all values, it is refused (403).`,
    'For `fill`, `rotate`, `migrate`, `credentials` and `iam --verify` it is not enough: they write, read values or look into IAM, and are for people.',
    'The quota of remote secrets is not counted: that takes a right on the whole organization.',
    ...(isolation === 'path'
      ? ['It can list the names of all secrets of the project, also of those in other folders.']
      : []),
  ]
}
