import type { EmulatorOptions } from '../../scripts/local/emulator/emulator.ts'
import type { IamPlan, TierIamPlan } from '../../scripts/model/iam.ts'
import type { OperatorAccount } from '../../scripts/scaleway/account.ts'
import type { PolicyRule } from '../../scripts/scaleway/iam.ts'
import { createApiKey, createApplication, createPolicy } from '../../scripts/scaleway/iam.ts'
import { type Clients, startWorld, type World } from './clients.ts'

export const dayMs = 24 * 60 * 60 * 1000

/** An emulator, and its owner as the account of somebody who runs a command. */
export interface AccountWorld extends World {
  readonly account: OperatorAccount
  readonly organizationId: string
  readonly iam: Clients['iam']
  /** Ids of what was made for each tier. */
  readonly made: Map<string, { readonly applicationId: string; readonly policyId: string; readonly accessKey: string }>
}

/** An account that has exactly what the plan asks for. */
export async function plannedAccount(plan: IamPlan, options?: EmulatorOptions): Promise<AccountWorld> {
  const world = await emptyAccount(options)
  for (const tier of plan.tiers) await makeTier(world, plan, tier)
  return world
}

export async function emptyAccount(options?: EmulatorOptions): Promise<AccountWorld> {
  const world = await startWorld(options)
  const { organizationId, secretKey } = world.emulator.owner
  const account = { apiUrl: world.emulator.url, secretKey, organizationId, isLocal: true }
  return { ...world, account, organizationId, iam: world.owner.iam, made: new Map() }
}

export async function makeTier(world: AccountWorld, plan: IamPlan, tier: TierIamPlan): Promise<void> {
  const { account, organizationId } = world
  const application = await createApplication(account, organizationId, tier.name)
  const rules = tier.rules.map(policyRule)
  const policy = await createPolicy(account, organizationId, { name: tier.name, applicationId: application.id, rules })
  const expiresAt = new Date(Date.now() + plan.keyLifetimeDays * dayMs)
  const key = await createApiKey(account, application.id, { description: 'planned', expiresAt })
  world.made.set(tier.tier, { applicationId: application.id, policyId: policy.id, accessKey: key.access_key })
}

export function policyRule({ permissionSet, projectId, condition }: TierIamPlan['rules'][number]): PolicyRule {
  return { permission_set_names: [permissionSet], project_ids: [projectId], condition: condition ?? '' }
}
