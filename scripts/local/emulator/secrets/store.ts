import { type Region, retentionMs, type SecretRecord } from './records.ts'

export interface Place {
  readonly region: Region
  readonly projectId: string
  readonly path: string
  readonly name: string
}

/** Filters that narrow a list before every secret is checked. */
export interface Narrowing {
  readonly region: Region
  readonly projectId?: string | undefined
  readonly path?: string | undefined
  readonly name?: string | undefined
}

/** Every secret of the organization, with the indexes that make the operator's calls cheap at any size. */
export interface SecretStore {
  readonly size: number
  all(): Iterable<SecretRecord>
  get(region: Region, id: string): SecretRecord | undefined
  /** The secret at a place. One scheduled for deletion holds no place: recorded, its name can be taken again. */
  at(place: Place): SecretRecord | undefined
  /** A superset of what matches, as small as the indexes can make it. */
  candidates(narrowing: Narrowing): Iterable<SecretRecord>
  add(secret: SecretRecord): void
  move(secret: SecretRecord, to: { readonly path: string; readonly name: string }): void
  schedule(secret: SecretRecord, at: Date): void
  unschedule(secret: SecretRecord): void
  remove(secret: SecretRecord): void
  /** Something changes automatically at this time: an expiry, the end of a retention. */
  expectChange(at: Date): void
  /** Deletes and disables what is due. True when anything changed. Costs nothing before the next due time. */
  settle(now: Date): boolean
}

export function createSecretStore(): SecretStore {
  const byId = new Map<string, SecretRecord>()
  const places = new Map<string, SecretRecord>()
  const byName = new Map<string, Set<SecretRecord>>()
  const byPath = new Map<string, Set<SecretRecord>>()
  const byProject = new Map<string, Set<SecretRecord>>()
  const indexes = [
    [byName, nameKey],
    [byPath, pathKey],
    [byProject, projectKey],
  ] as const
  let nextChange = Number.POSITIVE_INFINITY

  const index = (secret: SecretRecord) => {
    for (const [map, key] of indexes) put(map, key(secret), secret)
    if (!secret.deletionRequestedAt) places.set(placeKey(secret), secret)
  }
  const unindex = (secret: SecretRecord) => {
    for (const [map, key] of indexes) take(map, key(secret), secret)
    if (places.get(placeKey(secret)) === secret) places.delete(placeKey(secret))
  }
  const expectChange = (at: Date) => {
    nextChange = Math.min(nextChange, at.getTime())
  }
  const remove = (secret: SecretRecord) => {
    unindex(secret)
    byId.delete(secret.id)
  }

  return {
    get size() {
      return byId.size
    },
    all: () => byId.values(),
    get(region, id) {
      const secret = byId.get(id.toLowerCase())
      return secret?.region === region ? secret : undefined
    },
    at: (place) => places.get(placeKey(place)),
    candidates({ region, projectId, path, name }) {
      if (projectId === undefined) return byId.values()
      if (name !== undefined) return byName.get(nameKey({ region, projectId, name })) ?? []
      if (path !== undefined) return byPath.get(pathKey({ region, projectId, path })) ?? []
      return byProject.get(projectKey({ region, projectId })) ?? []
    },
    add(secret) {
      byId.set(secret.id, secret)
      index(secret)
      for (const at of dueTimes(secret)) expectChange(at)
    },
    move(secret, { path, name }) {
      unindex(secret)
      Object.assign(secret, { path, name })
      index(secret)
    },
    schedule(secret, at) {
      unindex(secret)
      secret.deletionRequestedAt = at
      index(secret)
      expectChange(new Date(at.getTime() + retentionMs))
    },
    unschedule(secret) {
      secret.deletionRequestedAt = null
      index(secret)
    },
    remove,
    expectChange,
    settle(now) {
      if (now.getTime() < nextChange) return false
      let changed = false
      nextChange = Number.POSITIVE_INFINITY
      for (const secret of byId.values()) {
        if (isOver(secret.deletionRequestedAt, now)) {
          remove(secret)
          changed = true
          continue
        }
        for (const version of secret.versions) {
          if (isOver(version.deletionRequestedAt, now)) eraseVersion(version, now)
          else if (version.status === 'enabled' && isPast(version.ephemeral?.expiresAt, now))
            expireVersion(version, now)
          else continue
          changed = true
        }
        for (const at of dueTimes(secret)) expectChange(at)
      }
      return changed
    },
  }
}

type Version = SecretRecord['versions'][number]

/** Deleted for good: the payload is dropped, and the number is not used again. */
export function eraseVersion(version: Version, now: Date): void {
  Object.assign(version, {
    status: 'deleted',
    payload: null,
    deletedAt: now,
    deletionRequestedAt: null,
    updatedAt: now,
  })
}

/** What the ephemeral policy says happens at the end. */
export function expireVersion(version: Version, now: Date): void {
  if (version.ephemeral?.action === 'delete') eraseVersion(version, now)
  else Object.assign(version, { status: 'disabled', updatedAt: now })
}

// --- internal ---

function dueTimes(secret: SecretRecord): Date[] {
  const ends = [secret.deletionRequestedAt, ...secret.versions.map((version) => version.deletionRequestedAt)]
  return [
    ...ends.flatMap((at) => (at ? [new Date(at.getTime() + retentionMs)] : [])),
    ...secret.versions.flatMap(({ status, ephemeral }) =>
      status === 'enabled' && ephemeral?.expiresAt ? [ephemeral.expiresAt] : [],
    ),
  ]
}

function isOver(requestedAt: Date | null, now: Date): boolean {
  return requestedAt !== null && requestedAt.getTime() + retentionMs <= now.getTime()
}

function isPast(at: Date | null | undefined, now: Date): boolean {
  return at !== null && at !== undefined && at.getTime() <= now.getTime()
}

const projectKey = (s: Pick<SecretRecord, 'region' | 'projectId'>) => `${s.region} ${s.projectId}`
const pathKey = (s: Pick<SecretRecord, 'region' | 'projectId' | 'path'>) => `${projectKey(s)} ${s.path}`
const nameKey = (s: Pick<SecretRecord, 'region' | 'projectId' | 'name'>) => `${projectKey(s)} ${s.name}`
const placeKey = (s: Pick<SecretRecord, 'region' | 'projectId' | 'path' | 'name'>) => `${pathKey(s)} ${s.name}`

function put(map: Map<string, Set<SecretRecord>>, key: string, secret: SecretRecord): void {
  const set = map.get(key)
  if (set) set.add(secret)
  else map.set(key, new Set([secret]))
}

function take(map: Map<string, Set<SecretRecord>>, key: string, secret: SecretRecord): void {
  const set = map.get(key)
  set?.delete(secret)
  if (set?.size === 0) map.delete(key)
}
