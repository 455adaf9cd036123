import { readCredentials } from '../../cluster/credentials-secret.ts'
import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import { ProblemError } from '../../lib/problems.ts'
import { describeKey, isWellFormed } from '../../scaleway/api-key.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'
import { type Proof, probeKey } from '../../scaleway/probe-key.ts'
import { credentialsMissing, refuseOtherPlace } from './credentials-claim.ts'
import type { TierContext } from './key-rotation-context.ts'

/** The key that a tier has, and what it proved. */
export interface CheckedKey {
  /** As `describeKey` shows it. */
  readonly key: string
  readonly proof: Proof
}

/**
 * Whether the tier's key is where the operator reads it, and works. Changes nothing. That there is nothing in Scaleway
 * to prove it with is not a problem here.
 *
 * @param accountOf how to reach Scaleway with a secret key
 * @throws ProblemError `CREDENTIALS_MISSING` where a key can be given, `CREDENTIALS_MALFORMED`; or as `refuseOtherPlace`
 *   and `probeKey`
 */
export async function checkKey(
  context: Omit<TierContext, 'holder'>,
  accountOf: (secretKey: string) => Promise<ScalewayAccount>,
): Promise<CheckedKey> {
  const { client, tier, model, signal, waits, log } = context
  const stored = await readCredentials(client, tier, signal)
  // A sealed key can be checked once it is there, and not be given.
  if (!stored || !tier.sealedCredentials) await refuseOtherPlace(context)
  if (!stored) throw credentialsMissing(context, `Expected the key of tier "${tier.name}".`)
  if (!isWellFormed(stored)) throw malformed(context)
  const { accessKey, secretKey } = stored
  const patience = waits.patience
  const account = await accountOf(secretKey)
  try {
    const proof = await probeKey({ account, accessKey, model, tier, unproved: true, patience, onWait: log })
    return { key: describeKey(stored), proof }
  } catch (error) {
    // Another key can't be given to it either, and this is to be known before one is made.
    const sealed = tier.sealedCredentials
      ? await refuseOtherPlace(context).catch((refusal: unknown) => refusal)
      : undefined
    if (!(error instanceof ProblemError) || !(sealed instanceof ProblemError)) throw error
    throw new ProblemError([...error.problems, ...sealed.problems])
  }
}

// --- internal ---

function malformed({ tier, model }: Pick<TierContext, 'tier' | 'model'>): ProblemError {
  const { namespace, credentialsSecret: name } = tier
  return new ProblemError({
    code: 'CREDENTIALS_MALFORMED',
    where: describeObject(kinds.secret, { namespace, name }),
    message: 'does not hold exactly the two halves of a Scaleway key. Expected both, with nothing around them.',
    fix: `See what is wrong with it: ${commandLine`doctor --environment ${model.environment}`}`,
  })
}
