import type { ClusterReader } from '../kubernetes/client.ts'
import { isForbidden } from '../kubernetes/errors.ts'
import { type KubernetesObject, kinds } from '../kubernetes/kinds.ts'
import { type TierModel, targetKeys } from '../model/resolve.ts'
import type { KnownKeys } from './container-variables.ts'
import type { ObjectName, PodOutline } from './pod-outline.ts'

/** What the catalogue alone tells of a namespace: the keys of its targets. Pure. */
export function cataloguedKeys(tier: TierModel): KnownKeys {
  const targets = new Map(tier.externalSecrets.map((target) => [target.name, targetKeys(target)]))
  return { keysOf: ({ kind, name }) => (kind === 'Secret' ? targets.get(name) : undefined) }
}

/**
 * What is known of the keys that some pods get. The targets of a tier have the keys of the catalogue, whatever they hold now; of
 * other objects the keys are read where they may take the place of something. Values are not kept, and what may not be read
 * is unknown.
 */
export async function readKnownKeys(
  client: Pick<ClusterReader, 'get'>,
  tier: TierModel,
  outlines: readonly PodOutline[],
  signal?: AbortSignal,
): Promise<KnownKeys> {
  const catalogued = cataloguedKeys(tier)
  const objects = outlines.flatMap(uncertain).filter((object) => catalogued.keysOf(object) === undefined)
  const byPlace = new Map(objects.map((object) => [placeOf(object), object]))
  const read = [...byPlace].map(async ([place, object]) => {
    return [place, await readKeys(client, tier.namespace, object, signal)] as const
  })
  const found = new Map(await Promise.all(read))
  return { keysOf: (object) => catalogued.keysOf(object) ?? found.get(placeOf(object)) }
}

// --- internal ---

interface KeyedObject extends KubernetesObject {
  readonly data?: Readonly<Record<string, string>>
}

/** Whose keys decide which variables there are. */
function uncertain({ containers }: PodOutline): ObjectName[] {
  return containers.flatMap(({ envFrom, env }) => [
    ...envFrom.map(({ object }) => object),
    ...env.flatMap(({ from }) => (from.type === 'key' && from.optional ? from.object : [])),
  ])
}

async function readKeys(
  client: Pick<ClusterReader, 'get'>,
  namespace: string,
  { kind, name }: ObjectName,
  signal?: AbortSignal,
): Promise<readonly string[] | 'absent' | undefined> {
  try {
    const resource = kind === 'Secret' ? kinds.secret : kinds.configMap
    const object = await client.get<KeyedObject>(resource, { namespace, name }, signal)
    return object ? Object.keys(object.data ?? {}) : 'absent'
  } catch (error) {
    if (isForbidden(error)) return undefined
    throw error
  }
}

function placeOf({ kind, name }: ObjectName): string {
  return `${kind}/${name}`
}
