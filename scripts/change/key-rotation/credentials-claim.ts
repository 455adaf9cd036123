import { isDeepStrictEqual } from 'node:util'
import {
  claimCredentials,
  readCredentials,
  type StoredCredentials,
  type WriteOptions,
  writeCredentials,
} from '../../cluster/credentials-secret.ts'
import { isOfSealedSecret } from '../../cluster/sealed-takeover.ts'
import type { StoreObject } from '../../cluster/stores.ts'
import { isConflict, KubernetesError } from '../../kubernetes/errors.ts'
import { describeObject, type KubernetesObject, kinds } from '../../kubernetes/kinds.ts'
import { whileHolding } from '../../kubernetes/while-holding.ts'
import { commandLine } from '../../lib/command-line.ts'
import { ProblemError } from '../../lib/problems.ts'
import { deployStep, restoreStep } from '../../model/delivery/deploy-step.ts'
import { credentialKeys } from '../../model/names.ts'
import type { KeyPair } from '../../scaleway/api-key.ts'
import type { ScalewayAccount } from '../../scaleway/connection.ts'
import type { TierContext } from './key-rotation-context.ts'

/**
 * Does something while no other run may change the same credentials.
 *
 * @throws ProblemError `LEASE_HELD`, `LEASE_LOST`
 */
export async function aloneWithKey<Context extends TierContext & { readonly account?: ScalewayAccount }, T>(
  context: Context,
  act: (context: Context) => Promise<T>,
): Promise<T> {
  const { tier, holder, waits, log } = context
  const ref = { namespace: tier.namespace, name: tier.credentialsSecret }
  const options = { holder, durationMs: waits.leaseMs, onWait: log, signal: context.signal }
  return whileHolding(context.client, ref, options, ({ client, signal, mayWrite }) => {
    const { account } = context
    return act({ ...context, client, signal, ...(account ? { account: { ...account, mayWrite } } : {}) })
  })
}

/** @throws ProblemError `CREDENTIALS_MISSING` */
export async function requireCredentials({ client, tier, model, signal }: TierContext): Promise<StoredCredentials> {
  const stored = await readCredentials(client, tier, signal)
  if (stored) return stored
  throw credentialsMissing({ tier, model }, 'Expected the key that is to be replaced.')
}

export function credentialsMissing(
  { tier, model }: Pick<TierContext, 'tier' | 'model'>,
  expected: string,
): ProblemError {
  return new ProblemError({
    code: 'CREDENTIALS_MISSING',
    where: whereOf(tier),
    message: `does not exist. ${expected}`,
    fix: `Give the tier its first key: ${commandLine`credentials --environment ${model.environment} --tier ${tier.name}`}`,
  })
}

/**
 * Whether a write of credentials was refused, so that nothing was written. After any other error that is unknown. A
 * conflict doesn't count: a request that was sent twice conflicts with itself.
 */
export function isWriteRefused(error: unknown): boolean {
  if (error instanceof KubernetesError) return [400, 401, 403, 404, 422].includes(error.status)
  return error instanceof ProblemError && error.problems.some(({ code }) => code === 'CREDENTIALS_CHANGED')
}

/** The credentials, claimed so that an earlier run that still hangs somewhere can't overwrite them. */
export async function claimed(context: TierContext): Promise<StoredCredentials> {
  const { client, tier, holder, signal } = context
  for (;;) {
    const stored = await requireCredentials(context)
    try {
      return await claimCredentials(client, tier, stored, holder, signal)
    } catch (error) {
      if (!isConflict(error)) throw error
    }
  }
}

/**
 * Writes the credentials of this run, if nobody else has since they were read. A write whose response was lost, or that
 * was sent twice, is recognised by reading the object again.
 *
 * @throws ProblemError `CREDENTIALS_CHANGED`; nothing is written then. After any other error that is unknown
 */
export async function rewrite(
  { client, tier, signal }: TierContext,
  key: KeyPair,
  options: Omit<WriteOptions, 'signal'>,
): Promise<StoredCredentials> {
  try {
    return await writeCredentials(client, tier, key, { ...options, signal })
  } catch (error) {
    const there = await readCredentials(client, tier, signal).catch(() => undefined)
    if (there && isWhat(there, key, options)) return there
    if (!there || !isConflict(error)) throw error
    throw new ProblemError({
      code: 'CREDENTIALS_CHANGED',
      where: whereOf(tier),
      message: 'was just changed by another run. Expected no other run at the same time.',
      fix: 'Run the same command again: it starts from the current state.',
    })
  }
}

/**
 * Refuses a tier whose key is not where we would write it.
 *
 * @throws ProblemError `CREDENTIALS_SEALED`, `STORE_USES_OTHER_CREDENTIALS`
 */
export async function refuseOtherPlace({
  client,
  tier,
  model,
  signal,
}: Pick<TierContext, 'client' | 'tier' | 'model' | 'signal'>): Promise<void> {
  const { namespace, secretStore, credentialsSecret } = tier
  if (tier.sealedCredentials) {
    throw new ProblemError({
      code: 'CREDENTIALS_SEALED',
      where: `scripts/environments.ts ${model.environment}.sealedCredentials.${tier.name}`,
      message: `the chart contains this key as a SealedSecret, which would overwrite a key written here. Expected a sealed key.`,
      fix: 'Use --seal and replace the sealed form, or remove it and deploy first.',
    })
  }
  const secret = await client.get<KubernetesObject>(kinds.secret, { namespace, name: credentialsSecret }, signal)
  if (secret && isOfSealedSecret(secret)) {
    throw new ProblemError({
      code: 'CREDENTIALS_SEALED',
      where: whereOf(tier),
      message: 'belongs to a SealedSecret, which would overwrite a key written here. Expected a Secret of its own.',
      fix: `Use --seal and replace the sealed form. Where the chart has no sealed form any more, deploy first: ${deployStep(model)}.`,
    })
  }
  const ref = { namespace, name: secretStore }
  const store = await client.get<StoreObject>(kinds.secretStore, ref, signal)
  const { accessKey, secretKey } = store?.spec?.provider?.scaleway ?? {}
  const isOurs = (half: typeof accessKey, key: string) =>
    half?.secretRef?.name === credentialsSecret && half.secretRef.key === key
  if (!store || (isOurs(accessKey, credentialKeys.accessKey) && isOurs(secretKey, credentialKeys.secretKey))) return
  throw new ProblemError({
    code: 'STORE_USES_OTHER_CREDENTIALS',
    where: describeObject(kinds.secretStore, ref),
    message: `does not read its key from the credentials Secret. Expected both halves from Secret ${credentialsSecret}.`,
    fix: `Restore the store as the chart has it: ${restoreStep(model)}.`,
  })
}

// --- internal ---

function isWhat(there: StoredCredentials, { accessKey, secretKey }: KeyPair, { rotation }: WriteOptions): boolean {
  const isSameKey = there.accessKey === accessKey && there.secretKey === secretKey
  return isSameKey && isDeepStrictEqual(there.rotation, rotation)
}

function whereOf({ namespace, credentialsSecret: name }: TierContext['tier']): string {
  return describeObject(kinds.secret, { namespace, name })
}
