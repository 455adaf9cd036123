import { readCredentials, writeCredentials } from '../../cluster/credentials-secret.ts'
import { ensureNamespace } from '../../cluster/namespaces.ts'
import { ProblemError } from '../../lib/problems.ts'
import { describeKey, type KeyPair } from '../../scaleway/api-key.ts'
import { aloneWithKey, refuseOtherPlace } from './credentials-claim.ts'
import type { TierContext } from './key-rotation-context.ts'
import { syncProblems } from './prove-key.ts'

/**
 * Writes a key that was probed, and makes the operator use it: nothing watches a credentials Secret.
 *
 * @throws ProblemError `NOT_SYNCED`, with the key written; or as `refuseOtherPlace` and `aloneWithKey`
 */
export async function installKey(context: TierContext, key: KeyPair): Promise<void> {
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
    await writeCredentials(client, tier, key, { without: stored?.otherKeys ?? [], signal })
    log(`wrote ${describeKey(key)} to Secret ${tier.namespace}/${tier.credentialsSecret}`)
    const problems = await syncProblems(context)
    if (problems.length > 0) throw new ProblemError(problems)
  })
}
