import { decodeUtf8 } from '../lib/utf8.ts'
import { checkValue, doubtValue } from '../model/formats.ts'
import { maxPayloadBytes } from '../model/remote-secret.ts'
import type { RemoteSecretModel } from '../model/resolve.ts'
import type { SecretSpec } from '../model/types.ts'
import { readPayload } from './payload.ts'

/** What is wrong with a value, without any part of it. */
export interface ValueFault {
  /** The entries it is wrong for. */
  readonly specs: readonly SecretSpec[]
  readonly code:
    | 'VALUE_TOO_LARGE'
    | 'VALUE_NOT_TEXT'
    | 'VALUE_NOT_JSON'
    | 'VALUE_NAME_UNFIT'
    | 'VALUE_MISSING'
    | 'VALUE_MISFIT'
    /** It fits its format, and is probably not the one that is meant. */
    | 'VALUE_DOUBTFUL'
  /** `is 3 bytes long, more than 2`: completes the name of the entry, without a final period. */
  readonly message: string
  /** Completes "Expected …". Default: the formats of the entries */
  readonly expected?: string
  /** The field is `null`: it arrives, as an empty text. */
  readonly isNull?: true
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
  // The operator finds fields in much that is not JSON; what it finds there is judged like any other.
  const lacking = specs.filter((spec) => payload.valueOf(spec) === undefined)
  const isLacking = shape === 'bundle' || lacking.some((spec) => !payload.isNull(spec))
  if (!payload.isReadable && isLacking)
    return [of('VALUE_NOT_JSON', 'is not a JSON object', shape === 'bundle' ? specs : lacking)]
  const unfit = 'has a name in its JSON that no key of a Secret can have, so that the operator refuses all of it'
  const refused = payload.hasUnfitKey ? [of('VALUE_NAME_UNFIT', unfit)] : []
  const own = specs.flatMap((spec): ValueFault[] => {
    const value = payload.valueOf(spec)
    if (value === undefined) {
      const field = shape === 'bundle' ? spec.variable : (spec.property ?? []).join('.')
      if (!payload.isNull(spec)) return [of('VALUE_MISSING', `has no field "${field}" in its JSON`, [spec])]
      const message = `has null in the field "${field}" of its JSON, which the operator delivers as an empty text`
      return [{ ...of('VALUE_MISSING', message, [spec]), isNull: true }]
    }
    const misfit = checkValue(spec.format, value)
    if (misfit !== undefined) return [of('VALUE_MISFIT', misfit, [spec])]
    return doubtValue(spec.format, value).map(({ fact, expected }) => {
      return { ...of('VALUE_DOUBTFUL', fact, [spec]), expected }
    })
  })
  return [...refused, ...own]
}
