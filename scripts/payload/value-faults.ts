import { decodeUtf8 } from '../lib/utf8.ts'
import { checkValue } from '../model/formats.ts'
import { maxPayloadBytes } from '../model/remote-secret.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { readPayload } from './payload.ts'

/** What is wrong with a value, without any part of it. */
export interface ValueFault {
  /** The entries it is wrong for. */
  readonly specs: readonly SecretSpec[]
  readonly code: 'VALUE_TOO_LARGE' | 'VALUE_NOT_TEXT' | 'VALUE_NOT_JSON' | 'VALUE_MISSING' | 'VALUE_MISFIT'
  /** `is 3 bytes long, more than 2`: completes the name of the entry, without a final period. */
  readonly message: string
}

/**
 * What is wrong with a version of a remote secret: its size, its encoding, the JSON it has to be, the fields it has to
 * have, and the format of each value. Pure; no part of a value is in the result.
 *
 * @param bytes the payload. Secret
 */
export function valueFaults(remote: RemoteSecretModel, bytes: Buffer): ValueFault[] {
  const { shape, specs } = remote
  const of = (code: ValueFault['code'], message: string, concerned = specs): ValueFault => {
    return { specs: concerned, code, message }
  }
  if (bytes.length > maxPayloadBytes)
    return [of('VALUE_TOO_LARGE', `is ${bytes.length} bytes long, more than ${maxPayloadBytes}`)]
  if (decodeUtf8(bytes) === undefined) return [of('VALUE_NOT_TEXT', 'is not UTF-8')]
  const payload = readPayload(remote, bytes)
  if (!payload.isReadable)
    return [of('VALUE_NOT_JSON', 'is not a JSON object, or has numbers that JavaScript would change')]
  return specs.flatMap((spec) => {
    const value = payload.valueOf(spec)
    if (value === undefined) {
      const field = shape === 'bundle' ? spec.variable : (spec.property ?? []).join('.')
      return [of('VALUE_MISSING', `has no field "${field}" in its JSON`, [spec])]
    }
    const misfit = checkValue(spec.format, value)
    return misfit === undefined ? [] : [of('VALUE_MISFIT', misfit, [spec])]
  })
}
