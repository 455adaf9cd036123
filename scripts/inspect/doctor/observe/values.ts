import { isRecord } from '../../../lib/record.ts'
import { decodeUtf8 } from '../../../lib/utf8.ts'
import type { RemoteSecretModel } from '../../../model/resolve.ts'
import { type ValueFault, valueFaults } from '../../../payload/value-faults.ts'
import { type Answer, ask } from '../../../scaleway/answer.ts'
import type { ScalewayReader } from '../../../scaleway/connection.ts'
import { readFaults, type ValueRef } from '../../survey/remote-value.ts'

/** Why a value can't arrive whole. */
export interface BlockingFault extends ValueFault {
  readonly code: Exclude<ValueFault['code'], 'VALUE_MISFIT'>
}

/** What keeps a value from arriving; a refusal to have it read is an answer too. */
export function faultsOf(
  account: ScalewayReader,
  region: string,
  remote: RemoteSecretModel,
  value: ValueRef,
): Promise<Answer<readonly BlockingFault[]>> {
  return ask(account, (as) => readFaults(as, region, remote, value, blocking))
}

// --- internal ---

/** A value that does not fit its format arrives all the same, and so do numbers that JavaScript can't write back. */
function blocking(remote: RemoteSecretModel, bytes: Buffer): BlockingFault[] {
  return valueFaults(remote, bytes).flatMap(({ code, ...fault }): BlockingFault[] => {
    if (code === 'VALUE_MISFIT') return []
    if (code !== 'VALUE_NOT_JSON') return [{ ...fault, code }]
    return isJsonObject(bytes) ? [] : [{ ...fault, code, message: 'is not a JSON object' }]
  })
}

function isJsonObject(bytes: Buffer): boolean {
  try {
    return isRecord(JSON.parse(decodeUtf8(bytes) ?? ''))
  } catch {
    return false
  }
}
