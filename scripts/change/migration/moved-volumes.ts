import type { SourcesSpec } from '../../cluster/pod-outline.ts'
import { notHere, type SecretPlaces } from './secret-places.ts'

export interface MovedVolumes {
  /** Volumes that name the old Secret, with the targets in its place; a patch merges volumes by name. */
  readonly patch: readonly object[]
  readonly notes: readonly string[]
}

/** Pure. */
export function movedVolumes(places: SecretPlaces, volumes: SourcesSpec['volumes'] = []): MovedVolumes {
  const moved = (volumes as readonly Volume[]).flatMap((volume) => movedVolume(places, volume) ?? [])
  return { patch: moved.map(({ patch }) => patch), notes: moved.flatMap(({ notes }) => notes) }
}

// --- internal ---

interface Item {
  readonly key: string
  readonly path?: string
  readonly mode?: number
}

interface Source {
  readonly name?: string
  readonly items?: readonly Item[]
  readonly optional?: boolean
}

interface Volume {
  readonly name?: string
  readonly secret?: Omit<Source, 'name'> & { readonly secretName?: string; readonly defaultMode?: number }
  readonly projected?: { readonly defaultMode?: number; readonly sources?: readonly { readonly secret?: Source }[] }
}

/** Files of two targets in one folder need a projected volume. */
function movedVolume(places: SecretPlaces, { name, secret, projected }: Volume) {
  const { oldSecret } = places
  if (secret?.secretName === oldSecret) {
    const { sources, notes } = movedSource(places, secret)
    const mode = secret.defaultMode === undefined ? {} : { defaultMode: secret.defaultMode }
    return { patch: { name, secret: null, projected: { ...mode, sources } }, notes }
  }
  if (!projected?.sources?.some((source) => source.secret?.name === oldSecret)) return undefined
  const moved = projected.sources.map((source) => {
    return source.secret?.name === oldSecret
      ? movedSource(places, source.secret)
      : { sources: [source], notes: [] as string[] }
  })
  const sources = moved.flatMap((one) => one.sources)
  return { patch: { name, projected: { sources } }, notes: moved.flatMap(({ notes }) => notes) }
}

function movedSource(places: SecretPlaces, { items, optional }: Source) {
  const { targets, byKey } = places
  const wanted = items ?? renamedItems(places)
  const sources = targets.flatMap((target) => {
    const own = wanted?.filter(({ key }) => byKey.get(key)?.target === target)
    if (own?.length === 0) return []
    const list = own?.map(({ key, path, mode }) => ({
      key: byKey.get(key)?.newKey ?? key,
      path: path ?? key,
      ...(mode === undefined ? {} : { mode }),
    }))
    const isOptional = target.optional || optional === true
    return [
      { secret: { name: target.name, ...(list ? { items: list } : {}), ...(isOptional ? { optional: true } : {}) } },
    ]
  })
  const notes = (items ?? []).filter(({ key }) => !byKey.has(key)).map(({ key }) => notHere(places, key))
  return { sources, notes }
}

/** A volume with all keys keeps every file that the workload reads under its old name. */
function renamedItems({ targets, byKey }: SecretPlaces): readonly Item[] | undefined {
  const isAsBefore = targets.every(({ isWhole }) => isWhole) && [...byKey].every(([key, { newKey }]) => key === newKey)
  return isAsBefore ? undefined : [...byKey].flatMap(([key, { isRead }]) => (isRead ? { key } : []))
}
