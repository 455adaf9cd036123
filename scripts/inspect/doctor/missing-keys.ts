import type { ClusterReader } from '../../kubernetes/client.ts'
import { isForbidden } from '../../kubernetes/errors.ts'
import { describeObject, kinds, type SecretObject } from '../../kubernetes/kinds.ts'
import type { Problem } from '../../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../../model/resolve.ts'
import { keyLack } from './causes/stored-credentials.ts'
import { credentialsFacts } from './observe/credentials-facts.ts'

/** A tier whose key is not in the cluster. */
export interface MissingKey {
  readonly tier: TierModel
  /** A warning: a key may come after the first deployment. */
  readonly problem: Problem
}

/**
 * Tiers whose credentials Secret, or a half of the key in it, is not there. Nothing is said of a sealed key, which comes with
 * the deployment, nor of a Secret that may not be read: a pipeline has no right to read keys.
 *
 * @throws KubernetesError, or ProblemError, when the cluster can't be asked
 */
export async function missingKeys(
  client: Pick<ClusterReader, 'get'>,
  model: EnvironmentModel,
  signal?: AbortSignal,
): Promise<MissingKey[]> {
  const unsealed = model.tiers.filter(({ sealedCredentials }) => sealedCredentials === undefined)
  return (await Promise.all(unsealed.map((tier) => missingKeyOf(client, model, tier, signal)))).flat()
}

// --- internal ---

async function missingKeyOf(
  client: Pick<ClusterReader, 'get'>,
  model: EnvironmentModel,
  tier: TierModel,
  signal: AbortSignal | undefined,
): Promise<MissingKey[]> {
  const ref = { namespace: tier.namespace, name: tier.credentialsSecret }
  try {
    const secret = await client.get<SecretObject>(kinds.secret, ref, signal)
    const lack = keyLack(secret && credentialsFacts(secret), model, tier)
    if (!lack) return []
    const { code, message, fix } = lack
    const where = describeObject(kinds.secret, ref)
    const whole = `${message} Without it no secret of this tier arrives.`
    return [{ tier, problem: { code, where, message: whole, fix, severity: 'warning' } }]
  } catch (error) {
    if (isForbidden(error)) return []
    throw error
  }
}
