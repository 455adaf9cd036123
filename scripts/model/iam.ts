import { groupBy } from '../lib/group.ts'
import { pipelineApplication } from './names.ts'
import type { EnvironmentModel, TierModel } from './resolve.ts'
import { crossingValues, entryName } from './shared-values.ts'
import type { IsolationMode } from './types.ts'

/** A rule of a tier's IAM policy. */
export interface IamRule {
  readonly permissionSet: 'SecretManagerReadOnly' | 'SecretManagerSecretAccess'
  readonly projectId: string
  /** CEL over `resource.name`, which is folder, slash and name. */
  readonly condition?: string
}

/** What has to exist in IAM for one tier, or for a pipeline; nothing else may exist. */
export interface TierIamPlan {
  /** `ci` for a pipeline. */
  readonly tier: string
  /** Name of the IAM application, and of its one policy. */
  readonly name: string
  /** At most 200 characters, as IAM allows. */
  readonly description: string
  readonly projectIds: readonly string[]
  /** Folders, without a slash at their end. */
  readonly remotePaths: readonly string[]
  readonly rules: readonly IamRule[]
}

/** Whose rights are planned: of the keys that the tiers have in the cluster, or of a pipeline's. */
export type IamHolder = 'tiers' | 'ci'

/** The IAM of one environment: an application, a policy and a key with an expiry for each tier, or one for a pipeline. */
export interface IamPlan {
  readonly for: IamHolder
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
  /** Values that several tiers hold, each as the names of its entries, the origin first: a key of one tier reads them for all. */
  readonly shared: readonly (readonly string[])[]
}

/** The plan of an environment. Pure. */
export function iamPlan(model: EnvironmentModel): IamPlan {
  const { application, environment, example, isolation, organizationId, keyLifetimeDays, tiers } = model
  return {
    for: 'tiers',
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
      projectIds: [tier.projectId],
      remotePaths: [tier.remotePath],
      rules: iamRules(model, tier),
    })),
    shared: crossingValues(model).map(({ specs }) => specs.map(entryName)),
  }
}

/**
 * The plan of a pipeline: the metadata of the remote secrets of all tiers, and no value. What lists has no resource, as in
 * `iamRules`. Pure.
 */
export function pipelineIamPlan(model: EnvironmentModel): IamPlan {
  const { application, environment, isolation, tiers } = model
  const rules = [...groupBy(tiers, ({ projectId }) => projectId)].map(([projectId, members]): IamRule => {
    const condition = [...members.map(insideOf), withoutResource].join(' || ')
    return { permissionSet: 'SecretManagerReadOnly', projectId, ...(isolation === 'path' ? { condition } : {}) }
  })
  const description = `Pipelines of ${application}, environment ${environment}: metadata of its secrets, no values`
  return {
    ...iamPlan(model),
    for: 'ci',
    tiers: [
      {
        tier: 'ci',
        name: pipelineApplication(application, environment),
        description: description.slice(0, descriptionLimit),
        projectIds: rules.map(({ projectId }) => projectId),
        remotePaths: tiers.map(({ remotePath }) => remotePath),
        rules,
      },
    ],
    shared: [],
  }
}

/** How the command is told whose plan is meant: words after `iam --environment <name>`. */
export function holderOption({ for: holder }: Pick<IamPlan, 'for'>): readonly string[] {
  return holder === 'ci' ? ['--for', 'ci'] : []
}

/**
 * The two rules a tier's IAM application needs, and no more. In mode `path` listing has no resource and needs the
 * escape `!has(resource.id)`; reading a value always has one, so its rule has no escape. The prefix ends in a slash:
 * `/app/front` would also match `/app/frontend-admin/x`.
 * Source: Scaleway documentation, resource-level conditions (July 2026).
 */
export function iamRules({ isolation }: EnvironmentModel, tier: TierModel): IamRule[] {
  const { projectId } = tier
  const inside = insideOf(tier)
  const condition = (cel: string) => (isolation === 'path' ? { condition: cel } : {})
  return [
    { permissionSet: 'SecretManagerReadOnly', projectId, ...condition(`${inside} || ${withoutResource}`) },
    { permissionSet: 'SecretManagerSecretAccess', projectId, ...condition(inside) },
  ]
}

// --- internal ---

const longestWarningDays = 30
const descriptionLimit = 200
const withoutResource = '!has(resource.id)'

function insideOf({ remotePath }: TierModel): string {
  return `resource.name.startsWith("${remotePath}/")`
}

function descriptionOf({ application, environment }: EnvironmentModel, { name }: TierModel): string {
  return `Reads the secrets of tier ${name} of ${application}, environment ${environment}`.slice(0, descriptionLimit)
}
