import type { ScalewayAccount, ScalewayConnection } from './connection.ts'
import { scalewayRequest } from './http.ts'
import { listIn } from './unreadable.ts'

/** A remote secret, without its values. */
export interface RemoteSecret {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly type: string
}

/** A remote secret as a list shows it. */
export interface ListedSecret extends RemoteSecret {
  /** Versions not yet gone for good, whatever their status. */
  readonly version_count: number
  /** `locked`: its encryption key can't be used. */
  readonly status: string
  /** Not null: versions expire, some of them at the first access. */
  readonly ephemeral_policy: object | null
  readonly project_id: string
  /** RFC 3339; it is deleted for good 7 days later. */
  readonly deletion_requested_at: string | null
}

/** Where remote secrets are. */
export interface SecretScope {
  readonly region: string
  readonly projectId: string
}

/** All projects of an organization; only an account with a right on all of them may ask for it. */
export interface OrganizationScope {
  readonly region: string
  readonly organizationId: string
}

export interface NewSecret {
  readonly name: string
  /** Folder, without a trailing slash. */
  readonly path: string
  readonly type: 'opaque' | 'key_value'
  readonly description?: string
}

/** The filters of a list. */
export interface SecretFilter {
  /** Exactly this folder, and none below it. */
  readonly path?: string
  /** Exactly this name, in whatever folder. */
  readonly name?: string
  /** Only those scheduled for deletion. Default: only those that are not */
  readonly isDeleted?: boolean
}

/** Source of all of this: Scaleway Secret Manager API v1beta1. */
export function secretsPath(region: string): string {
  return `/secret-manager/v1beta1/regions/${region}/secrets`
}

/** Creates a remote secret without a version. */
export function createSecret(account: ScalewayAccount, scope: SecretScope, secret: NewSecret): Promise<RemoteSecret> {
  return scalewayRequest(account, {
    method: 'POST',
    path: secretsPath(scope.region),
    body: { project_id: scope.projectId, ...secret },
  })
}

/** Every remote secret of a project, or of an organization, that fits. */
export async function listSecrets(
  account: ScalewayConnection,
  scope: SecretScope | OrganizationScope,
  { isDeleted, ...filter }: SecretFilter = {},
): Promise<ListedSecret[]> {
  const found: ListedSecret[] = []
  const owner = 'projectId' in scope ? { project_id: scope.projectId } : { organization_id: scope.organizationId }
  const deleted = isDeleted === undefined ? {} : { scheduled_for_deletion: String(isDeleted) }
  for (let page = 1; ; page++) {
    const query = { ...owner, ...filter, ...deleted, page, page_size: pageSize }
    const request = { method: 'GET', path: secretsPath(scope.region), query } as const
    const secrets = listIn<ListedSecret>(await scalewayRequest(account, request), 'secrets', request)
    found.push(...secrets)
    if (secrets.length < pageSize) return found
  }
}

/** Every remote secret of a folder, not of folders below it. The folder may not exist. */
export function listFolder(account: ScalewayConnection, scope: SecretScope, path: string): Promise<ListedSecret[]> {
  return listSecrets(account, scope, { path })
}

/** The remote secret of a folder and name, or undefined. */
export async function findSecret(
  account: ScalewayConnection,
  scope: SecretScope,
  { path, name }: Pick<RemoteSecret, 'path' | 'name'>,
): Promise<RemoteSecret | undefined> {
  const query = { project_id: scope.projectId, path, name, page: 1, page_size: 1 }
  const request = { method: 'GET', path: secretsPath(scope.region), query } as const
  return listIn<RemoteSecret>(await scalewayRequest(account, request), 'secrets', request)[0]
}

/**
 * How many remote secrets an organization has in a region, as far as the account may see them. Those scheduled for
 * deletion count: they can be restored for 7 days.
 */
export async function countSecrets(
  account: ScalewayConnection,
  region: string,
  organizationId: string,
): Promise<number> {
  const counts = await Promise.all(
    ['false', 'true'].map((scheduled_for_deletion) =>
      scalewayRequest<{ readonly total_count: number }>(account, {
        method: 'GET',
        path: secretsPath(region),
        query: { organization_id: organizationId, scheduled_for_deletion, page: 1, page_size: 1 },
      }),
    ),
  )
  return counts.reduce((sum, { total_count }) => sum + total_count, 0)
}

// --- internal ---

const pageSize = 100
