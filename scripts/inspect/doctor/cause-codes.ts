import { commandLine } from '../../lib/command-line.ts'

/** A cause that `npm run doctor` can find; for the documentation and for scripts. */
export interface CauseEntry {
  /** Completes "it is found that …". */
  readonly meaning: string
  /** The fix in a few words; the command itself is reported with the cause. */
  readonly mend: string
}

/** Every cause by its stable code. What explains others comes before them. */
export const causeList = {
  CLUSTER_UNREACHABLE: entry('the API server of the cluster does not answer', 'network, VPN, kubeconfig'),
  CLUSTER_REFUSED: entry('the API server refuses your login', 'log in again'),
  ENVIRONMENT_DIFFERS: entry(
    'the cluster has another environment of the application in it; then nothing else is reported',
    'the kube context, or `doctor` for that environment',
  ),
  CLOCK_DIFFERS: entry('the clock of this machine is more than 30 s off', 'NTP'),
  KIND_ABSENT: entry('the cluster has no kind ExternalSecret or SecretStore', 'install the operator'),
  KIND_TOO_OLD: entry('the cluster serves these kinds only as v1beta1', 'upgrade the operator'),
  OPERATOR_ABSENT: entry(
    'nothing processes the ExternalSecrets, and the cluster has no operator',
    'install the operator',
  ),
  OPERATOR_NOT_RUNNING: entry('the operator has no running pod', 'what its pods say'),
  OPERATOR_SILENT: entry("nothing processes the ExternalSecrets, though the operator runs or can't be seen", 'its log'),
  NAMESPACE_ABSENT: entry('the namespace of the tier does not exist', `\`${commandLine`deploy`}\``),
  NAMESPACE_ENDING: entry(
    'the namespace of the tier is being deleted',
    `what holds it back, then \`${commandLine`deploy`}\``,
  ),
  SCALEWAY_UNREACHABLE: entry('Scaleway does not answer, here or to the operator', 'network, proxy, egress'),
  SCALEWAY_BUSY: entry('Scaleway answers 429: too many requests', 'wait; bundles, a longer refresh interval'),
  SCALEWAY_BROKEN: entry('Scaleway fails with a server error (5xx)', 'wait; its status page'),
  SCALEWAY_SLOW: entry('even the fastest response of Scaleway takes seconds', 'network, proxy'),
  ADMISSION_REFUSES: entry(
    'the API server refuses what the chart, or the operator, would write',
    'what the refusal says',
  ),
  QUOTA_FULL: entry(
    'the ResourceQuota of the namespace has no room for the target',
    'raise `quota` in the catalogue, or the quota that is named',
  ),
  NOT_DEPLOYED: entry('an object of the chart is missing, or differs from the catalogue', `\`${commandLine`deploy`}\``),
  STORE_PROJECT: entry("the SecretStore names a Scaleway project that is not the catalogue's", 'restore it'),
  STORE_REGION: entry("the SecretStore names a region that is not the catalogue's", 'restore it'),
  STORE_DIFFERS: entry(
    'the SecretStore differs in other settings: provider, address or credentials',
    `\`${commandLine`deploy`}\``,
  ),
  STORE_REFUSED: entry('the operator refuses the settings of the SecretStore', `\`${commandLine`deploy`}\``),
  CREDENTIALS_ABSENT: entry('the credentials Secret does not exist', `\`${commandLine`credentials`}\``),
  SEALED_KEY_UNUSED: entry(
    'the credentials Secret was there before its SealedSecret, and the controller does not take it over',
    'the annotation `sealedsecrets.bitnami.com/managed: "true"`',
  ),
  CREDENTIALS_NAMES: entry(
    'the credentials Secret lacks `access-key` or `secret-key`',
    `\`${commandLine`credentials`}\``,
  ),
  CREDENTIALS_LINE_BREAK: entry(
    'a half of the key ends with a line break or a space, and appears unencrypted in Events and a log',
    `revoke the key: \`${commandLine`credentials --rotate`}\``,
  ),
  CREDENTIALS_MALFORMED: entry(
    'a half of the key is malformed, and appears unencrypted in Events and a log',
    `revoke the key: \`${commandLine`credentials --rotate`}\``,
  ),
  KEY_EXPIRED: entry('the API key has expired', `\`${commandLine`credentials --rotate`}\``),
  KEY_UNKNOWN: entry('Scaleway does not know the API key', `\`${commandLine`credentials --rotate`}\``),
  KEY_OF_OTHER_TIER: entry('the API key belongs to another tier', `\`${commandLine`credentials --rotate`}\``),
  CONDITION_NARROW: entry('the condition of an IAM rule denies the tier', `\`${commandLine`iam --format scw`}\``),
  LISTING_REFUSED: entry(
    'the API key may not list: SecretManagerReadOnly is missing',
    `\`${commandLine`iam --format scw`}\``,
  ),
  READING_REFUSED: entry(
    'the API key may not read: SecretManagerSecretAccess is missing',
    `\`${commandLine`iam --format scw`}\``,
  ),
  REMOTE_NAME_DIFFERS: entry(
    'the remote secret has a slightly different name: upper or lower case, or `-`, `_` and `.`',
    'rename it',
  ),
  REMOTE_DELETED: entry('the remote secret is scheduled for deletion', 'restore it within 7 days'),
  REMOTE_ELSEWHERE: entry('the remote secret is in another folder', 'move it'),
  REMOTE_OTHER_REGION: entry(
    'the remote secret is in another region',
    `\`${commandLine`fill`}\`, or correct the region`,
  ),
  REMOTE_OTHER_PROJECT: entry(
    'the remote secret is in another project',
    `\`${commandLine`fill`}\`, or correct the project`,
  ),
  REMOTE_ABSENT: entry('Scaleway has no such remote secret; a similar name is shown', `\`${commandLine`fill`}\``),
  REMOTE_EPHEMERAL: entry('the remote secret is ephemeral: its versions expire', 'use one that is not ephemeral'),
  REMOTE_LOCKED: entry("the encryption key of the remote secret can't be used", 'enable it in Key Manager'),
  VERSION_DISABLED: entry('every version of the remote secret is disabled', 'enable one'),
  VERSION_DELETED: entry(
    'every version of the remote secret is scheduled for deletion',
    `restore one, or \`${commandLine`fill`}\``,
  ),
  VERSION_ABSENT: entry('the remote secret never had a version', `\`${commandLine`fill`}\``),
  VALUE_TOO_LARGE: entry('the value is larger than 64 KiB', `\`${commandLine`fill --replace`}\``),
  VALUE_NOT_TEXT: entry('the value is not UTF-8', `\`${commandLine`fill --replace`}\``),
  VALUE_NOT_JSON: entry('the value has to be a JSON object, and is not one', `\`${commandLine`fill --replace`}\``),
  VALUE_NAME_UNFIT: entry(
    'the JSON of a bundle has a name that no key of a Secret can have',
    `\`${commandLine`fill --replace`}\``,
  ),
  PROPERTY_MISSING: entry('the JSON of the remote secret lacks the field', `\`${commandLine`fill`}\``),
  BUNDLE_KEY_MISSING: entry('the bundle lacks a variable', `\`${commandLine`fill`}\``),
  TARGET_OF_OTHER: entry('the target belongs to another ExternalSecret', 'delete that one'),
  TARGET_CONTROLLED: entry('the target belongs to another controller', 'let it write elsewhere'),
  TARGET_IMMUTABLE: entry('the target is immutable', 'delete it; the operator creates it again'),
  TARGET_TYPE: entry('the target has another type than the catalogue says', 'delete it; the operator creates it again'),
  TARGET_DIFFERS: entry('the target is missing, or has other keys, although it counts as synced', 'who else writes it'),
  KEY_GONE: entry('a workload names a key that its target no longer has: it does not start again', 'its pod template'),
  REFRESH_FROZEN: entry('the ExternalSecret is never read again: `refreshInterval: 0`, `CreatedOnce`', 'restore it'),
  BACKOFF: entry(
    'the problem is fixed, and the operator waits up to 7 minutes before its next try',
    'wait, or force it',
  ),
  OPERATOR_EXPOSED: entry(
    'the operator has a known fault, and the environment switches off the protection from it',
    'upgrade it, or switch the protection on again',
  ),
  OPERATOR_VULNERABLE: entry('the operator has a known fault; what protects from it is shown', 'upgrade it'),
  OPERATOR_VERSION_UNKNOWN: entry('the image of the operator has no version', 'the tag of a release'),
  NOT_SYNCED: entry('the operator fails for another reason; its message is shown', 'its message'),
} as const satisfies Record<string, CauseEntry>

export type CauseCode = keyof typeof causeList

/** Position in the list above. */
export function rankOf(code: CauseCode): number {
  return codes.indexOf(code)
}

// --- internal ---

const codes = Object.keys(causeList) as CauseCode[]

function entry(meaning: string, mend: string): CauseEntry {
  return { meaning, mend }
}
