import type { KubernetesClient } from '../kubernetes/client.ts'
import { kinds } from '../kubernetes/kinds.ts'
import { credentialKeys } from '../model/names.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { TierKey } from './seed-account.ts'

/**
 * Creates the namespace of each tier, marked so that Helm adopts it, and the credentials Secret in it. The keys are
 * there before the stores, so that nothing has to be tried twice.
 */
export async function writeTierCredentials(
  client: KubernetesClient,
  model: EnvironmentModel,
  keys: ReadonlyMap<string, TierKey>,
): Promise<void> {
  await Promise.all(
    model.tiers.map(async ({ name, namespace, credentialsSecret }) => {
      const key = keys.get(name)
      if (!key) return
      await client.apply(
        kinds.namespace,
        { name: namespace },
        { metadata: { name: namespace, ...helmOwnership(model) } },
      )
      const metadata = { name: credentialsSecret, namespace }
      const data = {
        [credentialKeys.accessKey]: Buffer.from(key.accessKey).toString('base64'),
        [credentialKeys.secretKey]: Buffer.from(key.secretKey).toString('base64'),
      }
      await client.apply(kinds.secret, metadata, { metadata, data } as { metadata: typeof metadata })
    }),
  )
}

// --- internal ---

/** What Helm looks for before it takes an existing object into a release. Source: Helm, adopt existing resources. */
function helmOwnership({ release }: EnvironmentModel) {
  return {
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: {
      'meta.helm.sh/release-name': release.name,
      'meta.helm.sh/release-namespace': release.namespace,
    },
  }
}
