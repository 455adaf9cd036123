import type { ScalewayAccount, ScalewayConnection } from './connection.ts'
import { ScalewayError, scalewayRequest } from './http.ts'
import { type RemoteSecret, type SecretScope, secretsPath } from './secrets.ts'
import { listIn } from './unreadable.ts'

/** One version of a remote secret, without its value. */
export interface SecretVersion {
  readonly revision: number
  readonly status: 'enabled' | 'disabled' | 'scheduled_for_deletion' | 'deleted'
  /** RFC 3339. */
  readonly created_at: string
  readonly description: string | null
  /** RFC 3339; it is deleted for good 7 days later. */
  readonly deletion_requested_at: string | null
}

/** Which version: its number, the one that the operator would deliver, or the newest, which may be disabled. */
export type Revision = number | 'latest_enabled' | 'latest'

/**
 * Adds a version; it becomes the latest one, and earlier ones stay enabled. The payload is at most 64 KiB.
 *
 * @param description for people who read the versions later. Default: none
 */
export async function createVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  payload: string | Buffer,
  description?: string,
): Promise<number> {
  const { revision } = await scalewayRequest<{ revision: number }>(account, {
    method: 'POST',
    path: versionsPath(region, secretId),
    body: {
      data: Buffer.from(payload).toString('base64'),
      ...(description === undefined ? {} : { description }),
    },
  })
  return revision
}

/** Every version that is not gone for good, the oldest first. */
export async function listVersions(
  account: ScalewayConnection,
  region: string,
  secretId: string,
): Promise<SecretVersion[]> {
  const found: SecretVersion[] = []
  for (let page = 1; ; page++) {
    const query = { page, page_size: pageSize }
    const request = { method: 'GET', path: versionsPath(region, secretId), query } as const
    const versions = listIn<SecretVersion>(await scalewayRequest(account, request), 'versions', request)
    found.push(...versions)
    if (versions.length < pageSize) break
  }
  return found.filter(({ status }) => status !== 'deleted').sort((a, b) => a.revision - b.revision)
}

/** The version that the operator would deliver, or undefined when none is enabled. */
export async function latestVersion(
  account: ScalewayConnection,
  region: string,
  secretId: string,
): Promise<SecretVersion | undefined> {
  try {
    return await scalewayRequest(account, { method: 'GET', path: `${versionsPath(region, secretId)}/latest_enabled` })
  } catch (error) {
    if (error instanceof ScalewayError && error.status === 404) return undefined
    throw error
  }
}

/** The value of a version. Secret: never printed. */
export async function accessVersion(
  account: ScalewayConnection,
  region: string,
  secretId: string,
  revision: Revision,
): Promise<Buffer> {
  const { data } = await scalewayRequest<{ readonly data: string }>(account, {
    method: 'GET',
    path: `${versionsPath(region, secretId)}/${revision}/access`,
  })
  return Buffer.from(data, 'base64')
}

/** Reads a value and drops it, by folder and name: so no id has to be known, and nothing has to be listed. */
export async function touchValueByPath(
  account: ScalewayConnection,
  scope: SecretScope,
  { path, name }: Pick<RemoteSecret, 'path' | 'name'>,
  revision: Revision,
): Promise<void> {
  await scalewayRequest(account, {
    method: 'GET',
    path: `/secret-manager/v1beta1/regions/${scope.region}/secrets-by-path/versions/${revision}/access`,
    query: { secret_path: path, secret_name: name, project_id: scope.projectId },
  })
}

/** A disabled version can be enabled again, and is not delivered meanwhile. */
export async function disableVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number,
): Promise<void> {
  const path = `${versionsPath(region, secretId)}/${revision}/disable`
  await scalewayRequest(account, { method: 'POST', path, body: {} })
}

export async function enableVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number,
): Promise<void> {
  const path = `${versionsPath(region, secretId)}/${revision}/enable`
  await scalewayRequest(account, { method: 'POST', path, body: {} })
}

/** When a version that is being deleted is deleted for good; undefined: it is not being deleted. */
export function goneAt({ deletion_requested_at }: SecretVersion): Date | undefined {
  const requestedAt = Date.parse(deletion_requested_at ?? '')
  return Number.isNaN(requestedAt) ? undefined : new Date(requestedAt + 7 * 24 * 3600 * 1000)
}

/** Schedules a version for deletion: for 7 days it can be restored. */
export async function deleteVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number,
): Promise<void> {
  await scalewayRequest(account, { method: 'DELETE', path: `${versionsPath(region, secretId)}/${revision}` })
}

// --- internal ---

const pageSize = 100

function versionsPath(region: string, secretId: string): string {
  return `${secretsPath(region)}/${secretId}/versions`
}
