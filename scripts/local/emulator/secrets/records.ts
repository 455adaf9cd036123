export const regions = ['fr-par', 'nl-ams', 'pl-waw'] as const
export type Region = (typeof regions)[number]

export const secretTypes = [
  'opaque',
  'certificate',
  'key_value',
  'basic_credentials',
  'database_credentials',
  'ssh_key',
] as const
export type SecretType = (typeof secretTypes)[number]

export const versionStatuses = ['enabled', 'disabled', 'scheduled_for_deletion', 'deleted'] as const
export type VersionStatus = (typeof versionStatuses)[number]

export type ExpiryAction = 'delete' | 'disable'

/** What happens to each version of a secret automatically; chosen when the secret is created. */
export interface EphemeralPolicy {
  readonly timeToLiveSeconds: number | null
  readonly expiresOnceAccessed: boolean | null
  readonly action: ExpiryAction
}

export interface EphemeralProperties {
  readonly expiresAt: Date | null
  readonly expiresOnceAccessed: boolean | null
  readonly action: ExpiryAction
}

/** One immutable payload. A deleted version keeps its number and loses its payload. */
export interface VersionRecord {
  readonly revision: number
  readonly createdAt: Date
  /** The CRC32 the client supplied, echoed on access; null when it supplied none. */
  readonly crc32: number | null
  payload: Buffer | null
  status: VersionStatus
  updatedAt: Date
  deletedAt: Date | null
  description: string
  ephemeral: EphemeralProperties | null
  deletionRequestedAt: Date | null
  /** The status of a version after it is restored. */
  statusBeforeDeletion: 'enabled' | 'disabled'
}

export interface SecretRecord {
  readonly id: string
  readonly region: Region
  readonly projectId: string
  readonly type: SecretType
  readonly createdAt: Date
  readonly keyId: string | null
  name: string
  /** Never ends with a slash, save for the root. */
  path: string
  tags: string[]
  description: string
  updatedAt: Date
  protected: boolean
  ephemeralPolicy: EphemeralPolicy | null
  usedBy: string[]
  deletionRequestedAt: Date | null
  /** Revision n is at index n - 1; nothing is ever removed. */
  readonly versions: VersionRecord[]
}

/** How long a deleted secret or version can be restored: 7 days. */
export const retentionMs = 7 * 24 * 3600 * 1000

/** `/folder/name`, what IAM calls `resource.name`. */
export function fullName({ path, name }: Pick<SecretRecord, 'path' | 'name'>): string {
  return path === '/' ? `/${name}` : `${path}/${name}`
}

/** Versions that can still be restored count; recorded: two versions scheduled for deletion, `version_count` 2. */
export function countedVersions(secret: SecretRecord): number {
  return secret.versions.filter((version) => version.status !== 'deleted').length
}
