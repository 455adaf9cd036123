import type { RemoteSecretModel } from '../../../model/resolve.ts'
import { type ValueFault, valueFaults } from '../../../payload/value-faults.ts'
import { type Answer, ask } from '../../../scaleway/answer.ts'
import type { ScalewayReader } from '../../../scaleway/connection.ts'
import { judgeRemote, type ValueRef } from '../../survey/remote-value.ts'

/** Why a value can't arrive whole. */
export interface BlockingFault extends ValueFault {
  readonly code: Exclude<ValueFault['code'], 'VALUE_MISFIT' | 'VALUE_DOUBTFUL'>
}

/** What keeps a value from arriving; a refusal to have it read is an answer too. */
export function faultsOf(
  account: ScalewayReader,
  region: string,
  remote: RemoteSecretModel,
  value: ValueRef,
): Promise<Answer<readonly BlockingFault[]>> {
  return ask(account, (as) => judgeRemote(as, region, remote, value, blocking))
}

// --- internal ---

/** A value that does not fit its format arrives all the same. */
function blocking(remote: RemoteSecretModel, bytes: Buffer): BlockingFault[] {
  return valueFaults(remote, bytes).flatMap(({ code, ...fault }): BlockingFault[] => {
    return code === 'VALUE_MISFIT' || code === 'VALUE_DOUBTFUL' ? [] : [{ ...fault, code }]
  })
}
