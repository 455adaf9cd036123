import { targetState } from '../../../cluster/target.ts'
import type { SecretObject } from '../../../kubernetes/kinds.ts'
import { decodeUtf8 } from '../../../lib/utf8.ts'
import { maxPayloadBytes } from '../../../model/remote-secret.ts'

/** What is known about a target Secret. No value of it is kept. */
export interface TargetFacts {
  readonly keys: readonly string[]
  /** Its controller: `ExternalSecret` and a name, nearly always. */
  readonly controller?: { readonly kind: string; readonly name: string }
  readonly isImmutable: boolean
  readonly type: string
  /** Keys whose value is not UTF-8, contains the replacement character, or is too large for Scaleway: to be checked further. */
  readonly suspects: readonly string[]
}

export function targetFacts(secret: SecretObject & { readonly immutable?: boolean }): TargetFacts {
  const { keys, type } = targetState(secret)
  const controller = secret.metadata.ownerReferences?.find((owner) => owner.controller === true)
  const suspects = Object.entries(secret.data ?? {}).filter(([, text]) => isSuspect(Buffer.from(text, 'base64')))
  return {
    keys,
    type,
    ...(controller ? { controller: { kind: controller.kind, name: controller.name } } : {}),
    isImmutable: secret.immutable === true,
    suspects: suspects.map(([name]) => name),
  }
}

// --- internal ---

/** In a value that went through JSON or a template, bytes that are not UTF-8 became the replacement character. */
function isSuspect(bytes: Buffer): boolean {
  return bytes.length > maxPayloadBytes || (decodeUtf8(bytes)?.includes('\ufffd') ?? true)
}
