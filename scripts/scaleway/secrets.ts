import { type ScalewayAccount, scalewayRequest } from './http.ts'

/** A remote secret, without its values. */
export interface RemoteSecret {
  readonly id: string
  readonly name: string
  readonly path: string
  readonly type: string
}

/** Where remote secrets are. */
export interface SecretScope {
  readonly region: string
  readonly projectId: string
}

export interface NewSecret {
  readonly name: string
  /** Folder, without a trailing slash. */
  readonly path: string
  readonly type: 'opaque' | 'key_value'
  readonly description?: string
}

/** Creates a remote secret without a version. Source: Scaleway Secret Manager API v1beta1. */
export function createSecret(account: ScalewayAccount, scope: SecretScope, secret: NewSecret): Promise<RemoteSecret> {
  return scalewayRequest(account, {
    method: 'POST',
    path: `${base(scope.region)}/secrets`,
    body: { project_id: scope.projectId, ...secret },
  })
}

/** Adds a version; it becomes the latest one, and earlier ones stay enabled. The payload is at most 64 KiB. */
export async function createVersion(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  payload: string | Buffer,
): Promise<number> {
  const { revision } = await scalewayRequest<{ revision: number }>(account, {
    method: 'POST',
    path: `${base(region)}/secrets/${secretId}/versions`,
    body: { data: Buffer.from(payload).toString('base64') },
  })
  return revision
}

/** The remote secret of a folder and name, or undefined. */
export async function findSecret(
  account: ScalewayAccount,
  scope: SecretScope,
  { path, name }: Pick<RemoteSecret, 'path' | 'name'>,
): Promise<RemoteSecret | undefined> {
  const { secrets } = await scalewayRequest<{ secrets: RemoteSecret[] }>(account, {
    method: 'GET',
    path: `${base(scope.region)}/secrets`,
    query: { project_id: scope.projectId, path, name, page: 1, page_size: 1 },
  })
  return secrets[0]
}

// --- internal ---

function base(region: string): string {
  return `/secret-manager/v1beta1/regions/${region}`
}
