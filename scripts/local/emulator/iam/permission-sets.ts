/** What a call does, as the rules see it: `<resource>:<action>`, the words of a recorded 403. */
export type SecretAction =
  | `secret:${'list' | 'read' | 'create' | 'write' | 'delete' | 'restore'}`
  | `secret_version:${'list' | 'read' | 'access' | 'create' | 'write' | 'delete' | 'restore'}`
const iamResources = [
  'application',
  'application_key',
  'group',
  'permission_set',
  'policy',
  'user',
  'user_key',
] as const
export type IamAction = `${(typeof iamResources)[number]}:${'read' | 'write'}`
export type ProjectAction = `project:${'read' | 'write'}`
export type Action = SecretAction | IamAction | ProjectAction

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
const readIam: readonly Action[] = iamResources.map((resource) => `${resource}:read` as const)
const writeIam: readonly Action[] = iamResources.map((resource) => `${resource}:write` as const)
const manageProjects: readonly Action[] = ['project:read', 'project:write']

/**
 * The sets that matter for secrets, and all of organization scope, as docs-content
 * `iam/policies-permissions/permission-sets.mdx` (2026-03-20) describes them. Those of services that are not emulated permit
 * nothing here. Sorted by name.
 */
export const permissionSets: readonly PermissionSet[] = [
  organizationSet('AbuseTicketManager', 'Full access to abuse tickets.'),
  set('AllProductsFullAccess', 'projects', 'Full access to all products.', everything),
  set('AllProductsReadOnly', 'projects', 'List and read access to all products.', metadata),
  organizationSet('AuditTrailExportDelete', 'Delete exports of Audit Trail.'),
  organizationSet('AuditTrailExportRead', 'Read exports of Audit Trail.'),
  organizationSet('AuditTrailFullAccess', 'Full access to Audit Trail.'),
  organizationSet('AuditTrailReadOnly', 'List and read events of Audit Trail.'),
  organizationSet('BillingManager', 'Full access to billing.'),
  organizationSet('BillingReadOnly', 'List and read access to billing.'),
  organizationSet('EnvironmentalImpactReadOnly', 'Read access to environmental impact.'),
  organizationSet('IAMApplicationManager', 'Full access to applications and their keys.', [
    'application:read',
    'application:write',
    'application_key:read',
    'application_key:write',
  ]),
  organizationSet('IAMApplicationReadOnly', 'Read access to applications and their keys.', [
    'application:read',
    'application_key:read',
  ]),
  organizationSet('IAMGroupManager', 'Full access to groups.', ['group:read', 'group:write']),
  organizationSet('IAMGroupReadOnly', 'Read access to groups.', ['group:read']),
  organizationSet('IAMManager', 'Full access to IAM and to projects.', [...readIam, ...writeIam, ...manageProjects]),
  organizationSet('IAMPolicyManager', 'Full access to policies.', ['policy:read', 'policy:write']),
  organizationSet('IAMPolicyReadOnly', 'Read access to policies.', ['policy:read']),
  organizationSet('IAMReadOnly', 'List and read access to IAM.', readIam),
  organizationSet('IAMUserManager', 'Full access to users; list their keys.', [
    'user:read',
    'user:write',
    'user_key:read',
  ]),
  organizationSet('IAMUserReadOnly', 'Read access to users and their keys.', ['user:read', 'user_key:read']),
  organizationSet('NotificationManagerFullAccess', 'Full access to notifications.'),
  organizationSet('NotificationManagerReadOnly', 'Read access to notifications.'),
  organizationSet('OrganizationManager', 'Full access to the organization, IAM and projects.', [
    ...readIam,
    ...writeIam,
    ...manageProjects,
  ]),
  organizationSet('OrganizationReadOnly', 'Read what is known of the organization.'),
  organizationSet('ProjectManager', 'Full access to projects, not to what is in them.', manageProjects),
  organizationSet('ProjectReadOnly', 'Read access to projects, not to what is in them.', ['project:read']),
  set('SecretManagerFullAccess', 'projects', 'Full access to Secret Manager.', everything),
  set('SecretManagerReadOnly', 'projects', 'List and read metadata, not the data of versions.', metadata),
  set('SecretManagerSecretAccess', 'projects', 'Read the data of versions; no list, no editing.', data),
  set('SecretManagerSecretCreate', 'projects', 'Create secrets and versions; no update.', create),
  set('SecretManagerSecretDelete', 'projects', 'Delete secrets and versions.', remove),
  set('SecretManagerSecretRestore', 'projects', 'Restore secrets and versions.', restore),
  set('SecretManagerSecretWrite', 'projects', 'Edit metadata of secrets and versions; no create.', write),
  organizationSet('SupportTicketManager', 'Full access to support tickets.'),
  organizationSet('SupportTicketReadOnly', 'List and read access to support tickets.'),
]

const byName = new Map(permissionSets.map((one) => [one.name, one]))

export function permissionSet(name: string): PermissionSet | undefined {
  return byName.get(name)
}

/** A name that only resembles one of ours is a typo; sets of other products are taken and grant nothing here. */
export function isUnknownSet(name: string): boolean {
  return !byName.has(name) && /^(SecretManager|IAM|AllProducts|Organization|Project)/i.test(name)
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

function organizationSet(name: string, description: string, actions: readonly Action[] = []): PermissionSet {
  return set(name, 'organization', description, actions)
}
