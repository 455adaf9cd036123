import { readKnownKeys } from '../../cluster/known-keys.ts'
import { readPodTemplates } from '../../cluster/pod-templates.ts'
import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import { groupBy } from '../../lib/group.ts'
import { compare, type Problem } from '../../lib/problems.ts'
import { shortList } from '../../lib/short-list.ts'
import { type EnvironmentModel, type ExternalSecretModel, type TierModel, targetKeys } from '../../model/resolve.ts'
import { type KeyDestination, keyDestination, keysOfSpec, type LiveExternalSecret, liveOf } from './key-destination.ts'
import { lossByRemoval, type Reader, readersText } from './target-readers.ts'

/** A key that a deployment takes out of a target which stays. */
export interface RemovedKey {
  readonly namespace: string
  /** Name of the Secret. */
  readonly target: string
  readonly key: string
  /** Undefined: the catalogue has nothing like it. */
  readonly destination: KeyDestination | undefined
  /** Those that miss it. Undefined: they may not be read. */
  readonly readers: readonly Reader[] | undefined
}

type Client = Pick<ClusterReader, 'get' | 'list' | 'kindNamed'>

/**
 * Keys that targets hold now and that the catalogue does not have in them, with the workloads that get them now and would not
 * afterwards.
 *
 * @param live ExternalSecrets as they are now: a target that may not be read has the keys of its ExternalSecret
 * @throws KubernetesError for what may not be read, besides Secrets and workloads
 */
export async function readRemovedKeys(
  client: Client,
  model: Pick<EnvironmentModel, 'tiers'>,
  live: readonly LiveExternalSecret[],
  signal?: AbortSignal,
): Promise<RemovedKey[]> {
  const all = await Promise.all(
    model.tiers.map(async (tier) => {
      const targets = await Promise.all(
        tier.externalSecrets.map(async ({ name }) => ({
          name,
          keys: await heldKeys(client, tier, name, live, signal),
        })),
      )
      const losing = tier.externalSecrets.flatMap((target) => {
        const held = targets.find(({ name }) => name === target.name)?.keys ?? []
        const gone = notIn(target, held)
        return gone.length > 0 ? [{ target: target.name, gone }] : []
      })
      if (losing.length === 0) return []
      const readersOf = await openReaders(client, tier, signal)
      return losing.flatMap(({ target, gone }) =>
        gone.map((key): RemovedKey => {
          const destination = keyDestination(model, tier, { target, key }, live)
          return { namespace: tier.namespace, target, key, destination, readers: readersOf?.({ target, key, gone }) }
        }),
      )
    }),
  )
  return all.flat()
}

/**
 * One problem for the keys of a target that end alike for the same readers. A warning where no reader misses them; and where
 * somebody has added them by hand to what was deployed, and all readers only got them along with the others.
 */
export function removedKeyProblems(
  removed: readonly RemovedKey[],
  isForeign: (key: RemovedKey) => boolean = () => false,
): Problem[] {
  const groups = groupBy(removed, (one) => {
    const { namespace, target, destination, readers } = one
    const { kind = 'none', place = '' } = destination ?? {}
    return [namespace, target, kind, kind === 'renamed' ? '' : place, isForeign(one), readersText(readers)].join(' ')
  })
  return [...groups.values()].map((members) => {
    const [first] = members as [RemovedKey, ...RemovedKey[]]
    const { namespace, target, readers = [] } = first
    const isRead = readers.some(({ optional }) => !optional || !isForeign(first))
    return {
      code: 'KEY_REMOVED',
      where: describeObject(kinds.secret, { namespace, name: target }),
      message: `will lose ${shortList(members.map(({ key }) => key))}: ${reasonOf(members)}; ${readersText(first.readers)}. Expected every key that is read to stay.`,
      fix: `${isRead ? `Change its readers first, or undo the change of the catalogue.` : 'Make sure that nothing reads it any more.'} To accept it: --accept-removals.`,
      ...(isRead ? {} : { severity: 'warning' as const }),
    }
  })
}

// --- internal ---

function notIn(target: ExternalSecretModel, held: readonly string[]): string[] {
  const wanted = new Set(targetKeys(target))
  return held.filter((key) => !wanted.has(key)).sort(compare)
}

async function heldKeys(
  client: Client,
  tier: TierModel,
  name: string,
  live: readonly LiveExternalSecret[],
  signal?: AbortSignal,
): Promise<string[]> {
  try {
    const secret = await client.get<SecretObject>(kinds.secret, { namespace: tier.namespace, name }, signal)
    return Object.keys(secret?.data ?? {})
  } catch (error) {
    if (!isForbidden(error)) throw error
    const own = liveOf(live, tier, name)
    return own ? keysOfSpec(own) : []
  }
}

/** Who misses a key that a target loses. Undefined: the workloads may not be read. */
async function openReaders(client: Client, tier: TierModel, signal?: AbortSignal) {
  const templates = await readPodTemplates(client, tier.namespace, signal).catch((error: unknown) => {
    if (!isForbidden(error)) throw error
    return undefined
  })
  if (!templates) return undefined
  const alive = templates.filter(({ isOver }) => !isOver)
  const outlines = alive.map(({ outline }) => outline)
  const after = await readKnownKeys(client, tier, outlines, signal)
  return (place: Parameters<typeof lossByRemoval>[1]): Reader[] =>
    alive.flatMap(({ kind, name, outline }) => {
      const loss = lossByRemoval(outline, place, after)
      return loss === 'nothing' ? [] : [{ workload: `${kind}/${name}`, optional: loss === 'starts-without' }]
    })
}

function reasonOf(members: readonly RemovedKey[]): string {
  const { destination } = members[0] as RemovedKey
  if (!destination) return `the catalogue has no such ${members.length === 1 ? 'entry' : 'entries'} any more`
  const { kind, place } = destination
  if (kind === 'renamed') return shortList(members.map((one) => `${one.key} becomes ${one.destination?.place}`))
  return kind === 'target' ? `afterwards in ${place}` : `afterwards in another tier, ${place}`
}
