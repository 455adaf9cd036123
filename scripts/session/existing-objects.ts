import type { ExistingObjects, ExistingSecret } from '../generate/terraform-imports.ts'
import type { IamPlan } from '../model/iam.ts'
import type { EnvironmentModel } from '../model/resolve.ts'
import type { ScalewayConnection } from '../scaleway/connection.ts'
import { readLiveIam } from '../scaleway/live-iam.ts'
import { listFolder } from '../scaleway/secrets.ts'
import { applicationOf, plannedPolicy } from '../scaleway/verify-iam.ts'

/**
 * What an account has of the plan and of the remote secrets: of two applications of one name, the older. Only reads.
 *
 * @throws ProblemError as `readLiveIam`; ScalewayError when the account may not list secrets
 */
export async function readExisting(
  account: ScalewayConnection,
  organizationId: string,
  plan: IamPlan,
  model: EnvironmentModel,
): Promise<ExistingObjects> {
  const live = await readLiveIam(account, organizationId, plan)
  const applications = new Map<string, string>()
  const policies = new Map<string, string>()
  for (const tier of plan.tiers) {
    const application = applicationOf(tier, live)
    const policy = application && plannedPolicy(tier, application)
    if (application) applications.set(tier.tier, application.id)
    if (policy) policies.set(tier.tier, policy.id)
  }
  const secrets = new Map<string, ExistingSecret>()
  for (const { projectId, remotePath } of model.tiers)
    for (const { id, name, version_count } of await listFolder(
      account,
      { region: model.region, projectId },
      remotePath,
    ))
      secrets.set(`${remotePath}/${name}`, { id, isFilled: version_count > 0 })
  return { applications, policies, secrets }
}
