import type { KeyRotationState } from '../../cluster/credentials-secret.ts'
import { pause } from '../../lib/pause.ts'
import { ProblemError } from '../../lib/problems.ts'
import { describeKey } from '../../scaleway/api-key.ts'
import { ScalewayError } from '../../scaleway/http.ts'
import { expireApiKey } from '../../scaleway/iam.ts'
import { type KeyRotationContext, managing } from './key-rotation-context.ts'
import { isExpired, type TierKeys } from './tier-keys.ts'

/**
 * Makes the previous key expire, and waits until Scaleway counts it as expired. One that has expired or is deleted is fine.
 *
 * @throws ProblemError `CLOCK_DIFFERS`, `KEY_OUTLIVES_EXPIRY`
 */
export async function retireKey(context: KeyRotationContext, keys: TierKeys, accessKey: string): Promise<void> {
  const { signal, waits, log } = context
  if (await isExpired(context, keys, accessKey)) return log(`${describeKey({ accessKey })} has expired`)
  const expiresAt = new Date(Date.now() + waits.expireAheadMs)
  try {
    await expireApiKey(managing(context), accessKey, expiresAt)
  } catch (error) {
    throw error instanceof ScalewayError && error.status === 400 ? clockDiffers() : error
  }
  log(`disabled ${describeKey({ accessKey })}: it expires in ${waits.expireAheadMs / 1000} s`)
  await pause(waits.expireAheadMs, signal)
  const deadline = performance.now() + waits.outliveMs
  while (!(await isExpired(context, keys, accessKey))) {
    if (performance.now() > deadline) throw outlives(accessKey, expiresAt)
    await pause(1000, signal)
  }
}

/** Undoes `retire`: the previous key gets its old expiry back, or a key's lifetime when it had none. */
export async function giveBack(context: KeyRotationContext, keys: TierKeys, rotation: KeyRotationState): Promise<void> {
  const { model, log } = context
  const { previousAccessKey: accessKey, previousExpiresAt } = rotation
  const found = keys.all.find(({ access_key }) => access_key === accessKey)
  if (!found || accessKey === undefined) return
  const lifetime = new Date(Date.now() + model.keyLifetimeDays * 24 * 60 * 60 * 1000)
  const expiresAt = previousExpiresAt === undefined ? lifetime : new Date(previousExpiresAt)
  if (expiresAt <= new Date() || !(await isExpired(context, keys, accessKey))) return
  await expireApiKey(managing(context), accessKey, expiresAt)
  log(`${describeKey({ accessKey })} works again until ${expiresAt.toISOString()}`)
}

// --- internal ---

function clockDiffers(): ProblemError {
  return new ProblemError({
    code: 'CLOCK_DIFFERS',
    where: 'the clock of this machine',
    message: `is behind Scaleway's, so that an expiry a few seconds from now is refused. Expected the right time.`,
    fix: 'Set the clock (NTP), then run the same command again: it continues here, and both keys work until then.',
  })
}

function outlives(accessKey: string, expiresAt: Date): ProblemError {
  return new ProblemError({
    code: 'KEY_OUTLIVES_EXPIRY',
    where: describeKey({ accessKey }),
    message: `should have expired at ${expiresAt.toISOString()}, and Scaleway still accepts it. Expected the clock of this machine to be right.`,
    fix: 'Set the clock (NTP), then run the same command again: it continues here, and the new key is in use.',
  })
}
