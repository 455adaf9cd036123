/** What every object of IAM has but keys. */
export interface IamRecord {
  readonly id: string
  readonly createdAt: Date
  tags: string[]
  updatedAt: Date
}

/** What applications, groups and policies have in common. */
export interface ObjectRecord extends IamRecord {
  name: string
  description: string
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
  /**
   * One of the two groups of Scaleway's own: all users, or all applications, are in it without being listed.
   *
   * Default: an ordinary group
   */
  readonly everyone?: 'users' | 'applications'
}

/** A person. The owner is one; members have the rights of their policies alone. */
export interface UserRecord extends IamRecord {
  email: string
  username: string
  firstName: string
  lastName: string
  phoneNumber: string
  locale: string
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
  readonly kind: 'owner' | 'user' | 'application'
  /** Id of the application or the user. */
  readonly id: string
  /** Name of the application or the user, or `owner`. */
  readonly name: string
  readonly accessKey: string
}
