import { commandLine } from '../lib/command-line.ts'
import type { Problem } from '../lib/problems.ts'
import type { EnvironmentModel, TierModel } from '../model/resolve.ts'
import { describeKey } from './api-key.ts'

/** What a key was able to do. */
export interface KeyFindings {
  readonly own: {
    /** Scaleway does not know this key. */
    readonly unknown: boolean
    readonly listed: boolean
    /** Remote ref whose value was read. */
    readonly read?: string
    /** Remote ref whose value was refused. */
    readonly refused?: string
  }
  readonly others: readonly OtherTier[]
}

/** What a key was able to do with the remote secrets of another tier. */
export interface OtherTier {
  readonly tier: TierModel
  readonly listed: boolean
  /** Folder and name of each remote secret that could be read. */
  readonly readable: readonly string[]
  /** How many were refused with 403. */
  readonly refusals: number
  /** How many gave an answer that says nothing: they are not there, have no version, or would be used up. */
  readonly untried: number
}

export interface ProbedKey {
  readonly accessKey: string
  readonly model: EnvironmentModel
  readonly tier: TierModel
}

/** What is wrong with a key, each with its likely cause. Empty for a key that can do what its tier needs and no more. */
export function keyProblems(key: ProbedKey, { own, others }: KeyFindings): Problem[] {
  if (own.unknown) return [unknownKey(key)]
  const wide = others.filter(({ readable }) => readable.length > 0)
  const [foreign] = wide
  if (foreign && isRefused(own)) return [keyOfOtherTier(key, foreign.tier)]
  const ownProblems = own.listed
    ? own.refused === undefined
      ? []
      : [readingRefused(key, own.refused)]
    : [listingRefused(key)]
  const open = key.model.isolation === 'project' ? others.filter(({ listed }) => listed) : wide
  return [...ownProblems, ...open.map(({ tier, readable }) => tooWide(key, tier, readable))]
}

/** What could not be tried because it doesn't exist yet. Not proved is not wrong. */
export function nothingToProve(key: ProbedKey, { own, others }: KeyFindings): Problem[] {
  return [...(own.read === undefined ? [ownUnproved(key)] : []), ...others.filter(isUnproved).map(otherUnproved(key))]
}

/** Whether no answer says that the key opens nothing of this tier: only a 403 does. */
export function isUnproved({ tier, refusals, readable }: OtherTier): boolean {
  return tier.remoteSecrets.length > 0 && refusals === 0 && readable.length === 0
}

// --- internal ---

function isRefused({ listed, refused }: KeyFindings['own']): boolean {
  return !listed || refused !== undefined
}

function ownUnproved(key: ProbedKey): Problem {
  const { remotePath, projectId, name } = key.tier
  return problem(key, {
    code: 'NOTHING_TO_PROVE_WITH',
    message: `can't be proved: ${remotePath} in project ${projectId} holds no remote secret of the catalogue with a value. Expected one that opens.`,
    fix: firstFill(name),
  })
}

function otherUnproved(key: ProbedKey): (other: OtherTier) => Problem {
  return ({ tier: { name, remotePath, projectId }, untried }) => {
    const found = untried === 0 ? 'no remote secret' : 'no remote secret with a version that a key could be refused'
    return problem(key, {
      code: 'NOTHING_TO_PROVE_WITH',
      message: `can't be proved: ${remotePath} in project ${projectId} holds ${found}, and nothing but a refusal proves that tier "${name}" stays closed. Expected one that does not open.`,
      fix: firstFill(name),
    })
  }
}

function firstFill(name: string): string {
  return `Fill the remote secrets of tier "${name}" first, or skip this check with --unproved.`
}

function unknownKey(key: ProbedKey): Problem {
  return problem(key, {
    code: 'KEY_UNKNOWN',
    message: `Scaleway does not know this key: it has expired, was deleted, or the secret key is not the one of this access key. Expected a key of the IAM application ${key.tier.iamApplication}.`,
    fix: `Create a new key of ${key.tier.iamApplication} and give both halves of it.`,
  })
}

function keyOfOtherTier(key: ProbedKey, other: TierModel): Problem {
  return problem(key, {
    code: 'KEY_OF_OTHER_TIER',
    message: `this is the key of tier "${other.name}": it opens that tier's secrets and not those of "${key.tier.name}". Expected a key of the IAM application ${key.tier.iamApplication}.`,
    fix: `Give the key of ${key.tier.iamApplication}, or use \`--tier ${other.name}\`.`,
  })
}

function listingRefused({ model, ...key }: ProbedKey): Problem {
  const { remotePath, projectId, iamApplication } = key.tier
  const unlisted = model.isolation === 'path' ? ', the condition of that rule lacks `|| !has(resource.id)`' : ''
  return problem(key, {
    code: 'LISTING_REFUSED',
    message: `it may not list ${remotePath} in project ${projectId}: its IAM application lacks SecretManagerReadOnly there${unlisted}, or the key belongs to another project. Expected a key of the IAM application ${iamApplication}.`,
    fix: `Compare the rules of ${iamApplication} with \`${commandLine`iam --environment ${model.environment} --verify`}\`, or give the key of that application.`,
  })
}

function readingRefused({ model, ...key }: ProbedKey, remoteRef: string): Problem {
  const { iamApplication, remotePath } = key.tier
  const narrow = model.isolation === 'path' ? `, or its condition does not allow ${remotePath}/` : ''
  return problem(key, {
    code: 'READING_REFUSED',
    message: `it may list ${remotePath}, but not read ${remoteRef}: its IAM application lacks SecretManagerSecretAccess${narrow}. Expected it to read every secret of its tier.`,
    fix: `Compare the rules of ${iamApplication} with \`${commandLine`iam --environment ${model.environment} --verify`}\`.`,
  })
}

function tooWide({ model, ...key }: ProbedKey, other: TierModel, readable: readonly string[]): Problem {
  const fact =
    readable.length > 0
      ? `opens ${readable.length} secrets of tier "${other.name}", such as ${readable[0]}`
      : `lists project ${other.projectId} of tier "${other.name}"`
  return problem(key, {
    code: 'KEY_TOO_WIDE',
    message: `${fact}: a policy of its IAM application is too wide, or it is a key of that tier. Expected it to be refused everything of another tier.`,
    fix: `Find the rule with \`${commandLine`iam --environment ${model.environment} --verify`}\`, narrow it, wait a minute, and run this again.`,
  })
}

function problem(key: Pick<ProbedKey, 'accessKey'>, parts: Omit<Problem, 'where'>): Problem {
  return { where: describeKey(key), ...parts }
}
