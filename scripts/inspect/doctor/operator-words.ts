import type { WaitReport } from '../../cluster/wait-for-sync.ts'
import type { CauseCode } from './cause-codes.ts'

/** What a message of the operator is about: what has to be checked to know whether it is still true. */
export type Subject =
  | 'credentials'
  | 'store'
  | 'key'
  | 'remote'
  | 'value'
  | 'target'
  | 'quota'
  | 'admission'
  | 'scaleway'

export interface OperatorWords {
  readonly subject: Subject
  /** Undefined: the message alone allows several causes. */
  readonly code: CauseCode | undefined
}

/**
 * What an event of the operator is about. Undefined for other messages.
 * Source: external-secrets, providers/v1/scaleway and pkg/controllers; scaleway-sdk-go, scw/errors.go; seen with 0.20.1 and 0.20.4.
 */
export function recognise(message: string): OperatorWords | undefined {
  const found = known.find(([pattern]) => pattern.test(message))
  return found && { subject: found[1], code: found[2] }
}

/**
 * Whether what the operator says does not change until a person changes something: a refusal of Scaleway, something that does
 * not exist. What may just be on its way there is not final: an answer of a busy or broken Scaleway, a store that is not
 * yet checked, the credentials Secret, a policy that the API server has not noticed yet.
 */
export function isFinalRefusal({ message, obstacle }: Pick<WaitReport, 'message' | 'obstacle'>): boolean {
  if (obstacle === 'type-differs') return true
  const words = recognise(message)
  if (!words) return false
  return (
    !['scaleway', 'store', 'credentials', 'quota', 'admission'].includes(words.subject) ||
    words.code === 'CREDENTIALS_MALFORMED'
  )
}

// --- internal ---

const known: readonly (readonly [RegExp, Subject, CauseCode?])[] = [
  [/exceeded quota/, 'quota', 'QUOTA_FULL'],
  [/denied (the )?request/, 'admission', 'ADMISSION_REFUSES'],
  [/cannot get Kubernetes secret/, 'credentials', 'CREDENTIALS_ABSENT'],
  [/cannot find secret data for key/, 'credentials', 'CREDENTIALS_NAMES'],
  [/(secret|access) key (format|cannot be empty)/, 'credentials', 'CREDENTIALS_MALFORMED'],
  [/could not get SecretStore/, 'store', 'NOT_DEPLOYED'],
  [/SecretStore "[^"]*" is not ready/, 'store', 'STORE_REFUSED'],
  [/invalid (API url|project ID format|default region format)/, 'store', 'STORE_REFUSED'],
  [/invalid argument\(s\): region/, 'store', 'STORE_REGION'],
  [/API key is expired|resource .* expired/, 'key', 'KEY_EXPIRED'],
  [/denied authentication/, 'key', 'KEY_UNKNOWN'],
  [/insufficient permissions: list secret\b/, 'key', 'LISTING_REFUSED'],
  [/insufficient permissions/, 'key', 'READING_REFUSED'],
  [/http error 429|too many requests/i, 'scaleway', 'SCALEWAY_BUSY'],
  [/http error 5\d\d/, 'scaleway', 'SCALEWAY_BROKEN'],
  [/error executing request|deadline exceeded/, 'scaleway', 'SCALEWAY_UNREACHABLE'],
  [/key has invalid character/, 'value', 'VALUE_NAME_UNFIT'],
  [/map has no entry for key "/, 'value', 'BUNDLE_KEY_MISSING'],
  [/invalid JSON format|invalid character|of type map\[|end of JSON input/, 'value', 'VALUE_NOT_JSON'],
  [/Secret does not exist/, 'remote'],
  [/resource \S+ with ID \S+ is locked/, 'remote', 'REMOTE_LOCKED'],
  [/owned by another ExternalSecret/, 'target', 'TARGET_OF_OTHER'],
  [/already owned by another|take ownership/, 'target', 'TARGET_CONTROLLED'],
  [/is immutable/, 'target', 'TARGET_IMMUTABLE'],
]
