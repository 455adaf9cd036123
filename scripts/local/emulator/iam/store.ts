import { createHash } from 'node:crypto'
import type { ApiKeyRecord, ApplicationRecord, GroupRecord, PolicyRecord, Principal } from './records.ts'

/** Applications, groups, policies and keys of the one organization an emulator has. */
export interface IamStore {
  readonly organizationId: string
  /** The user that owns the organization. */
  readonly ownerId: string
  readonly applications: Map<string, ApplicationRecord>
  readonly groups: Map<string, GroupRecord>
  readonly policies: Map<string, PolicyRecord>
  readonly keys: ReadonlyMap<string, ApiKeyRecord>
  addKey(key: ApiKeyRecord): void
  removeKey(accessKey: string): void
  /** Who a secret key belongs to; the record says whether it is expired or disabled. */
  keyOf(secretKey: string): ApiKeyRecord | undefined
  principalOf(key: ApiKeyRecord): Principal
  /** Its own policies, and those of the groups it is in. */
  policiesOf(principal: Principal): PolicyRecord[]
}

export function hashSecretKey(secretKey: string): string {
  return createHash('sha256').update(secretKey.toLowerCase()).digest('hex')
}

export function createIamStore(organizationId: string, ownerId: string): IamStore {
  const applications = new Map<string, ApplicationRecord>()
  const groups = new Map<string, GroupRecord>()
  const policies = new Map<string, PolicyRecord>()
  const keys = new Map<string, ApiKeyRecord>()
  const byHash = new Map<string, ApiKeyRecord>()

  return {
    organizationId,
    ownerId,
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
      if (bearer.field === 'user_id') return { kind: 'owner', id: bearer.id, name: 'owner', accessKey }
      const name = applications.get(bearer.id)?.name ?? bearer.id
      return { kind: 'application', id: bearer.id, name, accessKey }
    },
    // At most 50 policies and 50 groups by quota: a scan is cheaper than an index to keep right.
    policiesOf({ id }) {
      const memberOf = [...groups.values()].filter((group) => group.applicationIds.includes(id))
      const holders = new Set([id, ...memberOf.map((group) => group.id)])
      return [...policies.values()].filter((policy) => policy.principal && holders.has(policy.principal.id))
    },
  }
}
