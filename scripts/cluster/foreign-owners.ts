import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import type { Kind, KubernetesObject, OwnerReference } from '../kubernetes/kinds.ts'

/** An object with a pod template, as far as that is said here. */
interface WithTemplate extends KubernetesObject {
  readonly spec?: { readonly template?: { readonly spec?: object } }
}

export interface ForeignOwner<T> {
  readonly kind: Kind
  readonly object: T
}

/**
 * The owners of objects, of kinds that we do not list, that have a pod template at `spec.template`, as Argo's Rollout: what makes
 * the pods is changed there. Of an owner with an owner of that kind it is the upper one. Each is asked for once.
 *
 * @returns one per given object; undefined where it has no such owner, or where that may not be read
 */
export async function foreignOwners<T extends WithTemplate>(
  client: Pick<ClusterReader, 'get' | 'kindNamed'>,
  namespace: string,
  objects: readonly KubernetesObject[],
  signal?: AbortSignal,
): Promise<(ForeignOwner<T> | undefined)[]> {
  const asked = new Map<string, Promise<ForeignOwner<T> | undefined>>()
  const ownerOf = async ({ metadata }: KubernetesObject): Promise<ForeignOwner<T> | undefined> => {
    const owner = controllerOf(metadata.ownerReferences)
    if (!owner) return undefined
    const key = `${owner.apiVersion} ${owner.kind} ${owner.name}`
    const answer = asked.get(key) ?? readOwner<T>(client, namespace, owner, signal)
    asked.set(key, answer)
    const found = await answer
    return found && ((await ownerOf(found.object)) ?? found)
  }
  return Promise.all(objects.map(ownerOf))
}

// --- internal ---

function controllerOf(owners: readonly OwnerReference[] = []): OwnerReference | undefined {
  return owners.find(({ controller }) => controller === true)
}

async function readOwner<T extends WithTemplate>(
  client: Pick<ClusterReader, 'get' | 'kindNamed'>,
  namespace: string,
  { apiVersion, kind: name, name: named }: OwnerReference,
  signal?: AbortSignal,
): Promise<ForeignOwner<T> | undefined> {
  try {
    const kind = await client.kindNamed(apiVersion, name, signal)
    // A node owns its static pods, and has no template.
    if (!kind?.namespaced) return undefined
    const object = await client.get<T>(kind, { namespace, name: named }, signal)
    return object?.spec?.template?.spec ? { kind, object } : undefined
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}
