import { type ScalewayAccount, scalewayRequest } from './http.ts'
import { listFolder } from './reading.ts'
import type { RemoteSecret, SecretScope } from './secrets.ts'

/** One version of a remote secret, without its value. */
export interface SecretVersion {
  readonly revision: number
  readonly status: 'enabled' | 'disabled' | 'scheduled_for_deletion' | 'deleted'
  /** RFC 3339. */
  readonly created_at: string
  /** RFC 3339; it is gone 7 days later. */
  readonly deletion_requested_at: string | null
}

/** A remote secret as a list shows it. */
export interface ListedSecret extends RemoteSecret {
  /** Versions not yet gone for good, whatever their status. */
  readonly version_count: number
  /** `locked`: its encryption key can't be used. */
  readonly status: string
  /** Not null: versions end by themselves, some of them at the first access. */
  readonly ephemeral_policy: object | null
}

/** Every remote secret of a folder, not of folders below it. */
export async function listSecrets(
  account: ScalewayAccount,
  scope: SecretScope,
  path: string,
): Promise<readonly ListedSecret[]> {
  // The answer has these fields too.
  return (await listFolder(account, scope, path)) as ListedSecret[]
}

/** Every version that is not gone for good, the oldest first. */
export async function listVersions(
  account: ScalewayAccount,
  region: string,
  secretId: string,
): Promise<SecretVersion[]> {
  const found: SecretVersion[] = []
  for (let page = 1; ; page++) {
    const { versions } = await scalewayRequest<{ readonly versions: readonly SecretVersion[] }>(account, {
      method: 'GET',
      path: base(region, secretId),
      query: { page, page_size: pageSize },
    })
    found.push(...versions)
    if (versions.length < pageSize) break
  }
  return found.filter(({ status }) => status !== 'deleted').sort((a, b) => a.revision - b.revision)
}

/** The value of a version. Secret: never printed. */
export async function accessVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number,
): Promise<Buffer> {
  const { data } = await scalewayRequest<{ readonly data: string }>(account, {
    method: 'GET',
    path: `${base(region, secretId)}/${revision}/access`,
  })
  return Buffer.from(data, 'base64')
}

/** A disabled version can be enabled again, and is not delivered meanwhile. */
export async function disableVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number,
): Promise<void> {
  await scalewayRequest(account, { method: 'POST', path: `${base(region, secretId)}/${revision}/disable`, body: {} })
}

/** Schedules a version for deletion: for 7 days it can be restored. */
export async function deleteVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number,
): Promise<void> {
  await scalewayRequest(account, { method: 'DELETE', path: `${base(region, secretId)}/${revision}` })
}

// --- internal ---

const pageSize = 100

function base(region: string, secretId: string): string {
  return `/secret-manager/v1beta1/regions/${region}/secrets/${secretId}/versions`
}
