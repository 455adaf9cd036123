import { pipedCommandLine } from '../lib/command-line.ts'
import { shellWord } from '../lib/shell.ts'
import { holderOption, type IamPlan, type TierIamPlan } from '../model/iam.ts'

/*
 * What the scripts for `scw` have in common: applications, policies and their rules.
 */

/**
 * How each of these scripts begins.
 *
 * @param needs what is needed besides, and how it is run: the end of a comment
 */
export function beginning(plan: IamPlan, needs: string): string[] {
  return [header(plan, needs), ...(plan.example ? [exampleGuard(plan.environment)] : []), functions(plan)]
}

/** The variable with the id of an application: what a tier may be called is not a variable name. */
export const variable = (index: number) => `application_${index + 1}`

/** Functions about keys. `expired=` of the list is not used: its documentation does not say which value does what. */
export function keysOf({ organizationId }: IamPlan): string {
  const organization = organizationId === undefined ? '' : ` organization-id=${organizationId}`
  return `keys_of() {
  scw iam api-key list bearer-id="$1"${organization} -o template='{{ .AccessKey }}'
}

# The ends of the keys in $2 that are not in $1.
added() {
  for key in $2; do
    case " $(echo $1) " in
      *" $key "*) ;;
      *) printf ' …%s' "\${key#????????????????}" ;;
    esac
  done
}
`
}

/** Makes an application and its policy as planned, and refuses what is in the way. */
export function rightsOf(
  plan: IamPlan,
  { tier, name, description, projectIds, rules }: TierIamPlan,
  application: string,
) {
  const organization = plan.organizationId === undefined ? '' : ` organization-id=${plan.organizationId}`
  const labels = `name=${shellWord(name)} description=${shellWord(description)}${organization}`
  const ruleArguments = rules.map(({ permissionSet, projectId: project, condition }, index) => {
    const prefix = `rules.${index}`
    const scope = `${prefix}.permission-set-names.0=${permissionSet} ${prefix}.project-ids.0=${project}`
    return condition === undefined ? scope : `${scope} \\\n    ${prefix}.condition=${shellWord(condition)}`
  })
  const expected = rules.map((rule) => `[${rule.permissionSet}] [${rule.projectId}] condition=${rule.condition ?? ''}`)
  const lines = ruleArguments.join(' \\\n    ')
  return `# --- ${plan.for === 'ci' ? 'the pipeline' : `tier ${tier}`} ---
applications=$(scw iam application list name=${shellWord(name)}${organization} -o template='{{ .ID }} {{ .Name }}')
${application}=$(id_of "$applications" ${shellWord(name)})
if [ -z "$${application}" ]; then
  ${application}=$(scw iam application create ${labels} \\
    -o template='{{ .ID }}')
  changed=yes
  say ${shellWord(`created application "${name}"`)}
fi
policies=$(scw iam policy list application-ids.0="$${application}"${organization} -o template='{{ .ID }} {{ .Name }}')
refuse_other_projects "$policies" ${shellWord(projectIds.join(' '))} ${shellWord(name)}
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
  if [ "$(sorted "$rules")" != "$(sorted "$expected")" ]; then
    scw iam rule update "$policy" \\
    ${lines} \\
    -o json >/dev/null
    changed=yes
    say ${shellWord(`replaced the rules of policy "${name}"`)}
  fi
fi
`
}

// --- internal ---

const ruleTemplate = '{{ .PermissionSetNames }} {{ .ProjectIDs }} condition={{ .Condition }}'

function header(plan: IamPlan, needs: string): string {
  const { application, environment } = plan
  const given = ['--environment', environment, ...holderOption(plan)]
  return `#!/bin/sh
# IAM of ${application}, environment ${environment}: ${pipedCommandLine`iam ${given} --format scw`}
# Safe to run twice: existing objects are not changed. Run it in the folder of this repository, with scw 2.62 or
# newer, an account that has the permission set IAMManager, ${needs}
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

function functions({ for: holder }: IamPlan): string {
  const ownApplication =
    'Give this environment an application of its own (iamApplications in scripts/environments.ts), or delete the policy.'
  return `changed=no

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

# The order of rules means nothing.
sorted() { printf '%s\\n' "$1" | sort; }

# Ends when a policy of the lines "<id> <name>" of $1 has a rule for another project than those of $2.
refuse_other_projects() {
  ids=$(printf '%s\\n' "$1" | cut -d ' ' -f 1)
  for id in $ids; do
    projects=$(scw iam rule list "$id" -o template='{{ .ProjectIDs }}')
    for project in $(printf '%s\\n' "$projects" | tr -d '[]'); do
      case " $2 <nil> " in
        *" $project "*) ;;
        *) fail "Policy $id of application \\"$3\\" is for project $project too. Expected $2 alone. ${holder === 'ci' ? 'Delete the policy.' : ownApplication}" ;;
      esac
    done
  done
}
`
}
