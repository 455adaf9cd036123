import { pipedCommandLine } from '../lib/command-line.ts'
import { shellWord } from '../lib/shell.ts'
import type { IamPlan, TierIamPlan } from '../model/iam.ts'

/**
 * A POSIX shell script with the commands of `scw` that create what the plan says. Run twice, it changes nothing the second
 * time. A key goes from its creation straight into `npm run credentials`, by a pipe.
 * Source: scaleway-cli 2.62, usage of `scw iam`, and `scw help output` for the templates.
 */
export function iamScwScript(plan: IamPlan): string {
  const { environment, application, tiers } = plan
  return [
    header(application, environment),
    ...(plan.example ? [exampleGuard(environment)] : []),
    functions,
    ...tiers.map((tier, index) => rightsOf(plan, tier, variable(index))),
    waitForRights,
    ...tiers.map((tier, index) => keyOf(plan, tier, variable(index))),
  ].join('\n')
}

// --- internal ---

/** What a tier may be called is not a variable name. */
const variable = (index: number) => `application_${index + 1}`

function header(application: string, environment: string): string {
  return `#!/bin/sh
# IAM of ${application}, environment ${environment}: ${pipedCommandLine`iam --environment ${environment} --format scw`}
# Safe to run twice: existing objects are not changed. Run it in the folder of this repository, with scw 2.62 or
# newer, and an account that has the permission set IAMManager.
set -eu
`
}

function exampleGuard(environment: string): string {
  return `case "\${SCW_API_URL:-}" in
  http://127.0.0.1:* | http://localhost:*) ;;
  *)
    echo ${shellWord(`Environment "${environment}" is an example: fill in its project ids in scripts/environments.ts first.`)} >&2
    exit 3
    ;;
esac
`
}

const functions = `changed=no

say() { printf '%s\\n' "$1" >&2; }
fail() {
  say "$1"
  exit 3
}

# The id in the lines "<id> <name>" of $1 that have exactly the name $2; nothing when there is none.
id_of() {
  found=
  while read -r id name; do
    [ "$name" = "$2" ] || continue
    [ -z "$found" ] || fail "There are two called \\"$2\\": $found and $id. Expected one. Delete the unused one."
    found=$id
  done <<LINES
$1
LINES
  echo "$found"
}

# Ends when a policy of the lines "<id> <name>" of $1 has a rule for another project than $2.
refuse_other_projects() {
  ids=$(printf '%s\\n' "$1" | cut -d ' ' -f 1)
  for id in $ids; do
    projects=$(scw iam rule list "$id" -o template='{{ .ProjectIDs }}')
    for project in $(printf '%s\\n' "$projects" | tr -d '[]'); do
      case "$project" in
        "$2" | '<nil>') ;;
        *) fail "Policy $id of application \\"$3\\" is for project $project too. Expected $2 alone. Give this environment an application of its own (iamApplications in scripts/environments.ts), or delete the policy." ;;
      esac
    done
  done
}

# Whether $1 has a number of seconds since 1970 that is not over, or "never".
has_usable_key() {
  now=$(date +%s)
  for expiry in $1; do
    [ "$expiry" = never ] || [ "$expiry" -gt "$now" ] || continue
    return 0
  done
  return 1
}
`

function rightsOf(plan: IamPlan, { tier, name, description, projectId, rules }: TierIamPlan, application: string) {
  const organization = plan.organizationId === undefined ? '' : ` organization-id=${plan.organizationId}`
  const labels = `name=${shellWord(name)} description=${shellWord(description)}${organization}`
  const ruleArguments = rules.map(({ permissionSet, projectId: project, condition }, index) => {
    const prefix = `rules.${index}`
    const scope = `${prefix}.permission-set-names.0=${permissionSet} ${prefix}.project-ids.0=${project}`
    return condition === undefined ? scope : `${scope} \\\n    ${prefix}.condition=${shellWord(condition)}`
  })
  const expected = rules.map((rule) => `[${rule.permissionSet}] [${rule.projectId}] condition=${rule.condition ?? ''}`)
  const lines = ruleArguments.join(' \\\n    ')
  return `# --- tier ${tier} ---
applications=$(scw iam application list name=${shellWord(name)}${organization} -o template='{{ .ID }} {{ .Name }}')
${application}=$(id_of "$applications" ${shellWord(name)})
if [ -z "$${application}" ]; then
  ${application}=$(scw iam application create ${labels} \\
    -o template='{{ .ID }}')
  changed=yes
  say ${shellWord(`created application "${name}"`)}
fi
policies=$(scw iam policy list application-ids.0="$${application}"${organization} -o template='{{ .ID }} {{ .Name }}')
refuse_other_projects "$policies" ${projectId} ${shellWord(name)}
policy=$(id_of "$policies" ${shellWord(name)})
expected=${shellWord(expected.join('\n'))}
if [ -z "$policy" ]; then
  scw iam policy create ${labels} \\
    application-id="$${application}" \\
    ${lines} \\
    -o template='{{ .ID }}' >/dev/null
  changed=yes
  say ${shellWord(`created policy "${name}"`)}
else
  rules=$(scw iam rule list "$policy" -o template=${shellWord(ruleTemplate)})
  if [ "$rules" != "$expected" ]; then
    scw iam rule update "$policy" \\
    ${lines} \\
    -o json >/dev/null
    changed=yes
    say ${shellWord(`replaced the rules of policy "${name}"`)}
  fi
fi
`
}

const ruleTemplate = '{{ .PermissionSetNames }} {{ .ProjectIDs }} condition={{ .Condition }}'

const waitForRights = `# --- keys ---
if [ "$changed" = yes ]; then
  say 'waiting a minute, until new rights take effect'
  sleep 60
fi
`

/** `expired=` of the list is not used: its documentation does not say which value does what. */
function keyOf(plan: IamPlan, { tier, name }: TierIamPlan, application: string): string {
  const organization = plan.organizationId === undefined ? '' : ` organization-id=${plan.organizationId}`
  const { environment, keyLifetimeDays } = plan
  return `expiries=$(scw iam api-key list bearer-id="$${application}"${organization} \\
  -o template='{{ if .ExpiresAt }}{{ .ExpiresAt.Unix }}{{ else }}never{{ end }}')
if ! has_usable_key "$expiries"; then
  scw iam api-key create application-id="$${application}" expires-at=+${keyLifetimeDays}d \\
    description=${shellWord(`External Secrets Operator, environment ${environment}`)} -o json |
    ${pipedCommandLine`credentials --environment ${environment} --tier ${tier}`} ||
    fail "No key was written for tier ${tier}. Delete the lost one (scw iam api-key list bearer-id=$${application}), and run this again."
  say ${shellWord(`created a key for application "${name}"`)}
fi
`
}
