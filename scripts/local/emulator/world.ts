import type { ProjectRecord } from './account/records.ts'
import { createIamStore, type IamStore } from './iam/store.ts'
import { createSecretStore, type SecretStore } from './secrets/store.ts'

/** What Scaleway allows an organization, and what can be lowered or raised here. */
export interface Limits {
  /** Secrets per organization; those scheduled for deletion count. */
  readonly secrets: number
  /** Versions per secret that can still be restored. */
  readonly versions: number
  readonly payloadBytes: number
  readonly applications: number
  readonly groups: number
  readonly policies: number
  readonly apiKeys: number
  readonly projects: number
}

/** Sources: `secret-manager-capabilities-limits.mdx` (2026-10-07), `organization-quotas.mdx` (2025-10-29). */
export const scalewayLimits: Limits = {
  secrets: 100,
  versions: 20,
  payloadBytes: 65_536,
  applications: 100,
  groups: 50,
  policies: 50,
  apiKeys: 50,
  projects: 25,
}

/**
 * How a name that is taken is refused. `conflict`: 409 already_exists. `invalid`: 400 with the help message that
 * three independent public clients look for. The real response is not known; test against both.
 */
export type DuplicateName = 'conflict' | 'invalid'

/** The data that the routes work on. */
export interface World {
  readonly secrets: SecretStore
  readonly iam: IamStore
  /** Those that were created, by id; `projectsOf` tells all of them. */
  readonly projects: Map<string, ProjectRecord>
  readonly limits: Limits
  readonly duplicateName: DuplicateName
}

export interface WorldOptions {
  readonly organizationId: string
  readonly ownerId: string
  readonly limits?: Partial<Limits>
  readonly duplicateName?: DuplicateName
}

export function createWorld({ organizationId, ownerId, limits, duplicateName = 'conflict' }: WorldOptions): World {
  return {
    secrets: createSecretStore(),
    iam: createIamStore(organizationId, ownerId),
    projects: new Map(),
    limits: { ...scalewayLimits, ...limits },
    duplicateName,
  }
}
