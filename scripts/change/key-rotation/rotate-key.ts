import type { KeyRotationState, StoredCredentials } from '../../cluster/credentials-secret.ts'
import { commandLine } from '../../lib/command-line.ts'
import { ProblemError } from '../../lib/problems.ts'
import { accessKeyIn, checkedKey, describeKey, type KeyPair } from '../../scaleway/api-key.ts'
import { createApiKey } from '../../scaleway/iam.ts'
import { probeKey, proofText } from '../../scaleway/probe-key.ts'
import {
  aloneWithKey,
  claimed,
  isWriteRefused,
  refuseOtherPlace,
  requireCredentials,
  rewrite,
} from './credentials-claim.ts'
import { type KeyRotationContext, managing } from './key-rotation-context.ts'
import { syncProblems } from './prove-key.ts'
import { giveBack, retireKey } from './retire-key.ts'
import { deleteKey, deleteLeftKeys, orphansOf, readKeys, type TierKeys } from './tier-keys.ts'

/** The result of a rotation; access keys as `describeKey` shows them. */
export interface KeyRotationResult {
  readonly newKey: string
  /** The previous key, which is expired and still to be deleted; undefined when there was nothing to disable. */
  readonly disabledKey: string | undefined
  /** An interrupted rotation was finished. */
  readonly resumed: boolean
}

/**
 * Replaces the API key of a tier: a new key is made, probed and written, every ExternalSecret synced with it, then the
 * previous key is made to expire, and everything is synced once more. A run can be killed after any step: where
 * to continue is read from the annotations of the credentials Secret and from the keys in Scaleway, and the key in the
 * Secret works at every moment.
 *
 * @throws ProblemError with what stopped it; the same call continues from there
 */
export async function rotateKey(context: KeyRotationContext): Promise<KeyRotationResult> {
  await requireCredentials(context)
  return aloneWithKey(context, async (context) => {
    await refuseOtherPlace(context)
    // Before the keys are listed: from now on nobody else can write a key that we take for an orphan.
    const stored = await claimed(context)
    const keys = await readKeys(context)
    if (stored.rotation?.phase === 'written') {
      context.log('continuing an interrupted rotation')
      return { ...(await complete(context, keys, stored, stored.rotation)), resumed: true }
    }
    await deleteLeftKeys(context, keys, stored)
    const { written, rotation } = await replace(context, keys, stored)
    return { ...(await complete(context, keys, written, rotation)), resumed: false }
  })
}

/**
 * Deletes what a rotation has disabled.
 *
 * @returns how many keys were deleted
 * @throws ProblemError `ROTATION_UNFINISHED`, or as `deleteLeftKeys`
 */
export async function finishKeyRotation(context: KeyRotationContext): Promise<number> {
  await requireCredentials(context)
  return aloneWithKey(context, async (context) => {
    // Where the operator reads another key, that one may be what looks like left over.
    await refuseOtherPlace(context)
    const stored = await claimed(context)
    if (stored.rotation?.phase === 'written') throw unfinished(context)
    const deleted = await deleteLeftKeys(context, await readKeys(context), stored)
    if (stored.rotation) await rewrite(context, stored, { resourceVersion: stored.resourceVersion })
    return deleted
  })
}

/** What `rotateKey` or `finishKeyRotation` would do now, one line per step. Changes nothing. */
export async function planKeyRotation(
  context: KeyRotationContext,
  { finish }: { readonly finish: boolean },
): Promise<string[]> {
  await refuseOtherPlace(context)
  const stored = await requireCredentials(context)
  if (finish && stored.rotation?.phase === 'written') throw unfinished(context)
  const keys = await readKeys(context)
  const { tier, model } = context
  const previous = stored.rotation?.previousAccessKey
  const last = [
    `refresh every ExternalSecret of ${tier.namespace} and wait until it is synced`,
    `make the previous key expire in ${context.waits.expireAheadMs / 1000} s; Scaleway knows no other way to disable a key`,
    'refresh and wait again, which proves that nothing needs the previous key',
  ]
  if (stored.rotation?.phase === 'written') return ['continue the interrupted rotation:', ...last]
  const orphans = orphansOf(keys, stored)
  const left = keys.all.filter((key) => key.access_key === previous || orphans.includes(key))
  const deletions = left.map(({ access_key }) => `delete ${describeKey({ accessKey: access_key })}`)
  if (finish) return deletions
  return [
    ...deletions,
    `create a key of ${tier.iamApplication} that expires in ${model.keyLifetimeDays} days, and probe it`,
    `write it to Secret ${tier.namespace}/${tier.credentialsSecret} in place of ${describeKey(stored)}`,
    ...last,
  ]
}

// --- internal ---

const dayMs = 24 * 60 * 60 * 1000

async function replace(context: KeyRotationContext, keys: TierKeys, stored: StoredCredentials) {
  const { model, tier, log, waits, unproved } = context
  const before = keys.all.find(({ access_key }) => access_key === accessKeyIn(stored))
  if (!before) log(`${describeKey(stored)} in use is not a key of ${tier.iamApplication}: it will not be touched`)
  const expiresAt = new Date(Date.now() + model.keyLifetimeDays * dayMs)
  const created = await createApiKey(managing(context), keys.applicationId, { description: keys.mark, expiresAt })
  const rotation: KeyRotationState = {
    phase: 'written',
    ...(before ? { previousAccessKey: before.access_key } : {}),
    ...(before?.expires_at ? { previousExpiresAt: before.expires_at } : {}),
  }
  try {
    const key = checkedKey({ accessKey: created.access_key, secretKey: created.secret_key }, 'Scaleway')
    log(`created ${describeKey(key)}, valid until ${expiresAt.toISOString().slice(0, 10)}`)
    const asKey = { ...managing(context), secretKey: key.secretKey }
    const patience = { unknownMs: 10_000, ...waits.patience }
    const probe = { account: asKey, accessKey: key.accessKey, model, tier, unproved, patience, onWait: log }
    log(`${describeKey(key)} ${proofText(await probeKey(probe))}`)
    const written = await write(context, key, stored, rotation)
    return { written, rotation }
  } catch (error) {
    if (error instanceof UncertainWrite) throw error.cause
    await deleteKey(context, created.access_key).catch(() => undefined)
    throw error
  }
}

async function write(context: KeyRotationContext, key: KeyPair, stored: StoredCredentials, rotation: KeyRotationState) {
  const { resourceVersion, otherKeys } = stored
  try {
    const written = await rewrite(context, key, { rotation, resourceVersion, without: otherKeys })
    context.log(`wrote it to Secret ${context.tier.namespace}/${context.tier.credentialsSecret}`)
    return written
  } catch (error) {
    throw isWriteRefused(error) ? error : new UncertainWrite(error)
  }
}

/** It is unknown whether the API server stored it: the key in the Secret may be the new one, so it must stay valid. */
class UncertainWrite extends Error {
  constructor(cause: unknown) {
    super('the response to a write was lost', { cause })
  }
}

async function complete(
  context: KeyRotationContext,
  keys: TierKeys,
  stored: StoredCredentials,
  rotation: KeyRotationState,
): Promise<Omit<KeyRotationResult, 'resumed'>> {
  const { previousAccessKey } = rotation
  const prove = async () => {
    const problems = await syncProblems(context)
    if (problems.length === 0) return
    await giveBack(context, keys, rotation)
    throw new ProblemError(problems)
  }
  await prove()
  if (previousAccessKey !== undefined) {
    await retireKey(context, keys, previousAccessKey)
    await prove()
  }
  const { resourceVersion } = stored
  await rewrite(context, stored, { rotation: { ...rotation, phase: 'disabled' }, resourceVersion })
  return {
    newKey: describeKey(stored),
    disabledKey: previousAccessKey === undefined ? undefined : describeKey({ accessKey: previousAccessKey }),
  }
}

function unfinished({ model, tier }: KeyRotationContext): ProblemError {
  return new ProblemError({
    code: 'ROTATION_UNFINISHED',
    where: `credentials of ${model.environment}/${tier.name}`,
    message: 'a rotation was interrupted, and the previous key may still be needed. Expected a finished rotation.',
    fix: `Finish it first: ${commandLine`credentials --environment ${model.environment} --tier ${tier.name} --rotate`}`,
  })
}
