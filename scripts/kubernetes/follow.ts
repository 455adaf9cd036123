import { pause } from '../lib/pause.ts'
import { timeLimit } from '../lib/signals.ts'
import type { ClusterReader, ListOptions } from './client.ts'
import { isNotFound, KubernetesError } from './errors.ts'
import type { Kind, KubernetesObject } from './kinds.ts'

/** The known objects of one kind in one place. */
export type FollowedState<Kept> =
  /** Complete; by name. */
  | { readonly state: 'seen'; readonly objects: ReadonlyMap<string, Kept> }
  /** The cluster has no such kind. */
  | { readonly state: 'kind-absent' }
  /** The connection was lost; it is tried again. */
  | { readonly state: 'lost'; readonly error: unknown }

export interface FollowOptions<T, Kept> extends ListOptions {
  readonly signal: AbortSignal
  /** The part of an object that is kept; the rest is dropped at once. */
  readonly keep: (object: T) => Kept
  /** Called after the first list, then at every change. */
  readonly onState: (view: FollowedState<Kept>) => void
}

/**
 * Follows objects for ever: a list, then a watch from where the list ended. A watch that the server ends continues from
 * its last event; after anything else (410 Gone, a broken connection, a refusal) the objects are listed again.
 *
 * @throws the error of the very first list; the signal's reason when aborted. Never returns.
 */
export async function follow<T extends KubernetesObject, Kept>(
  client: Pick<ClusterReader, 'list' | 'watch'>,
  kind: Kind,
  { keep, onState, ...place }: FollowOptions<T, Kept>,
): Promise<never> {
  const { signal } = place
  const objects = new Map<string, Kept>()
  let isFirst = true
  let failures = 0
  const list = async () => {
    const { items, resourceVersion } = await client.list<T>(kind, place)
    isFirst = false
    objects.clear()
    for (const item of items) objects.set(item.metadata.name, keep(item))
    onState({ state: 'seen', objects })
    return resourceVersion
  }
  const watch = async (from: string) => {
    let last = from
    using limit = timeLimit(watchMs, signal)
    const options = { ...place, signal: limit.signal, resourceVersion: from }
    for await (const { type, object } of client.watch<T>(kind, options)) {
      last = object.metadata.resourceVersion ?? last
      failures = 0
      if (type === 'BOOKMARK') continue
      if (type === 'DELETED') objects.delete(object.metadata.name)
      else objects.set(object.metadata.name, keep(object))
      onState({ state: 'seen', objects })
    }
    return last
  }
  for (let from: string | undefined; ; ) {
    const started = performance.now()
    try {
      from = await watch(from ?? (await list()))
      if (performance.now() - started >= steadyMs) failures = 0
    } catch (error) {
      signal.throwIfAborted()
      from = undefined
      const isAbsent = isNotFound(error)
      if (isFirst && !isAbsent) throw error
      isFirst = false
      if (isAbsent) onState({ state: 'kind-absent' })
      else if (!isGone(error)) onState({ state: 'lost', error })
    }
    const pauseMs = Math.min(maxPauseMs, 50 * 2 ** failures++)
    await pause(pauseMs, signal)
  }
}

// --- internal ---

/** A connection that was lost silently is noticed no later than this; the watch continues from its last event. */
const watchMs = 60_000
/** A watch that lasted this long worked. */
const steadyMs = 1_000
const maxPauseMs = 2_000

/** The server no longer has the events since then. */
function isGone(error: unknown): boolean {
  return error instanceof KubernetesError && error.status === 410
}
