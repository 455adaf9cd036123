import { againText, leaveToController } from '../../../cluster/sealed-takeover.ts'
import { kinds } from '../../../kubernetes/kinds.ts'
import { pipedCommandLine } from '../../../lib/command-line.ts'
import { type Problem, ProblemError } from '../../../lib/problems.ts'
import { shortList } from '../../../lib/short-list.ts'
import { credentialKeys, roleNames } from '../../../model/names.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import {
  accessKeyIn,
  checkedKey,
  describeKey,
  isWellFormed,
  type KeyPair,
  looksLikeKey,
} from '../../../scaleway/api-key.ts'
import { type Cause, causeOf, placeIn } from '../cause.ts'
import type { CauseCode } from '../cause-codes.ts'
import { eventEvidence } from '../evidence.ts'
import { isSeen } from '../fact.ts'
import type { CredentialsFacts } from '../observe/credentials-facts.ts'
import type { TierFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'
import { unsynced } from '../unsynced.ts'

/** What is wrong with the form of a credentials Secret, before Scaleway is asked. No part of the key is shown. */
export function credentialsCause(model: EnvironmentModel, facts: TierFacts): Cause | undefined {
  const { tier, credentials, store } = facts
  if (!isSeen(credentials)) return undefined
  const found = faultOf(credentials.value, model, tier)
  if (!found) return undefined
  const where = placeIn(kinds.secret, tier, tier.credentialsSecret)
  const ref = { namespace: tier.namespace, name: tier.secretStore }
  const warning = isSeen(store) ? store.value.warning : undefined
  return causeOf({
    ...found,
    where,
    fix: tier.sealedCredentials && found.code !== 'SEALED_KEY_UNUSED' ? resealed(model, tier, found) : found.fix,
    evidence: [found.seen, ...eventEvidence(kinds.secretStore, ref, warning)],
    explains: unsynced(facts),
    specs: tier.remoteSecrets.flatMap(({ specs }) => specs),
    isOptional: false,
  })
}

/** What a credentials Secret lacks: itself, or a half of the key under its name. Undefined: it has both. */
export function keyLack(
  found: CredentialsFacts | undefined,
  model: EnvironmentModel,
  tier: TierModel,
): (Pick<Problem, 'message' | 'fix'> & { readonly code: CauseCode; readonly seen: string }) | undefined {
  const { accessKey, secretKey, names = [], halves } = found ?? {}
  if (accessKey !== undefined && secretKey !== undefined) return undefined
  const give = giveKey(model, tier)
  if (!found)
    return {
      code: 'CREDENTIALS_ABSENT',
      message: `does not exist. Expected the Scaleway API key of tier "${tier.name}".`,
      fix: give,
      seen: `the API server returns 404 for Secret ${tier.namespace}/${tier.credentialsSecret}`,
    }
  return {
    code: 'CREDENTIALS_NAMES',
    message: `has ${names.length > 0 ? `the keys ${shortList(names)}` : 'no keys'}. Expected ${credentialKeys.accessKey} and ${credentialKeys.secretKey}.`,
    fix: halves ? paste.regiveKey(model, tier, halves) : give,
    seen: `its keys: ${names.length > 0 ? shortList(names) : 'none'}`,
  }
}

// --- internal ---

interface Fault {
  readonly code: CauseCode
  readonly message: string
  readonly fix: string
  /** As evidence. */
  readonly seen: string
  /** The key that has to be revoked, because the operator has published it. */
  readonly disclosed?: KeyPair
}

function faultOf(found: CredentialsFacts | undefined, model: EnvironmentModel, tier: TierModel): Fault | undefined {
  const lack = keyLack(found, model, tier)
  if (!found) return lack
  if (tier.sealedCredentials && !found.isLeftToController)
    return {
      code: 'SEALED_KEY_UNUSED',
      message:
        'does not belong to the SealedSecret of its name: the sealed-secrets controller leaves it as it is, and the sealed key is not used. Expected the annotation sealedsecrets.bitnami.com/managed: "true".',
      fix: `${paste.look(leaveToController({ namespace: tier.namespace, name: tier.credentialsSecret }))}, then ${againText}.`,
      seen: 'it has neither this annotation nor a SealedSecret as its owner',
    }
  if (lack) return lack
  const { accessKey = '', secretKey = '' } = found
  if (isWellFormed({ accessKey, secretKey })) return undefined
  const halves = [
    [credentialKeys.accessKey, accessKey],
    [credentialKeys.secretKey, secretKey],
  ] as const
  const half = halfTold({ accessKey, secretKey })
  const disclosure =
    half === undefined
      ? ''
      : ` The operator has written ${half} into Events of ${tier.namespace}, which ${roleNames.viewer} and roles of Kubernetes show, and into its log: this key has to be revoked.`
  const disclosed = half === undefined ? {} : { disclosed: { accessKey, secretKey } }
  if (isWellFormed({ accessKey: accessKey.trim(), secretKey: secretKey.trim() })) {
    const around = halves.filter(([, value]) => value !== value.trim())
    const what = around.some(([, value]) => /[\r\n]/.test(value)) ? 'a line break' : 'white space'
    return {
      code: 'CREDENTIALS_LINE_BREAK',
      message: `has ${what} around ${around.map(([name]) => name).join(' and ')}, which the operator refuses. Expected the key alone.${disclosure}`,
      fix: `${revoke(model, tier, { accessKey, secretKey })} \`echo\` adds a line break, \`printf %s\` does not.`,
      ...disclosed,
      seen: halves
        .map(([name, value]) => `${name}: ${value.length} characters, ${value.trim().length} without white space`)
        .join('; '),
    }
  }
  return {
    code: 'CREDENTIALS_MALFORMED',
    message: `${malformed(accessKey, secretKey)}${disclosure}`,
    fix: half === undefined ? giveKey(model, tier) : revoke(model, tier, { accessKey, secretKey }),
    ...disclosed,
    seen: halves.map(([name, value]) => `${name}: ${value.length} characters`).join('; '),
  }
}

function giveKey(model: EnvironmentModel, tier: TierModel): string {
  return `${paste.giveKey(model, tier)} with a key of the IAM application ${tier.iamApplication}; ${paste.iam(model)} creates one.`
}

/** The words of the check for a given key. */
function malformed(accessKey: string, secretKey: string): string {
  try {
    checkedKey({ accessKey, secretKey }, '')
    return 'has quotes around a half of the key. Expected the key alone.'
  } catch (error) {
    if (!(error instanceof ProblemError)) throw error
    return error.problems.map(({ message }) => message).join(' It also ')
  }
}

/**
 * Which half the operator publishes, because it is malformed: it checks the access key first, and does not quote an empty one.
 * Source: scaleway-sdk-go, scw/client_option.go, `validate`.
 */
function halfTold({ accessKey, secretKey }: KeyPair): string | undefined {
  if (!looksLikeKey('accessKey', accessKey)) return accessKey === '' ? undefined : credentialKeys.accessKey
  return secretKey === '' ? undefined : credentialKeys.secretKey
}

function revoke(model: EnvironmentModel, tier: TierModel, key: KeyPair): string {
  const { iamApplication } = tier
  const rotate = `${paste.rotateKey(model, tier)} puts a new key in use`
  return accessKeyIn(key) === undefined
    ? `${rotate}; it is not known any more which key this was: delete the old one of ${iamApplication} in Scaleway.`
    : `${rotate} and makes this one expire; then ${paste.finishKey(model, tier)} deletes it. If it belongs to another IAM application than ${iamApplication}, delete it in Scaleway.`
}

function resealed(model: EnvironmentModel, tier: TierModel, { disclosed }: Fault): string {
  const seal = paste.look(
    pipedCommandLine`credentials --environment ${model.environment} --tier ${tier.name} --from key.json --seal cert.pem`,
  )
  const replaced = `${seal}, and put it in place of sealedCredentials.${tier.name} in scripts/environments.ts`
  if (!disclosed) return `${replaced}.`
  const accessKey = accessKeyIn(disclosed) ?? ''
  return `Create another key of ${tier.iamApplication}: ${replaced}. Once it is deployed, delete this one, ${describeKey({ accessKey })}, in Scaleway.`
}
