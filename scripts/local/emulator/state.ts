import type { ProjectRecord } from './account/records.ts'
import type { ApiKeyRecord, ApplicationRecord, GroupRecord, PolicyRecord, UserRecord } from './iam/records.ts'
import type { SecretRecord, VersionRecord } from './secrets/records.ts'
import type { World } from './world.ts'

export type SavedVersion = Omit<VersionRecord, 'payload'> & { readonly payload: string | null }
export type SavedSecret = Omit<SecretRecord, 'versions'> & { readonly versions: readonly SavedVersion[] }

/** Everything but the limits, the faults and the log. Secret keys are there as hashes, payloads in base64. */
export interface SavedState {
  readonly organizationId: string
  readonly ownerId: string
  readonly projects: readonly ProjectRecord[]
  readonly users: readonly UserRecord[]
  readonly applications: readonly ApplicationRecord[]
  readonly groups: readonly GroupRecord[]
  readonly policies: readonly PolicyRecord[]
  readonly apiKeys: readonly ApiKeyRecord[]
  readonly secrets: readonly SavedSecret[]
}

export function stateOf({ secrets, iam, projects }: World): SavedState {
  return {
    organizationId: iam.organizationId,
    ownerId: iam.ownerId,
    projects: [...projects.values()],
    users: [...iam.users.values()],
    applications: [...iam.applications.values()],
    groups: [...iam.groups.values()],
    policies: [...iam.policies.values()],
    apiKeys: [...iam.keys.values()],
    secrets: [...secrets.all()].map((secret) => ({
      ...secret,
      versions: secret.versions.map((version) => ({
        ...version,
        payload: version.payload?.toString('base64') ?? null,
      })),
    })),
  }
}

export function restoreState({ secrets, iam, projects }: World, state: SavedState): void {
  for (const project of state.projects) projects.set(project.id, project)
  for (const user of state.users) iam.users.set(user.id, user)
  for (const application of state.applications) iam.applications.set(application.id, application)
  for (const group of state.groups) iam.groups.set(group.id, group)
  for (const policy of state.policies) iam.policies.set(policy.id, policy)
  for (const key of state.apiKeys) iam.addKey(key)
  for (const secret of state.secrets) {
    const versions = secret.versions.map((version) => ({
      ...version,
      payload: version.payload === null ? null : Buffer.from(version.payload, 'base64'),
    }))
    secrets.add({ ...secret, versions })
  }
}
