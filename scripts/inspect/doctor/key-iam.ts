import type { Problem } from '../../lib/problems.ts'
import type { IamPlan, TierIamPlan } from '../../model/iam.ts'
import type { TierModel } from '../../model/resolve.ts'
import type { LiveApplication } from '../../scaleway/live-iam.ts'
import { applicationOf, verifyIam } from '../../scaleway/verify-iam.ts'

/** What IAM knows of the key of a tier and of its rules. */
export interface KeyIam {
  /** One of the applications of the plan has a key of this access key. */
  readonly isKnown: boolean
  /** Name of that application. */
  readonly owner: string | undefined
  /** The tier of that application. */
  readonly ownerTier: Pick<TierModel, 'name'> | undefined
  /** RFC 3339; undefined when the key has not expired. */
  readonly expiredAt: string | undefined
  /** The rules allow less than the plan, or something else. */
  readonly isConditionWrong: boolean
  /** What is wrong with the rules, as the message of a cause; undefined: they are as planned. */
  readonly fact: string | undefined
  readonly evidence: readonly string[]
}

/** Pure. */
export function keyIam(
  plan: IamPlan,
  { name }: Pick<TierModel, 'name'>,
  accessKey: string,
  live: readonly LiveApplication[],
  now: Date,
): KeyIam {
  const holder = live.find(({ keys }) => keys.some(({ access_key }) => access_key === accessKey))
  const entry = holder?.keys.find(({ access_key }) => access_key === accessKey)
  const expiresAt = entry?.expires_at ?? undefined
  const ownerPlan = holder && plan.tiers.find((tier) => applicationOf(tier, live) === holder)
  const own = plan.tiers.find(({ tier }) => tier === name)
  const problems = own ? ruleProblems(plan, own, live, now) : []
  const conditions = problems.filter(({ code }) => code === conditionCode)
  const [first] = conditions.length > 0 ? conditions : problems
  return {
    isKnown: holder !== undefined,
    owner: holder?.name,
    ownerTier: ownerPlan && { name: ownerPlan.tier },
    expiredAt: expiresAt !== undefined && new Date(expiresAt) <= now ? expiresAt : undefined,
    isConditionWrong: conditions.length > 0,
    fact: first && `may not do what its tier needs: ${text(first)}`,
    evidence:
      problems.length > 0
        ? problems.filter((one) => one !== first).map(text)
        : [`the rules of ${own?.name} are as planned; a change takes up to a minute to take effect`],
  }
}

// --- internal ---

const text = ({ where, message }: Problem) => `${where}: ${message}`

const conditionCode = 'IAM_CONDITION_DIFFERS'

/** Too many rights don't explain a refusal. */
const tooFewCodes = [
  'IAM_APPLICATION_MISSING',
  'IAM_POLICY_MISSING',
  'IAM_RULE_MISSING',
  'IAM_OTHER_PROJECT',
  conditionCode,
]

function ruleProblems(plan: IamPlan, own: TierIamPlan, live: readonly LiveApplication[], now: Date) {
  return verifyIam({ ...plan, tiers: [own] }, live, { now }).filter(({ code }) => tooFewCodes.includes(code))
}
