/** What a call does, as the rules see it: `<resource>:<action>`, the words of a recorded 403. */
export type SecretAction =
  | `secret:${'list' | 'read' | 'create' | 'write' | 'delete' | 'restore'}`
  | `secret_version:${'list' | 'read' | 'access' | 'create' | 'write' | 'delete' | 'restore'}`
export type IamAction = `iam:${'read' | 'write'}`
export type Action = SecretAction | IamAction

export interface PermissionSet {
  readonly name: string
  readonly scope: 'projects' | 'organization'
  readonly description: string
  readonly actions: readonly Action[]
}

const metadata: readonly Action[] = ['secret:list', 'secret:read', 'secret_version:list', 'secret_version:read']
const data: readonly Action[] = ['secret_version:access']
const create: readonly Action[] = ['secret:create', 'secret_version:create']
const write: readonly Action[] = ['secret:write', 'secret_version:write']
const remove: readonly Action[] = ['secret:delete', 'secret_version:delete']
const restore: readonly Action[] = ['secret:restore', 'secret_version:restore']
const everything: readonly Action[] = [...metadata, ...data, ...create, ...write, ...remove, ...restore]

/**
 * The sets that matter for secrets, as docs-content `iam/policies-permissions/permission-sets.mdx` describes them,
 * and the few that matter for IAM itself. Sorted by name.
 */
export const permissionSets: readonly PermissionSet[] = [
  set('AllProductsFullAccess', 'projects', 'Full access to all products.', everything),
  set('AllProductsReadOnly', 'projects', 'List and read access to all products.', metadata),
  set('IAMManager', 'organization', 'Full access to IAM.', ['iam:read', 'iam:write']),
  set('IAMReadOnly', 'organization', 'List and read access to IAM.', ['iam:read']),
  set('OrganizationManager', 'organization', 'Full access to the organization.', ['iam:read', 'iam:write']),
  set('SecretManagerFullAccess', 'projects', 'Full access to Secret Manager.', everything),
  set('SecretManagerReadOnly', 'projects', 'List and read metadata, not the data of versions.', metadata),
  set('SecretManagerSecretAccess', 'projects', 'Read the data of versions; no list, no editing.', data),
  set('SecretManagerSecretCreate', 'projects', 'Create secrets and versions; no update.', create),
  set('SecretManagerSecretDelete', 'projects', 'Delete secrets and versions.', remove),
  set('SecretManagerSecretRestore', 'projects', 'Restore secrets and versions.', restore),
  set('SecretManagerSecretWrite', 'projects', 'Edit metadata of secrets and versions; no create.', write),
]

const byName = new Map(permissionSets.map((one) => [one.name, one]))

export function permissionSet(name: string): PermissionSet | undefined {
  return byName.get(name)
}

/** A name that only resembles one of ours is a typo; sets of other products are taken and grant nothing here. */
export function isUnknownSet(name: string): boolean {
  return !byName.has(name) && /^(SecretManager|IAM|AllProducts|Organization)/i.test(name)
}

// --- internal ---

function set(
  name: string,
  scope: PermissionSet['scope'],
  description: string,
  actions: readonly Action[],
): PermissionSet {
  return { name, scope, description, actions }
}
