import type { EnvironmentModel, TierModel } from './resolve.ts'

/** A rule of a tier's IAM policy. */
export interface IamRule {
  readonly permissionSet: 'SecretManagerReadOnly' | 'SecretManagerSecretAccess'
  readonly projectId: string
  /** CEL over `resource.name`, which is folder, slash and name. */
  readonly condition?: string
}

/**
 * The two rules a tier's IAM application needs, and no more. In mode `path` listing has no resource and needs the
 * escape `!has(resource.id)`; reading a value always has one, so its rule has no escape. The prefix ends in a slash:
 * `/app/front` would also match `/app/frontend-admin/x`.
 * Source: Scaleway documentation, resource-level conditions (July 2026).
 */
export function iamRules({ isolation }: EnvironmentModel, { projectId, remotePath }: TierModel): IamRule[] {
  const inside = `resource.name.startsWith("${remotePath}/")`
  const condition = (cel: string) => (isolation === 'path' ? { condition: cel } : {})
  return [
    { permissionSet: 'SecretManagerReadOnly', projectId, ...condition(`${inside} || !has(resource.id)`) },
    { permissionSet: 'SecretManagerSecretAccess', projectId, ...condition(inside) },
  ]
}
