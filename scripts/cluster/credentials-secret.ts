import type { ClusterReader, KubernetesClient } from '../kubernetes/client.ts'
import { kinds, type SecretObject } from '../kubernetes/kinds.ts'
import { credentialKeys } from '../model/names.ts'
import type { TierModel } from '../model/resolve.ts'
import { leftToController } from './sealed-takeover.ts'

/** An unfinished rotation, as recorded in the annotations of a credentials Secret. */
export interface KeyRotationState {
  /** `written`: the new key is in the Secret. `disabled`: the previous key is expired, and everything syncs without it. */
  readonly phase: 'written' | 'disabled'
  /** Access key of the previous key in the Secret, if any. */
  readonly previousAccessKey?: string
  /** RFC 3339; undefined when it never expired. */
  readonly previousExpiresAt?: string
}

/** What the credentials Secret of a tier holds. Secret: never printed. */
export interface StoredCredentials {
  readonly accessKey: string
  readonly secretKey: string
  readonly rotation: KeyRotationState | undefined
  readonly resourceVersion: string
  /** Names of other keys in the Secret. Not to be printed: one may be an API key in the wrong place. */
  readonly otherKeys: readonly string[]
}

export interface WriteOptions {
  /** Default: none, and the record of an earlier rotation is removed. */
  readonly rotation?: KeyRotationState
  /** Refuse the write when the Secret has changed since it was read. Default: write in any case */
  readonly resourceVersion?: string
  /** Keys of the Secret that are removed in the same step. Default: none */
  readonly without?: readonly string[]
  readonly signal?: AbortSignal
}

type Place = Pick<TierModel, 'namespace' | 'credentialsSecret'>

/** The credentials Secret of a tier, or undefined. */
export async function readCredentials(
  client: Pick<ClusterReader, 'get'>,
  tier: Place,
  signal?: AbortSignal,
): Promise<StoredCredentials | undefined> {
  const secret = await client.get<SecretObject>(kinds.secret, refOf(tier), signal)
  return secret && storedOf(secret)
}

/**
 * Writes both halves of a key, and the state of the rotation beside them, in one step. Only a patch removes what others
 * have put there, and only an apply removes what an earlier apply has put there: with `without`, the patch is repeated as an apply.
 *
 * @throws KubernetesError with status 409 when `resourceVersion` is not the current one
 */
export async function writeCredentials(
  client: Pick<KubernetesClient, 'apply' | 'mergePatch'>,
  tier: Place,
  key: Pick<StoredCredentials, 'accessKey' | 'secretKey'>,
  { rotation, resourceVersion, without = [], signal }: WriteOptions = {},
): Promise<StoredCredentials> {
  const ref = refOf(tier)
  const secret = {
    metadata: {
      ...ref,
      // So that a sealed key can follow: where no SealedSecret has this name, it means nothing.
      annotations: { ...leftToController, ...(rotation ? annotationsOf(rotation) : {}) },
      ...(resourceVersion === undefined ? {} : { resourceVersion }),
    },
    type: 'Opaque',
    data: {
      [credentialKeys.accessKey]: Buffer.from(key.accessKey).toString('base64'),
      [credentialKeys.secretKey]: Buffer.from(key.secretKey).toString('base64'),
    },
  } satisfies SecretObject
  const options = signal ? { signal } : {}
  if (without.length === 0) return storedOf(await client.apply<SecretObject>(kinds.secret, ref, secret, options))
  const data = { ...Object.fromEntries(without.map((name) => [name, null])), ...secret.data }
  const patched = storedOf(await client.mergePatch<SecretObject>(kinds.secret, ref, { ...secret, data }, signal))
  const metadata = { ...secret.metadata, resourceVersion: patched.resourceVersion }
  return storedOf(await client.apply<SecretObject>(kinds.secret, ref, { ...secret, metadata }, options))
}

/**
 * Marks the Secret as this holder's: whoever read it before can no longer write it with `resourceVersion`.
 *
 * @param holder a value never used before, or nothing changes
 */
export async function claimCredentials(
  client: Pick<KubernetesClient, 'mergePatch'>,
  tier: Place,
  { resourceVersion }: Pick<StoredCredentials, 'resourceVersion'>,
  holder: string,
  signal?: AbortSignal,
): Promise<StoredCredentials> {
  const patch = { metadata: { resourceVersion, annotations: { [annotations.holder]: holder } } }
  return storedOf(await client.mergePatch<SecretObject>(kinds.secret, refOf(tier), patch, signal))
}

// --- internal ---

const annotations = {
  phase: 'tiered-secrets/rotation',
  previousAccessKey: 'tiered-secrets/previous-access-key',
  previousExpiresAt: 'tiered-secrets/previous-expires-at',
  holder: 'tiered-secrets/holder',
} as const

function refOf({ namespace, credentialsSecret }: Place) {
  return { namespace, name: credentialsSecret }
}

function storedOf({ metadata, data }: SecretObject): StoredCredentials {
  const half = (key: string) => Buffer.from(data?.[key] ?? '', 'base64').toString('utf8')
  const ours: readonly string[] = Object.values(credentialKeys)
  return {
    accessKey: half(credentialKeys.accessKey),
    secretKey: half(credentialKeys.secretKey),
    rotation: rotationOf(metadata.annotations ?? {}),
    resourceVersion: metadata.resourceVersion ?? '',
    otherKeys: Object.keys(data ?? {}).filter((key) => !ours.includes(key)),
  }
}

function annotationsOf({ phase, previousAccessKey, previousExpiresAt }: KeyRotationState): Record<string, string> {
  return {
    [annotations.phase]: phase,
    ...(previousAccessKey === undefined ? {} : { [annotations.previousAccessKey]: previousAccessKey }),
    ...(previousExpiresAt === undefined ? {} : { [annotations.previousExpiresAt]: previousExpiresAt }),
  }
}

function rotationOf(found: Readonly<Record<string, string>>): KeyRotationState | undefined {
  const phase = found[annotations.phase]
  if (phase !== 'written' && phase !== 'disabled') return undefined
  const previousAccessKey = found[annotations.previousAccessKey]
  const previousExpiresAt = found[annotations.previousExpiresAt]
  return {
    phase,
    ...(previousAccessKey === undefined ? {} : { previousAccessKey }),
    ...(previousExpiresAt === undefined ? {} : { previousExpiresAt }),
  }
}
