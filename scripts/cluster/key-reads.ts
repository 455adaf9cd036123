import { type KnownKeys, variablesOf, withKeys } from './container-variables.ts'
import type { ContainerOutline, FilesOutline, MountOutline, PodOutline } from './pod-outline.ts'

/** How one container gets one key of a Secret. */
export interface KeyRead {
  readonly container: string
  readonly role: ContainerOutline['role']
  readonly secret: string
  readonly key: string
  readonly by: 'variable' | 'file'
  /** Of the variable, or the path of the file. */
  readonly name: string
  /** The container keeps what it got when it started: variables, files of a `subPath`, and whatever an init container made of files. */
  readonly isFixedAtStart: boolean
  /** What the container gets in its place: `an empty value`, `A of ConfigMap settings`. */
  readonly shadowedBy?: string
}

/** Every key of a Secret that the containers of a pod get, or that something else takes the place of. Pure. */
export function keyReads(outline: PodOutline, known: KnownKeys): KeyRead[] {
  return outline.containers.flatMap((container): KeyRead[] => {
    const { name, role } = container
    const of = { container: name, role }
    return [
      ...variablesOf(container, known).map((read) => {
        return { ...of, ...read, by: 'variable' as const, isFixedAtStart: true }
      }),
      ...filesOf(container, outline, known).map(({ isFixedAtStart, ...read }) => {
        return { ...of, ...read, by: 'file' as const, isFixedAtStart: isFixedAtStart || role === 'init' }
      }),
    ]
  })
}

/** Whether a read delivers a key. */
export function delivers({ secret, key, shadowedBy }: KeyRead, wanted: string, wantedKey: string): boolean {
  return shadowedBy === undefined && secret === wanted && key === wantedKey
}

/** The keys of a Secret that are delivered. */
export function deliveredKeys(reads: readonly KeyRead[], wanted: string): ReadonlySet<string> {
  const delivered = reads.filter(({ secret, shadowedBy }) => shadowedBy === undefined && secret === wanted)
  return new Set(delivered.map(({ key }) => key))
}

/** What happens to the pods of an outline when they start after something has gone away. */
export type Loss = 'nothing' | 'starts-without' | 'does-not-start'

/**
 * What happens to pods that start after a key of a Secret has gone away. Pure.
 *
 * @param known with the key
 */
export function lossOfKey(outline: PodOutline, secret: string, key: string, known: KnownKeys): Loss {
  const { containers, volumes, pullSecrets } = outline
  const isRequired =
    starting(containers).some(({ env }) =>
      env.some(({ from }) => {
        const isIt = from.type === 'key' && isSecret(from.object, secret) && from.key === key
        return isIt && !from.optional
      }),
    ) ||
    volumes.some(({ files }) =>
      files.some((one) => one.secret === secret && !one.optional && one.items?.some((item) => item.key === key)),
    )
  if (isRequired) return 'does-not-start'
  const reads = keyReads({ ...outline, containers: starting(containers) }, withKeys(known, secret, [key]))
  const isPull = pullSecrets.includes(secret) && pullKeys.includes(key)
  return isPull || reads.some((read) => delivers(read, secret, key)) ? 'starts-without' : 'nothing'
}

/** What happens to pods that start after a Secret has gone away with all its keys. Pure. */
export function lossOfSecret(outline: PodOutline, secret: string): Loss {
  const { containers, volumes, pullSecrets } = outline
  const uses = [
    ...starting(containers).flatMap(({ envFrom, env }) => [
      ...envFrom.filter(({ object }) => isSecret(object, secret)),
      ...env.flatMap(({ from }) => (from.type === 'key' && isSecret(from.object, secret) ? from : [])),
    ]),
    ...volumes.flatMap(({ files, drivers }) => [
      ...files.filter((one) => one.secret === secret),
      ...drivers.filter((name) => name === secret).map(() => ({ optional: false })),
    ]),
    // The kubelet then asks the registry without it.
    ...pullSecrets.filter((name) => name === secret).map(() => ({ optional: true })),
  ]
  if (uses.length === 0) return 'nothing'
  return uses.every(({ optional }) => optional) ? 'starts-without' : 'does-not-start'
}

// --- internal ---

interface FileRead {
  readonly secret: string
  readonly key: string
  readonly name: string
  readonly isFixedAtStart: boolean
}

const pullKeys: readonly string[] = ['.dockerconfigjson', '.dockercfg']

function filesOf({ mounts }: ContainerOutline, { volumes }: PodOutline, known: KnownKeys): FileRead[] {
  return mounts.flatMap((mount) =>
    volumes
      .filter(({ name }) => name === mount.volume)
      .flatMap(({ files }) => files)
      .flatMap((source) =>
        itemsOf(source, known).flatMap(({ key, path }) => {
          const name = placeOf(mount, path)
          if (name === undefined) return []
          return [{ secret: source.secret, key, name, isFixedAtStart: mount.subPath !== undefined }]
        }),
      ),
  )
}

function itemsOf({ secret, items }: FilesOutline, known: KnownKeys) {
  if (items) return items
  const keys = known.keysOf({ kind: 'Secret', name: secret })
  return Array.isArray(keys) ? (keys as readonly string[]).map((key) => ({ key, path: key })) : []
}

/** Where a file of a volume is in the container; undefined where a `subPath` leaves it out. */
function placeOf({ path: folder, subPath }: MountOutline, path: string): string | undefined {
  if (subPath === undefined) return `${folder.replace(/\/+$/, '')}/${path}`
  const part = subPath.replace(/^(\.?\/)+|\/+$/g, '')
  if (path === part) return folder
  return path.startsWith(`${part}/`) ? `${folder.replace(/\/+$/, '')}/${path.slice(part.length + 1)}` : undefined
}

/** An ephemeral container never starts again. */
function starting(containers: readonly ContainerOutline[]): ContainerOutline[] {
  return containers.filter(({ role }) => role !== 'ephemeral')
}

function isSecret({ kind, name }: { readonly kind: string; readonly name: string }, secret: string): boolean {
  return kind === 'Secret' && name === secret
}
