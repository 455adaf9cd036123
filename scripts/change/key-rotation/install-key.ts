import { readCredentials } from '../../cluster/credentials-secret.ts'
import { ensureNamespace } from '../../cluster/namespaces.ts'
import { ProblemError } from '../../lib/problems.ts'
import { describeKey, type KeyPair } from '../../scaleway/api-key.ts'
import { aloneWithKey, isWriteRefused, refuseOtherPlace, rewrite } from './credentials-claim.ts'
import type { TierContext } from './key-rotation-context.ts'
import { syncProblems } from './prove-key.ts'

/** Whether a key is in the credentials Secret. Unknown: the answer to the write was lost, and it may still be stored. */
export type IsWritten = boolean | 'unknown'

/**
 * Writes a key that was probed, and makes the operator use it: nothing watches a credentials Secret.
 *
 * @param onWritten called whenever this changes; before the first call it is not written
 * @throws ProblemError `NOT_SYNCED`, with the key written; or as `refuseOtherPlace` and `aloneWithKey`
 */
export async function installKey(
  context: TierContext,
  key: KeyPair,
  onWritten: (isWritten: IsWritten) => void = () => undefined,
): Promise<void> {
  await refuseOtherPlace(context)
  await ensureNamespace(context.client, context.model, context.tier, context.signal)
  await aloneWithKey(context, async (context) => {
    const { client, tier, signal, log } = context
    const stored = await readCredentials(client, tier, signal)
    if (stored?.rotation?.phase === 'written') {
      const previous = stored.rotation.previousAccessKey
      const left =
        previous === undefined ? '' : `; ${describeKey({ accessKey: previous })} stays valid; delete it yourself`
      log(`an interrupted rotation is dropped in favour of the key you give${left}`)
    }
    onWritten('unknown')
    try {
      await rewrite(context, key, { without: stored?.otherKeys ?? [] })
    } catch (error) {
      if (isWriteRefused(error)) onWritten(false)
      throw error
    }
    onWritten(true)
    log(`wrote ${describeKey(key)} to Secret ${tier.namespace}/${tier.credentialsSecret}`)
    const problems = await syncProblems(context)
    if (problems.length > 0) throw new ProblemError(problems)
  })
}
