import { writeCredentials } from '../../cluster/credentials-secret.ts'
import { ensureNamespace } from '../../cluster/namespaces.ts'
import type { KubernetesClient } from '../../kubernetes/client.ts'
import type { EnvironmentModel } from '../../model/resolve.ts'
import type { TierKey } from './seed-account.ts'

/**
 * Creates the namespace of each tier, marked so that Helm adopts it, and the credentials Secret in it. The keys are
 * there before the stores, so that nothing has to be retried.
 */
export async function writeTierCredentials(
  client: KubernetesClient,
  model: EnvironmentModel,
  keys: ReadonlyMap<string, TierKey>,
): Promise<void> {
  await Promise.all(
    model.tiers.map(async (tier) => {
      const key = keys.get(tier.name)
      if (!key) return
      await ensureNamespace(client, model, tier)
      await writeCredentials(client, tier, key)
    }),
  )
}
