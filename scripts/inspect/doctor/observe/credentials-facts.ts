import { isLeftToController } from '../../../cluster/sealed-takeover.ts'
import type { SecretObject } from '../../../kubernetes/kinds.ts'
import { credentialKeys } from '../../../model/names.ts'
import { isWellFormed, type KeyPair, looksLikeKey } from '../../../scaleway/api-key.ts'

/** The credentials Secret of a tier as it is stored. Secret: never printed. */
export interface CredentialsFacts {
  /** Names of its keys, as they may be shown. */
  readonly names: readonly string[]
  /** The two halves as they are, white space included; undefined: there is no such key. */
  readonly accessKey: string | undefined
  readonly secretKey: string | undefined
  /** The names under which two well-formed halves are stored, perhaps with white space around them: these names may be shown. */
  readonly halves: KeyPair | undefined
  /** The sealed-secrets controller writes it, where a SealedSecret has its name. */
  readonly isLeftToController: boolean
}

export function credentialsFacts(secret: SecretObject): CredentialsFacts {
  const { data = {} } = secret
  const values = Object.entries(data).map(
    ([name, text]) => [name, Buffer.from(text, 'base64').toString('utf8')] as const,
  )
  const stored = (name: string) => values.find(([one]) => one === name)?.[1]
  const named = (half: keyof KeyPair) => {
    const wanted = credentialKeys[half]
    const fitting = values
      .filter(([name, value]) => looksLikeKey(half, value.trim()) && shown(name) === name)
      .map(([name]) => name)
    return fitting.includes(wanted) ? wanted : fitting.length === 1 ? fitting[0] : undefined
  }
  const [accessName, secretName] = [named('accessKey'), named('secretKey')]
  return {
    names: values.map(([name]) => shown(name)).sort(),
    accessKey: stored(credentialKeys.accessKey),
    secretKey: stored(credentialKeys.secretKey),
    halves:
      accessName === undefined || secretName === undefined
        ? undefined
        : { accessKey: accessName, secretKey: secretName },
    isLeftToController: isLeftToController(secret),
  }
}

/** The key, when it is well-formed. */
export function usableKey({ accessKey = '', secretKey = '' }: CredentialsFacts): KeyPair | undefined {
  const pair = { accessKey, secretKey }
  return isWellFormed(pair) ? pair : undefined
}

// --- internal ---

/** A key may have been put where its name belongs. */
function shown(name: string): string {
  const isKey = looksLikeKey('accessKey', name) || looksLikeKey('secretKey', name)
  return isKey || name.length > 40 ? '…' : name
}
