import type { EnvironmentModel, TierModel } from './resolve.ts'
import type { IsolationMode } from './types.ts'

/** A rule of a tier's IAM policy. */
export interface IamRule {
  readonly permissionSet: 'SecretManagerReadOnly' | 'SecretManagerSecretAccess'
  readonly projectId: string
  /** CEL over `resource.name`, which is folder, slash and name. */
  readonly condition?: string
}

/** What has to exist in IAM for one tier; nothing else may exist. */
export interface TierIamPlan {
  readonly tier: string
  /** Name of the IAM application, and of its one policy. */
  readonly name: string
  /** At most 200 characters, as IAM allows. */
  readonly description: string
  readonly projectId: string
  /** Folder, without a slash at its end. */
  readonly remotePath: string
  readonly rules: readonly IamRule[]
}

/** The IAM of one environment: an application, a policy and a key with an expiry for each tier. */
export interface IamPlan {
  readonly application: string
  readonly environment: string
  readonly example: boolean
  readonly isolation: IsolationMode
  /** Undefined: the organization of the account that runs a command. */
  readonly organizationId: string | undefined
  readonly keyLifetimeDays: number
  /** A key that expires within this number of days is reported. */
  readonly keyWarningDays: number
  readonly tiers: readonly TierIamPlan[]
}

/** The plan of an environment. Pure. */
export function iamPlan(model: EnvironmentModel): IamPlan {
  const { application, environment, example, isolation, organizationId, keyLifetimeDays, tiers } = model
  return {
    application,
    environment,
    example,
    isolation,
    organizationId,
    keyLifetimeDays,
    keyWarningDays: Math.min(longestWarningDays, Math.ceil(keyLifetimeDays / 3)),
    tiers: tiers.map((tier) => ({
      tier: tier.name,
      name: tier.iamApplication,
      description: descriptionOf(model, tier),
      projectId: tier.projectId,
      remotePath: tier.remotePath,
      rules: iamRules(model, tier),
    })),
  }
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

// --- internal ---

const longestWarningDays = 30
const descriptionLimit = 200

function descriptionOf({ application, environment }: EnvironmentModel, { name }: TierModel): string {
  return `Reads the secrets of tier ${name} of ${application}, environment ${environment}`.slice(0, descriptionLimit)
}
