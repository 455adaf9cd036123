import { decodeUtf8 } from '../../../lib/utf8.ts'
import type { RemoteSecretModel } from '../../../model/resolve.ts'
import { type ValueFault, valueFaults } from '../../../payload/value-faults.ts'
import { type Answer, ask } from '../../../scaleway/answer.ts'
import type { ScalewayAccount } from '../../../scaleway/http.ts'
import type { ListedSecret } from '../../../scaleway/secrets.ts'
import { accessVersion } from '../../../scaleway/versions.ts'

/** What keeps a value from arriving whole. */
export interface BlockingFault extends ValueFault {
  readonly code: Exclude<ValueFault['code'], 'VALUE_MISFIT'>
}

/** The value itself goes no further. */
export function faultsOf(
  account: ScalewayAccount,
  region: string,
  remote: RemoteSecretModel,
  { id, revision }: { readonly id: string; readonly revision: number },
): Promise<Answer<readonly BlockingFault[]>> {
  return ask(account, async (as) => blocking(remote, await accessVersion(as, region, id, revision)))
}

/** A version that is ephemeral may be gone once it is read, and a locked one can't be. */
export function mayBeRead({ status, ephemeral_policy }: Pick<ListedSecret, 'status' | 'ephemeral_policy'>): boolean {
  return status !== 'locked' && ephemeral_policy == null
}

// --- internal ---

/** What does not fit its format arrives all the same, and so do numbers that JavaScript can't write back. */
function blocking(remote: RemoteSecretModel, bytes: Buffer): BlockingFault[] {
  return valueFaults(remote, bytes).flatMap(({ code, ...fault }): BlockingFault[] => {
    if (code === 'VALUE_MISFIT') return []
    if (code !== 'VALUE_NOT_JSON') return [{ ...fault, code }]
    return isJsonObject(bytes) ? [] : [{ ...fault, code, message: 'is no JSON object' }]
  })
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    const parsed: unknown = JSON.parse(decodeUtf8(bytes) ?? '')
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
  } catch {
    return false
  }
}
