import type { Cell } from '../../lib/table.ts'

/** The states of a row of `npm run status`; for the documentation and for scripts. */
export interface State {
  /** `error`: drift, exit code 3. `warning`: reported, but nothing fails. `fine`: only shown. */
  readonly severity: 'error' | 'warning' | 'fine'
  /** Completes "the secret …". */
  readonly meaning: string
}

/** Every state by its stable code, the worst first: the cause of another comes before it. */
export const states = {
  ENVIRONMENT_DIFFERS: error('the cluster has another environment of the application in it'),
  KIND_ABSENT: error('the cluster has no External Secrets Operator, or one before 0.16'),
  OPERATOR_EXPOSED: error('the operator has a known fault, and the environment switches off the protection from it'),
  NAMESPACE_ABSENT: error('the namespace of the tier does not exist'),
  NAMESPACE_ENDING: error('the namespace of the tier is being deleted'),
  STORE_ABSENT: error('the SecretStore of the tier does not exist'),
  STORE_DIFFERS: error('the SecretStore has other settings than the catalogue implies'),
  STORE_UNREADY: error('the operator refuses the settings of the SecretStore'),
  PROJECT_EMPTY: error(
    'the Scaleway project has no remote secret of the environment: nothing is filled, or its id is wrong',
  ),
  REMOTE_ELSEWHERE: error('Scaleway has a remote secret of this name in another folder'),
  REMOTE_ABSENT: error('Scaleway has no such remote secret'),
  VERSION_ABSENT: error('the remote secret has no enabled version'),
  REMOTE_LOCKED: error("the remote secret is locked: its encryption key can't be used"),
  REMOTE_TYPE: error("the remote secret has a type that can't hold this value"),
  VALUE_TOO_LARGE: error('the value is larger than Scaleway accepts (`--formats`)'),
  VALUE_NOT_TEXT: error('the value is not UTF-8 (`--formats`)'),
  VALUE_NOT_JSON: error('the value is not a JSON object, and has to be one (`--formats`)'),
  VALUE_NAME_UNFIT: error('the JSON of a bundle has a name that no key of a Secret can have (`--formats`)'),
  VALUE_MISSING: error('the JSON of the remote secret lacks the field (`--formats`)'),
  VALUE_MISFIT: error('the value does not fit its format (`--formats`)'),
  SHARED_VALUES_DIFFER: error(
    'entries that share one value by `sameAs` hold different ones, or only some of them hold it',
  ),
  EXTERNAL_SECRET_ABSENT: error('the ExternalSecret does not exist'),
  NOT_DEPLOYED: error('the ExternalSecret, or another object of the chart, differs from the catalogue'),
  TARGET_TYPE: error('the target Secret has another type than the catalogue says, which Kubernetes never changes'),
  NOT_SYNCED: error('the operator could not write the target, or has not processed it yet'),
  TARGET_DIFFERS: error('the target Secret is missing, lacks the key, or holds keys that are not in the catalogue'),
  REFRESH_OVERDUE: error('the operator has not read Scaleway for more than two refresh intervals'),
  CONSUMER_WITHOUT_SECRET: error('a workload does not read the key from the target'),
  KEY_GONE: error('a workload names a key that its target no longer has, and does not start again'),
  CONSUMER_SHADOWED: error('a container gets something else in place of the key'),
  CONSUMER_OUTDATED: error('a workload has containers that started before the target last changed'),
  CERTIFICATE_EXPIRED: error('the certificate in the target is no longer valid'),
  ROTATION_OVERDUE: error('the value is older than the catalogue allows'),
  OPERATOR_VULNERABLE: warning('the operator has a known fault; what protects from it is shown'),
  OPERATOR_VERSION_UNKNOWN: warning('the image of the operator has no version'),
  VALUE_DOUBTFUL: warning(
    'the value fits its format, and looks like a placeholder, a reference that nothing expands, or one in quotes (`--formats`)',
  ),
  CERTIFICATE_EXPIRING: warning('the certificate in the target is valid for 30 days or less'),
  ROTATION_DUE: warning('the value has to be rotated soon'),
  VERSION_WAITING: warning('Scaleway has a newer version than the operator last read'),
  CONSUMER_READS_MORE: warning('a workload gets the key, and does not read it according to the catalogue'),
  CONSUMER_ABSENT: warning('a workload of the catalogue is not in the cluster'),
  READER_UNCATALOGUED: warning('a workload that is not in the catalogue reads the key from the target'),
  UNREADABLE: warning('you have no right to read the target or the workloads'),
  EXTERNAL_SECRET_UNCATALOGUED: warning(
    'the cluster has an ExternalSecret of the release that is no longer in the catalogue',
  ),
  REMOTE_UNCATALOGUED: warning('the folder in Scaleway holds remote secrets that no entry names'),
  OPTIONAL_ABSENT: { severity: 'fine', meaning: 'the secret is optional, and does not exist in Scaleway' },
  OK: { severity: 'fine', meaning: 'all four sides agree' },
} as const satisfies Record<string, State>

export type StateCode = keyof typeof states

/** Position in the list above. */
export function rankOf(code: StateCode): number {
  return codes.indexOf(code)
}

/** How a state is shown on a terminal. */
export function stateCell(code: StateCode): Cell {
  const styles = { error: 'bad', warning: 'attention', fine: 'good' } as const
  return { text: code, style: styles[states[code].severity] }
}

// --- internal ---

const codes = Object.keys(states) as StateCode[]

function error(meaning: string): State {
  return { severity: 'error', meaning }
}

function warning(meaning: string): State {
  return { severity: 'warning', meaning }
}
