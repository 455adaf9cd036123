import type { KubernetesClient } from '../kubernetes/client.ts'
import { kinds, type ObjectMeta } from '../kubernetes/kinds.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'

type NamespaceClient = Pick<KubernetesClient, 'get' | 'apply'>

/** Creates the namespace of a tier when there is none, marked so that Helm adopts it. */
export function ensureNamespace(
  client: NamespaceClient,
  { release }: Pick<EnvironmentModel, 'release'>,
  { namespace }: Pick<TierModel, 'namespace'>,
  signal?: AbortSignal,
): Promise<void> {
  return create(client, namespace, helmOwnership(release), signal)
}

/** What Helm checks before it adopts an existing object. Source: Helm, adopt existing resources. */
export function helmOwnership({
  name,
  namespace,
}: EnvironmentModel['release']): Required<Pick<ObjectMeta, 'labels' | 'annotations'>> {
  return {
    labels: { 'app.kubernetes.io/managed-by': 'Helm' },
    annotations: { 'meta.helm.sh/release-name': name, 'meta.helm.sh/release-namespace': namespace },
  }
}

/** The same for the namespace of the Helm release, which is in no release itself: commands keep their journals there. */
export function ensureReleaseNamespace(
  client: NamespaceClient,
  { release }: Pick<EnvironmentModel, 'release'>,
  signal?: AbortSignal,
): Promise<void> {
  return create(client, release.namespace, {}, signal)
}

// --- internal ---

async function create(
  client: NamespaceClient,
  name: string,
  metadata: Pick<ObjectMeta, 'labels' | 'annotations'>,
  signal: AbortSignal | undefined,
): Promise<void> {
  if (await client.get(kinds.namespace, { name }, signal)) return
  await client.apply(kinds.namespace, { name }, { metadata: { name, ...metadata } }, signal ? { signal } : {})
}
