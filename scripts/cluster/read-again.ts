import type { ClusterReader, KubernetesClient } from '../kubernetes/client.ts'
import { isNotFound } from '../kubernetes/errors.ts'
import { kinds } from '../kubernetes/kinds.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { EventObject } from './external-secrets.ts'
import { forceRefresh, revalidateStore } from './refresh.ts'
import { type Before, syncOf, versionOf, warningsIn } from './sync-view.ts'

/**
 * Makes the operator read every secret of an environment again at once: after a failure it would pause for up to seven minutes, and
 * otherwise until the next refresh.
 *
 * @throws KubernetesError when it may not be done
 */
export async function readAgain(
  client: Pick<KubernetesClient, 'get' | 'list' | 'mergePatch'>,
  model: Pick<EnvironmentModel, 'tiers'>,
  signal?: AbortSignal,
): Promise<Before> {
  const options = signal ? { signal } : {}
  const seen = await Promise.all(
    model.tiers.map(async (tier) => {
      await revalidateStore(client, tier, options)
      const warnings = await listWarnings(client, tier.namespace, signal)
      const refs = tier.externalSecrets.map(({ name }) => ({ namespace: tier.namespace, name }))
      const objects = await Promise.all(refs.map((ref) => forceRefresh(client, ref, signal).catch(ifAbsent)))
      return { warnings: warnings.map(versionOf), syncs: objects.flatMap((object) => (object && syncOf(object)) ?? []) }
    }),
  )
  return {
    warnings: new Set(seen.flatMap(({ warnings }) => warnings)),
    syncs: new Set(seen.flatMap(({ syncs }) => syncs)),
  }
}

// --- internal ---

/** Without the right to read events none is told later either. */
async function listWarnings(
  client: Pick<ClusterReader, 'list'>,
  namespace: string,
  signal?: AbortSignal,
): Promise<readonly EventObject[]> {
  const list = client.list<EventObject>(kinds.event, { ...warningsIn(namespace), ...(signal ? { signal } : {}) })
  const { items } = await list.catch(() => ({ items: [] }))
  signal?.throwIfAborted()
  return items
}

function ifAbsent(error: unknown): undefined {
  if (!isNotFound(error)) throw error
}
