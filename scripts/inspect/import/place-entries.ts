import { commandLine } from '../../lib/command-line.ts'
import { groupBy } from '../../lib/group.ts'
import { compare } from '../../lib/problems.ts'
import type { TierPart } from './assign-tiers.ts'
import { type Leftover, variablesFile } from './facts.ts'
import { type RemotePlace, remotePlace, scalewayName } from './remote-refs.ts'
import type { NamedKey } from './variable-names.ts'

/** A variable of a tier in one environment, and the remote secret that it has in the catalogue. */
export interface PlacedEntry extends NamedKey {
  readonly environment: string
  readonly part: TierPart
  readonly remoteName: string
  /** Of a bundle: the name of the remote secret. */
  readonly identity?: string
  readonly property?: readonly string[]
}

export interface Placed {
  readonly folder: string
  readonly entries: readonly PlacedEntry[]
  readonly leftovers: readonly Leftover[]
}

type Named = NamedKey & { readonly environment: string; readonly part: TierPart }

/** What other tiers have: a folder and an identity belong to one tier. */
export interface Taken {
  readonly folders: readonly string[]
  readonly identities: ReadonlySet<string>
  /** There are none. */
  readonly isOnly: boolean
}

/** The folder of a tier and the name of each remote secret in it. Where references tell neither, the convention does. */
export function placeEntries(convention: string, taken: Taken, keys: readonly Named[]): Placed {
  const leftovers: Leftover[] = []
  const told = keys.flatMap((key): Told[] => {
    const place = placeOf(key)
    if (place) return [{ key, place }]
    leftovers.push(fieldUnsupported(key))
    return []
  })
  const folder = folderOf(told, taken.folders) ?? convention
  const names = remoteNames(told)
  const shapes = groupBy(told, remoteId)
  const entries = told.map((one): PlacedEntry => {
    const { key, place } = one
    const same = (shapes.get(remoteId(one)) ?? []).filter((other) => other.key.environment === key.environment)
    const remoteName = names.get(remoteId(one)) ?? hyphened(key.variable)
    const moved = reasonOfMove(one, folder)
    if (moved !== undefined) leftovers.push(toMove(key, `${folder}/${remoteName}`, moved, taken))
    const isBundle = isWholeBundle(same) && !taken.identities.has(remoteName)
    if (isBundle) return { ...key, identity: remoteName, remoteName: hyphened(key.variable) }
    const property = place.property ?? (key.source?.isBundled ? [key.valueName ?? key.key] : undefined)
    return { ...key, remoteName, ...(property === undefined ? {} : { property }) }
  })
  return { folder, entries, leftovers }
}

// --- internal ---

interface Told {
  readonly key: Named
  readonly place: RemotePlace
}

const unstored: RemotePlace = {
  folder: undefined,
  segments: [],
  property: undefined,
  moved: 'somebody wrote the value into the Secret',
}

function placeOf({ source }: Named): RemotePlace | undefined {
  return source === undefined ? unstored : remotePlace(source.provider, source.ref)
}

/** One remote secret: all that is read of it has the same. */
function remoteId({ key: { source, variable } }: Told): string {
  return source === undefined ? `\0${variable}` : `${source.provider} ${source.ref.key}`
}

/** The folder that most references name, unless it is the root or another tier's. */
function folderOf(told: readonly Told[], taken: readonly string[]): string | undefined {
  const counts = groupBy(
    told.filter(({ place }) => place.folder !== undefined && place.folder !== '/'),
    ({ place }) => place.folder ?? '',
  )
  const isApart = (folder: string) =>
    taken.every((other) => !`${folder}/`.startsWith(`${other}/`) && !`${other}/`.startsWith(`${folder}/`))
  const [most] = [...counts].filter(([folder]) => isApart(folder)).sort(([, a], [, b]) => b.length - a.length)
  return most?.[0]
}

/**
 * Names of remote secrets: the last part of a reference, and as many parts before it as make it differ from the others of its
 * environment. Environments have projects of their own: `dev/db` of one and `prod/db` of another have one name.
 */
function remoteNames(told: readonly Told[]): ReadonlyMap<string, string> {
  const places = new Map(told.map((one) => [remoteId(one), one]))
  const environments = [...groupBy(told, ({ key }) => key.environment).values()].map(
    (own) => new Set(own.map(remoteId)),
  )
  const name = ({ key, place: { segments } }: Told, parts: number) =>
    segments.length === 0 ? hyphened(key.variable) : scalewayName(segments.slice(-parts)) || hyphened(key.variable)
  let names = new Map([...places].map(([id, one]) => [id, name(one, 1)]))
  for (let parts = 2; parts <= 8; parts++) {
    const before = names
    const repeated = new Set(
      environments.flatMap((ids) =>
        [...groupBy([...ids], (id) => before.get(id) ?? '').values()].filter((same) => same.length > 1).flat(),
      ),
    )
    names = new Map([...places].map(([id, one]) => [id, repeated.has(id) ? name(one, parts) : (before.get(id) ?? '')]))
  }
  return apart(names, environments, (id) => places.get(id)?.place.segments.length === 0)
}

/** Values that have no place yet get a name that nothing else of their environment has: `A_B` and `a_b` are `a-b` both. */
function apart(
  names: ReadonlyMap<string, string>,
  environments: readonly ReadonlySet<string>[],
  isFree: (id: string) => boolean,
): ReadonlyMap<string, string> {
  const found = new Map([...names].filter(([id]) => !isFree(id)))
  for (const id of [...names.keys()].filter(isFree).sort(compare)) {
    const others = environments.filter((ids) => ids.has(id)).flatMap((ids) => [...ids])
    const taken = new Set(others.flatMap((other) => (other === id ? [] : (found.get(other) ?? []))))
    const name = names.get(id) ?? ''
    let own = name
    for (let count = 2; taken.has(own); count++) own = `${name}-${count}`
    found.set(id, own)
  }
  return found
}

/** All that is read of a remote secret are fields under their own names, and all are needed or none is. */
function isWholeBundle(same: readonly Told[]): boolean {
  return (
    same.every(({ key }) => key.source?.isBundled && (key.valueName ?? key.key) === key.variable) &&
    new Set(same.map(({ key }) => key.targetName)).size === 1 &&
    new Set(same.map(({ key }) => key.leavesOutMissing)).size === 1
  )
}

function reasonOfMove({ place }: Told, folder: string): string | undefined {
  if (place.moved !== undefined) return place.moved
  return place.folder === folder ? undefined : `it is in the folder ${place.folder}, and a tier has one folder`
}

/** `DATABASE_URL` as a name in Scaleway: `database-url`. */
function hyphened(variable: string): string {
  return (
    scalewayName([
      variable
        .replace(/([a-z])([A-Z])/g, '$1-$2')
        .replaceAll('_', '-')
        .toLowerCase(),
    ]) || 'value'
  )
}

function toMove(key: Named, to: string, why: string, taken: Taken): Leftover {
  const from = key.source?.ref.key ?? (key.isFile ? key.target : `Secret ${key.target}`)
  return {
    code: 'VALUE_MOVES',
    where: key.where,
    what: `${key.variable} from ${from} to path:${to}`,
    why: key.isFile ? `its value is in ${key.target === variablesFile ? 'a file of values' : 'a file'}` : why,
    todo: howToCopy(key, taken),
  }
}

function howToCopy({ environment, namespace, target, variable, key, isFile, part }: Named, { isOnly }: Taken): string {
  if (!isFile) {
    // Of a Secret that tiers share, each name is one value; that of one tier may have a name that others have too.
    const tier = isOnly || part.isShared ? [] : ['--tier', part.tier]
    // Keys that nobody reads stay behind.
    const options = [...tier, '--from-secret', `${namespace || 'default'}/${target}`, '--ignore-unknown']
    return `Copy it with \`${commandLine`fill --environment ${environment} ${options}`}\`.`
  }
  if (target === variablesFile)
    return `Copy it with \`${commandLine`fill --environment ${environment} --from ${target}`}\`.`
  const fill = commandLine`fill --environment ${environment} --from ${`${variable}=@${key}`}`
  return `Copy it with \`${fill}\`, with the path of its file behind @.`
}

function fieldUnsupported({ variable, source, where }: Named): Leftover {
  return {
    code: 'FIELD_UNSUPPORTED',
    where,
    what: `${variable}: property ${source?.ref.property ?? ''}`,
    why: 'it is more than the name of a field',
    todo: 'Store the value as a field or a secret of its own, and add an entry for it.',
  }
}
