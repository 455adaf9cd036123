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
  readonly others: readonly {
    readonly tier: TierModel
    readonly listed: boolean
    /** Remote secrets that were listed. */
    readonly found: number
    /** Folder and name of each remote secret that could be read. */
    readonly readable: readonly string[]
    readonly refusals: number
  }[]
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
  if (foreign && own.read === undefined) return [keyOfOtherTier(key, foreign.tier)]
  const ownProblems = own.listed
    ? own.refused === undefined
      ? []
      : [readingRefused(key, own.refused)]
    : [listingRefused(key)]
  const open = key.model.isolation === 'project' ? others.filter(({ listed }) => listed) : wide
  return [...ownProblems, ...open.map(({ tier, readable }) => tooWide(key, tier, readable))]
}

/** What could not be tried because it doesn't exist yet. */
export function nothingToProve(key: ProbedKey, { own, others }: KeyFindings): Problem[] {
  const isEmpty = ({ tier, listed, found }: KeyFindings['others'][number]) =>
    key.model.isolation === 'path' && tier.remoteSecrets.length > 0 && listed && found === 0
  const tiers = [...(own.read === undefined ? [key.tier] : []), ...others.filter(isEmpty).map(({ tier }) => tier)]
  return tiers.map((tier) =>
    problem(key, {
      code: 'NOTHING_TO_PROVE_WITH',
      message: `can't be proved: ${tier.remotePath} in project ${tier.projectId} holds no remote secret of the catalogue with a value. Expected one that ${tier === key.tier ? 'opens' : 'does not open'}.`,
      fix: `Create the remote secrets of tier "${tier.name}" first, or skip this check with --unproved.`,
    }),
  )
}

// --- internal ---

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
    message: `${fact}: a policy of its IAM application is too wide. Expected it to be refused everything of another tier.`,
    fix: `Find the rule with \`${commandLine`iam --environment ${model.environment} --verify`}\`, narrow it, wait a minute, and run this again.`,
  })
}

function problem(key: Pick<ProbedKey, 'accessKey'>, parts: Omit<Problem, 'where'>): Problem {
  return { where: describeKey(key), ...parts }
}
