import {
  countedVersions,
  type EphemeralPolicy,
  type EphemeralProperties,
  type SecretRecord,
  type VersionRecord,
} from './records.ts'

/** A secret as the API shows it; fields and their order as recorded. */
export function secretView(secret: SecretRecord) {
  return {
    srn: '',
    id: secret.id,
    project_id: secret.projectId,
    name: secret.name,
    status: 'ready',
    created_at: time(secret.createdAt),
    updated_at: time(secret.updatedAt),
    tags: secret.tags,
    version_count: countedVersions(secret),
    description: secret.description,
    managed: false,
    type: secret.type,
    protected: secret.protected,
    path: secret.path,
    ephemeral_policy: policyView(secret.ephemeralPolicy),
    used_by: secret.usedBy,
    deletion_requested_at: time(secret.deletionRequestedAt),
    key_id: secret.keyId,
    region: secret.region,
  }
}

/** A version's metadata; the payload is only ever in `accessView`. */
export function versionView(secret: SecretRecord, version: VersionRecord, latest: boolean) {
  return {
    srn: '',
    revision: version.revision,
    secret_id: secret.id,
    status: version.status,
    created_at: time(version.createdAt),
    updated_at: time(version.updatedAt),
    deleted_at: time(version.deletedAt),
    description: version.description,
    latest,
    ephemeral_properties: propertiesView(version.ephemeral),
    deletion_requested_at: time(version.deletionRequestedAt),
    region: secret.region,
  }
}

export function accessView(secret: SecretRecord, version: VersionRecord, payload: Buffer) {
  return {
    secret_id: secret.id,
    revision: version.revision,
    data: payload.toString('base64'),
    data_crc32: version.crc32,
    type: secret.type,
  }
}

export function policyView(policy: EphemeralPolicy | null) {
  if (!policy) return null
  return {
    time_to_live: policy.timeToLiveSeconds === null ? null : `${policy.timeToLiveSeconds}s`,
    expires_once_accessed: policy.expiresOnceAccessed,
    action: policy.action,
  }
}

// --- internal ---

function propertiesView(properties: EphemeralProperties | null) {
  if (!properties) return null
  return {
    expires_at: time(properties.expiresAt),
    expires_once_accessed: properties.expiresOnceAccessed,
    action: properties.action,
  }
}

function time(date: Date | null): string | null {
  return date?.toISOString() ?? null
}
