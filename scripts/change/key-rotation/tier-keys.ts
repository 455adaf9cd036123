import type { StoredCredentials } from '../../cluster/credentials-secret.ts'
import { type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { commandLine } from '../../lib/command-line.ts'
import { ProblemError } from '../../lib/problems.ts'
import { keyMark } from '../../model/names.ts'
import { accessKeyIn, describeKey } from '../../scaleway/api-key.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import { type ApiKeyEntry, deleteApiKey, findApplication, listApiKeys } from '../../scaleway/iam.ts'
import { type KeyRotationContext, managing } from './key-rotation-context.ts'

/** The keys of a tier's IAM application, as last read. */
export interface TierKeys {
  readonly applicationId: string
  readonly all: readonly ApiKeyEntry[]
  /** Description of the keys that rotations in this cluster create. */
  readonly mark: string
}

/** @throws ProblemError `IAM_APPLICATION_MISSING`, or as `scalewayRequest` */
export async function readKeys(context: KeyRotationContext): Promise<TierKeys> {
  const { client, tier, model, signal } = context
  const { organizationId } = context.account
  const application = await findApplication(managing(context), organizationId, tier.iamApplication)
  if (!application) {
    throw new ProblemError({
      code: 'IAM_APPLICATION_MISSING',
      where: `IAM application ${tier.iamApplication}`,
      message: `does not exist in organization ${organizationId}. Expected the application of tier "${tier.name}".`,
      fix: `Create it: ${commandLine`iam --environment ${model.environment} --format scw`}`,
    })
  }
  const all = await listApiKeys(managing(context), application.id)
  const namespace = await client.get<KubernetesObject>(kinds.namespace, { name: tier.namespace }, signal)
  return {
    applicationId: application.id,
    all,
    mark: keyMark(model.environment, tier.name, namespace?.metadata.uid ?? ''),
  }
}

/**
 * Keys that an interrupted run made and never wrote; their secret half is lost. None where the Secret does not tell which
 * key is in use: any of them may be.
 */
export function orphansOf({ all, mark }: TierKeys, stored: StoredCredentials): ApiKeyEntry[] {
  const inUse = accessKeyIn(stored)
  if (inUse === undefined) return []
  const known = [inUse, stored.rotation?.previousAccessKey?.trim()]
  return all.filter(({ access_key, description }) => description === mark && !known.includes(access_key))
}

/** The previous key, once a rotation has disabled it. */
export function retiredOf({ all }: TierKeys, { rotation }: StoredCredentials): ApiKeyEntry | undefined {
  if (rotation?.phase !== 'disabled') return undefined
  return all.find(({ access_key }) => access_key === rotation.previousAccessKey)
}

/**
 * Deletes what earlier rotations left: the key that was disabled, and keys that were never written.
 *
 * @returns how many
 * @throws ProblemError `RETIRED_KEY_ALIVE` when the disabled key works again: somebody changed its expiry
 */
export async function deleteLeftKeys(context: KeyRotationContext, keys: TierKeys, stored: StoredCredentials) {
  const retired = retiredOf(keys, stored)
  if (retired && !(await isExpired(context, keys, retired.access_key))) throw alive(context, retired)
  const orphans = orphansOf(keys, stored)
  for (const { access_key } of [...(retired ? [retired] : []), ...orphans]) {
    await deleteKey(context, access_key)
    const why = access_key === retired?.access_key ? 'disabled before' : 'made by a run that was interrupted'
    context.log(`deleted ${describeKey({ accessKey: access_key })}, ${why}`)
  }
  return orphans.length + (retired ? 1 : 0)
}

/** One that is already deleted is fine. */
export async function deleteKey({ account }: Pick<KeyRotationContext, 'account'>, accessKey: string): Promise<void> {
  try {
    await deleteApiKey(account, accessKey)
  } catch (error) {
    if (!(error instanceof ScalewayError && error.status === 404)) throw error
  }
}

/** By Scaleway's clock, not by ours. A deleted key counts too. */
export async function isExpired(
  context: KeyRotationContext,
  { applicationId }: TierKeys,
  accessKey: string,
): Promise<boolean> {
  const alive = await listApiKeys(managing(context), applicationId, { expired: false })
  return !alive.some(({ access_key }) => access_key === accessKey)
}

// --- internal ---

function alive({ tier, model }: KeyRotationContext, { access_key }: ApiKeyEntry): ProblemError {
  return new ProblemError({
    code: 'RETIRED_KEY_ALIVE',
    where: describeKey({ accessKey: access_key }),
    message: `was disabled by the last rotation of ${model.environment}/${tier.name}, and works again: somebody changed its expiry. Expected it expired.`,
    fix: 'Find out who uses it, make it expire or delete it in the Scaleway console, and run this again.',
  })
}
