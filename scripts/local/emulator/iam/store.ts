import { createHash } from 'node:crypto'
import type { ApiKeyRecord, ApplicationRecord, GroupRecord, PolicyRecord, Principal, UserRecord } from './records.ts'

/** Users, applications, groups, policies and keys of the one organization an emulator has. */
export interface IamStore {
  readonly organizationId: string
  /** The user that owns the organization. */
  readonly ownerId: string
  /** The owner is one of them. */
  readonly users: Map<string, UserRecord>
  readonly applications: Map<string, ApplicationRecord>
  readonly groups: Map<string, GroupRecord>
  readonly policies: Map<string, PolicyRecord>
  readonly keys: ReadonlyMap<string, ApiKeyRecord>
  addKey(key: ApiKeyRecord): void
  removeKey(accessKey: string): void
  /** Who a secret key belongs to; the record says whether it is expired or disabled. */
  keyOf(secretKey: string): ApiKeyRecord | undefined
  principalOf(key: ApiKeyRecord): Principal
  /** Its own policies, and those of the groups it is in; nobody is told to be in a group of everyone, and is. */
  policiesOf(principal: Principal): PolicyRecord[]
}

export function hashSecretKey(secretKey: string): string {
  return createHash('sha256').update(secretKey.toLowerCase()).digest('hex')
}

export function createIamStore(organizationId: string, ownerId: string): IamStore {
  const users = new Map<string, UserRecord>()
  const applications = new Map<string, ApplicationRecord>()
  const groups = new Map<string, GroupRecord>()
  const policies = new Map<string, PolicyRecord>()
  const keys = new Map<string, ApiKeyRecord>()
  const byHash = new Map<string, ApiKeyRecord>()

  return {
    organizationId,
    ownerId,
    users,
    applications,
    groups,
    policies,
    keys,
    addKey(key) {
      keys.set(key.accessKey, key)
      byHash.set(key.secretKeyHash, key)
    },
    removeKey(accessKey) {
      const key = keys.get(accessKey)
      if (!key) return
      keys.delete(accessKey)
      byHash.delete(key.secretKeyHash)
    },
    keyOf: (secretKey) => byHash.get(hashSecretKey(secretKey)),
    principalOf({ accessKey, bearer }) {
      if (bearer.id === ownerId) return { kind: 'owner', id: bearer.id, name: 'owner', accessKey }
      if (bearer.field === 'user_id')
        return { kind: 'user', id: bearer.id, name: users.get(bearer.id)?.username ?? bearer.id, accessKey }
      const name = applications.get(bearer.id)?.name ?? bearer.id
      return { kind: 'application', id: bearer.id, name, accessKey }
    },
    // At most 50 policies and 50 groups by quota: a scan is cheaper than an index to keep right.
    policiesOf({ id, kind }) {
      const everyone = kind === 'application' ? 'applications' : 'users'
      const memberOf = [...groups.values()].filter(
        (group) => group.everyone === everyone || group.applicationIds.includes(id) || group.userIds.includes(id),
      )
      const holders = new Set([id, ...memberOf.map((group) => group.id)])
      return [...policies.values()].filter((policy) => policy.principal && holders.has(policy.principal.id))
    },
  }
}
