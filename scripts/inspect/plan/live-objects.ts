import type { ClusterReader } from '../../kubernetes/client.ts'
import { isNotFound } from '../../kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import type { ObjectChange } from './plan-objects.ts'

interface Sources {
  readonly client: Pick<ClusterReader, 'list'>
  readonly signal?: AbortSignal
}

/** Stores and ExternalSecrets of namespaces as they are now, whoever made them. */
export async function liveObjects(
  { client, signal }: Sources,
  namespaces: readonly string[],
): Promise<KubernetesObject[]> {
  const lists = namespaces.flatMap((namespace) =>
    reading.map(async (kind) => {
      const options = { namespace, ...(signal ? { signal } : {}) }
      const { items } = await client.list<KubernetesObject>(kind, options).catch((error: unknown) => {
        if (isNotFound(error)) return { items: [] }
        throw error
      })
      // The items of a list have no kind.
      return items.map((item) => ({ ...item, kind: kind.kind }))
    }),
  )
  return (await Promise.all(lists)).flat()
}

/** Those from which one of them is removed, such as that of a tier that is taken away. */
export function leftNamespaces(changes: readonly ObjectChange[]): string[] {
  const left = changes.filter(({ kind, action }) => action === 'remove' && reading.some((one) => one.kind === kind))
  return [...new Set(left.flatMap(({ namespace }) => namespace ?? []))]
}

/** Whether a deployment has to do with an object: others of the namespace cost the same before and after. */
export function isOfPlan(changes: readonly ObjectChange[]): (object: KubernetesObject) => boolean {
  return ({ kind, metadata: { namespace, name } }) =>
    changes.some((one) => one.kind === kind && one.namespace === namespace && one.name === name)
}

// --- internal ---

/** What has the operator ask Scaleway. */
const reading = [kinds.externalSecret, kinds.secretStore]
