import { readCredentials, type StoredCredentials } from '../../../cluster/credentials-secret.ts'
import { commandLine, pipedCommandLine } from '../../../lib/command-line.ts'
import { type Problem, ProblemError } from '../../../lib/problems.ts'
import type { TierModel } from '../../../model/resolve.ts'
import { describeKey, isWellFormed } from '../../../scaleway/api-key.ts'
import { type Proof, probeKey, proofText } from '../../../scaleway/probe-key.ts'
import { type MigrationContext, placeOfSecret } from '../migration-context.ts'
import { blocked, done, type Step } from '../step.ts'

/** Each tier has a Scaleway key that opens its own secrets and no others. A person decides who may create keys. */
export const credentialsStep: Step = {
  name: 'credentials',
  title: 'prove the keys',
  async look(context) {
    const tiers = context.model.tiers.filter(({ remoteSecrets }) => remoteSecrets.length > 0)
    const found = await Promise.all(tiers.map((tier) => examine(context, tier)))
    const problems = found.flatMap((one) => one.problems)
    const lacking = found.filter((one) => one.problems.length > 0).map(({ tier }) => tier.name)
    if (problems.length > 0) return blocked(`no working key for ${lacking.join(', ')}`, problems)
    return done(found.map(({ tier, note }) => `${tier.name} ${note}`).join('; '))
  },
}

// --- internal ---

interface Examined {
  readonly tier: TierModel
  readonly problems: readonly Problem[]
  readonly note: string
}

async function examine(context: MigrationContext, tier: TierModel): Promise<Examined> {
  const stored = await readCredentials(context.client, tier, context.signal)
  // It is part of the chart, so nothing can be proved before.
  if (!stored && tier.sealedCredentials) return { tier, problems: [], note: 'is sealed' }
  if (!stored) return { tier, problems: [missing(context, tier)], note: '' }
  if (!isWellFormed(stored)) return { tier, problems: [malformed(context, tier)], note: '' }
  try {
    const proof = await probe(context, tier, stored)
    const isProved = proof.read !== undefined && proof.unprovedTiers.length === 0
    return { tier, problems: [], note: `${isProved ? 'proved' : 'not proved'}; ${proofText(proof)}` }
  } catch (error) {
    // A refusal of the API says nothing about the key.
    if (!(error instanceof ProblemError) || error.problems.some(({ where }) => where !== describeKey(stored)))
      throw error
    return { tier, problems: error.problems, note: '' }
  }
}

/** Everything with a value is filled by now: a tier without any has only optional secrets that are absent. */
function probe(
  { account, model, signal }: MigrationContext,
  tier: TierModel,
  stored: StoredCredentials,
): Promise<Proof> {
  const { accessKey, secretKey } = stored
  const asKey = { ...account, secretKey, signal }
  return probeKey({ account: asKey, accessKey, model, tier, unproved: true, patience: { refusedMs: 0 } })
}

function missing({ model }: MigrationContext, tier: TierModel): Problem {
  const { environment } = model
  return {
    code: 'CREDENTIALS_MISSING',
    where: placeOf(tier),
    message: `does not exist: tier "${tier.name}" has no Scaleway key. Expected one of the IAM application ${tier.iamApplication}.`,
    fix: `Make it: ${pipedCommandLine`iam --environment ${environment} --format scw`} > iam.sh && sh iam.sh. A key that is there already: ${commandLine`credentials --environment ${environment} --tier ${tier.name}`}`,
  }
}

function malformed({ model }: MigrationContext, tier: TierModel): Problem {
  return {
    code: 'CREDENTIALS_MALFORMED',
    where: placeOf(tier),
    message: 'does not hold exactly the two halves of a Scaleway key. Expected both, with nothing around them.',
    fix: `Write it again: ${commandLine`credentials --environment ${model.environment} --tier ${tier.name}`}. Where a SecretStore reads it already, the operator has written it into Events and its log: give a new key, and delete this one in Scaleway.`,
  }
}

function placeOf({ namespace, credentialsSecret }: TierModel): string {
  return placeOfSecret({ namespace, name: credentialsSecret })
}
