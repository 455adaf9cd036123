import { pipedCommandLine } from '../lib/command-line.ts'
import { shellWord } from '../lib/shell.ts'
import type { IamPlan, TierIamPlan } from '../model/iam.ts'
import { beginning, keysOf, rightsOf, variable } from './iam-scw-rights.ts'

/**
 * A POSIX shell script with the commands of `scw` that create what the plan says. Run twice, it changes nothing the second
 * time. Before a key is made, `npm run credentials` looks whether the tier has one, in the right cluster; a key goes
 * from its creation straight into the same command, by a pipe. However it ends, it says what became of the keys.
 * Source: scaleway-cli 2.62, usage of `scw iam`, and `scw help output` for the templates.
 */
export function iamScwScript(plan: IamPlan): string {
  const { tiers } = plan
  return [
    ...beginning(plan, 'and the cluster of the environment as kubectl has it.'),
    keysOf(plan),
    keyFunctions(plan),
    ...tiers.map((tier, index) => rightsOf(plan, tier, variable(index))),
    waitForRights,
    ...tiers.map(({ tier }, index) => `needs_key ${shellWord(tier)} && ${wants(index)}=yes || ${wants(index)}=no\n`),
    ...tiers.map((tier, index) => keyOf(tier, index)),
  ].join('\n')
}

// --- internal ---

const wants = (index: number) => `wants_key_${index + 1}`

function keyFunctions({ application, environment, keyLifetimeDays }: IamPlan): string {
  const credentials = pipedCommandLine`credentials --environment ${environment}`
  const doctor = pipedCommandLine`doctor --environment ${environment}`
  return `# What became of the keys, for the end.
making=
written=
ended() {
  status=$?
  [ "$status" -ne 0 ] || return 0
  if [ -n "$making" ]; then
    say "It is not known what became of the key of tier $making. Before any key is deleted, see which one is in the cluster:"
    say "  ${credentials} --tier $making --check"
  fi
  if [ -n "$written" ]; then say "Written to the cluster by this run, and to be kept, is the key of:$written."
  elif [ -z "$making" ] && [ -z "$told" ]; then say 'No key was made.'; fi
}
told=
trap ended EXIT
trap 'exit 130' INT
trap 'exit 143' TERM

# Whether a key is to be made for tier $1. Ends when the cluster is not the one of the environment, or when the tier has
# a key that is not as it should be.
needs_key() {
  if answer=$(${credentials} --tier "$1" --check 2>&1 </dev/null); then return 1; fi
  case "$answer" in
    *'(CREDENTIALS_SEALED)'* | *'(KUBE_CONTEXT_DIFFERS)'*) ;;
    *'(CREDENTIALS_MISSING)'* | *'(KEY_UNKNOWN)'*) return 0 ;;
  esac
  say "$answer"
  fail "It could not be found out whether tier $1 needs a key, for the reason above."
}

# Makes a key of application $2, called $3, for tier $1, and says what became of it.
make_key() {
  before=$(keys_of "$2")
  list="scw iam api-key list bearer-id=$2"
  making=$1
  if result=$(scw iam api-key create application-id="$2" expires-at=+${keyLifetimeDays}d \\
    description=${shellWord(`External Secrets Operator: ${application}, environment ${environment}, tier `)}"$1" -o json |
    ${credentials} --tier "$1"); then
    making=
    written="$written $1"
    say "created a key for application "$3""
    [ -z "$before" ] || say "It has had keys before, ending in$(added '' "$before"): delete those that nobody uses ($list)."
    return 0
  fi
  case "$result" in
    *'written: true'*)
      making=
      told=yes
      written="$written $1"
      fail "The new key of tier $1 is in the cluster: keep it. The next step failed, for the reason above; see: ${doctor}"
      ;;
    *'written: false'*)
      end=$(printf '%s\\n' "$result" | sed -n 's/^key: API key //p')
      making=
      told=yes
      fail "A key of tier $1 was made, $end, and was not written: nobody has it. Delete it ($list), and run this again."
      ;;
  esac
  after=$(keys_of "$2") || fail "The list of keys failed too."
  [ -n "$(added "$before" "$after")" ] || {
    making=
    told=yes
    fail "No key of tier $1 was made. Run this again."
  }
  fail "A key of tier $1 was made:$(added "$before" "$after") ($list)."
}
`
}

const waitForRights = `# --- keys ---
if [ "$changed" = yes ]; then
  say 'waiting a minute, until new rights take effect'
  sleep 60
fi
`

function keyOf({ tier, name }: TierIamPlan, index: number): string {
  const call = `make_key ${shellWord(tier)} "$${variable(index)}" ${shellWord(name)}`
  return `if [ "$${wants(index)}" = yes ]; then ${call}; fi
`
}
