import { type ScalewayAccount, scalewayRequest } from './http.ts'
import type { RemoteSecret, SecretScope } from './secrets.ts'

/** Every remote secret of a folder, not of folders below it. The folder may not exist. */
export async function listFolder(account: ScalewayAccount, scope: SecretScope, path: string): Promise<RemoteSecret[]> {
  const found: RemoteSecret[] = []
  for (let page = 1; ; page++) {
    const { secrets } = await scalewayRequest<{ readonly secrets: readonly RemoteSecret[] }>(account, {
      method: 'GET',
      path: `${base(scope.region)}/secrets`,
      query: { project_id: scope.projectId, path, page, page_size: pageSize },
    })
    found.push(...secrets)
    if (secrets.length < pageSize) return found
  }
}

/** The number of the version that the operator would deliver. */
export async function latestRevision(account: ScalewayAccount, region: string, secretId: string): Promise<number> {
  const { revision } = await scalewayRequest<{ readonly revision: number }>(account, {
    method: 'GET',
    path: `${base(region)}/secrets/${secretId}/versions/latest_enabled`,
  })
  return revision
}

/** Reads a value and drops it: what counts is whether that is allowed. */
export async function touchValue(
  account: ScalewayAccount,
  region: string,
  secretId: string,
  revision: number | 'latest_enabled',
): Promise<void> {
  await scalewayRequest(account, {
    method: 'GET',
    path: `${base(region)}/secrets/${secretId}/versions/${revision}/access`,
  })
}

/** The same without knowing an id, which needs no right to list. */
export async function touchValueByPath(
  account: ScalewayAccount,
  scope: SecretScope,
  { path, name }: Pick<RemoteSecret, 'path' | 'name'>,
): Promise<void> {
  await scalewayRequest(account, {
    method: 'GET',
    path: `${base(scope.region)}/secrets-by-path/versions/latest_enabled/access`,
    query: { secret_path: path, secret_name: name, project_id: scope.projectId },
  })
}

// --- internal ---

const pageSize = 100

/** Source: Scaleway Secret Manager API v1beta1. */
function base(region: string): string {
  return `/secret-manager/v1beta1/regions/${region}`
}
