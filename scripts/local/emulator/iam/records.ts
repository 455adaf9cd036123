/** What applications, groups and policies have in common. */
export interface ObjectRecord {
  readonly id: string
  readonly createdAt: Date
  name: string
  description: string
  tags: string[]
  updatedAt: Date
}

export type ApplicationRecord = ObjectRecord

export interface RuleRecord {
  readonly id: string
  readonly permissionSetNames: readonly string[]
  /** CEL, or an empty text for none. */
  readonly condition: string
  /** Null: the whole organization, projects of the future included. */
  readonly projectIds: readonly string[] | null
}

export const principalFields = ['user_id', 'group_id', 'application_id'] as const
export type PrincipalField = (typeof principalFields)[number]

export interface PolicyRecord extends ObjectRecord {
  /** Null: the policy is attached to nobody. */
  principal: { readonly field: PrincipalField; readonly id: string } | null
  rules: RuleRecord[]
}

/** Its members have the rights of its policies as well as their own. */
export interface GroupRecord extends ObjectRecord {
  userIds: string[]
  applicationIds: string[]
}

export interface ApiKeyRecord {
  readonly accessKey: string
  /** SHA-256 of the secret key, in hex. The key itself is returned once, at creation, and never kept. */
  readonly secretKeyHash: string
  readonly bearer: { readonly field: 'application_id' | 'user_id'; readonly id: string }
  readonly createdAt: Date
  readonly creationIp: string
  description: string
  defaultProjectId: string
  expiresAt: Date | null
  updatedAt: Date
  /** Switched by the admin server only; Scaleway has no such switch. */
  disabled: boolean
}

/** The sender of a request. The owner may do everything and needs no policy. */
export interface Principal {
  readonly kind: 'owner' | 'application'
  /** Id of the application, or of the owner's user. */
  readonly id: string
  /** Name of the application, or `owner`. */
  readonly name: string
  readonly accessKey: string
}
