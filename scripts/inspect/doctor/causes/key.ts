import { iamPlan } from '../../../model/iam.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import type { Answer, Refused } from '../../../scaleway/answer.ts'
import { describeKey } from '../../../scaleway/api-key.ts'
import type { LiveApplication } from '../../../scaleway/live-iam.ts'
import { keyProblems } from '../../../scaleway/probe-problems.ts'
import { type Cause, causeOf } from '../cause.ts'
import type { CauseCode } from '../cause-codes.ts'
import { type Fact, isSeen } from '../fact.ts'
import { type KeyIam, keyIam } from '../key-iam.ts'
import type { KeyFacts } from '../observe/key.ts'
import type { TierFacts } from '../observe/tier.ts'
import { paste } from '../paste.ts'
import { unsynced } from '../unsynced.ts'

/** Why Scaleway refuses what a tier needs to the tier's own key: the key itself, or the rules of its IAM application. */
export function keyCause(
  model: EnvironmentModel,
  facts: Pick<TierFacts, 'tier' | 'externalSecrets'>,
  key: KeyFacts | undefined,
  iam: Fact<readonly LiveApplication[]> | undefined,
  now: Date,
): Cause | undefined {
  const refused = key && firstRefusal(key)
  if (!key || !refused) return undefined
  const { tier } = facts
  const live = iam && isSeen(iam) ? keyIam(iamPlan(model), tier, key.accessKey, iam.value, now) : undefined
  const found = faultOf(model, tier, key, live)
  return causeOf({
    ...found,
    where: `${describeKey(key)} of Secret ${tier.namespace}/${tier.credentialsSecret}`,
    evidence: [...evidenceOf(key, refused), ...(isRuleCode(found.code) ? rulesEvidence(live, iam) : [])],
    explains: unsynced(facts),
    specs: tier.remoteSecrets.flatMap(({ specs }) => specs),
    isOptional: false,
  })
}

// --- internal ---

type Fault = { readonly code: CauseCode; readonly message: string; readonly fix: string }

function faultOf(model: EnvironmentModel, tier: TierModel, key: KeyFacts, live: KeyIam | undefined): Fault {
  const { iamApplication } = tier
  const rotate = `${paste.rotateKey(model, tier)} creates a new key of ${iamApplication} and puts it in use.`
  const expired = live?.expiredAt
  if (key.listing.status === 401) {
    if (key.listing.refusal.reason === 'expired' || expired !== undefined)
      return {
        code: 'KEY_EXPIRED',
        message: `has expired${expired === undefined ? '' : ` at ${expired}`}. Expected a key that works.`,
        fix: rotate,
      }
    const why = live?.isKnown
      ? `the IAM application ${live.owner} has a key with this access key, but the secret key belongs to another one`
      : 'it was deleted, or never existed'
    return {
      code: 'KEY_UNKNOWN',
      message: `is not known to Scaleway: ${why}. Expected a key of ${iamApplication}.`,
      fix: rotate,
    }
  }
  const owner = live?.ownerTier ?? key.opens
  if (owner && owner.name !== tier.name)
    return {
      code: 'KEY_OF_OTHER_TIER',
      message: `is the key of tier "${owner.name}", and may not read the secrets of "${tier.name}". Expected a key of ${iamApplication}.`,
      fix: rotate,
    }
  const code = ruleFault(key, live)
  const fix = `${paste.iam(model)} corrects the rules of ${iamApplication}; a change takes up to a minute to take effect.`
  const message = live?.fact ?? inferred(model, tier, key, code)
  return { code, message, fix }
}

const ruleCodes = ['LISTING_REFUSED', 'READING_REFUSED', 'CONDITION_NARROW'] as const
type RuleCode = (typeof ruleCodes)[number]

function isRuleCode(code: CauseCode): code is RuleCode {
  return ruleCodes.some((one) => one === code)
}

function rulesEvidence(live: KeyIam | undefined, iam: Fact<unknown> | undefined): readonly string[] {
  if (live) return live.evidence
  return iam && !isSeen(iam) ? [`not known: the rules of its IAM application; ${iam.unseen}`] : []
}

/** What the rules say where they may be read, else what the refusals suggest. */
function ruleFault(key: KeyFacts, live: KeyIam | undefined): RuleCode {
  if (live?.isConditionWrong) return 'CONDITION_NARROW'
  if (key.listing.status !== 200) return 'LISTING_REFUSED'
  // A permission set applies to all secrets: only a condition distinguishes between secrets.
  const answers: Answer<unknown>[] = [...key.versions.values()]
  // That a remote secret has no version says nothing: every key may get this answer.
  const isPartial = (all: readonly Answer<unknown>[]) =>
    all.some(({ status }) => status === 403) && all.some((one) => one.status === 200 && one.value !== undefined)
  return live === undefined && (isPartial(answers) || isPartial([...key.values.values()]))
    ? 'CONDITION_NARROW'
    : 'READING_REFUSED'
}

/** Without reading the rules: in the words of the check for a given key. */
function inferred(model: EnvironmentModel, tier: TierModel, key: KeyFacts, code: RuleCode): string {
  const { accessKey } = key
  const refusedRef = [...key.versions, ...key.values].find(([, { status }]) => status === 403)?.[0].remoteRef ?? ''
  if (code === 'CONDITION_NARROW')
    return `reads some secrets of its tier, but not others, such as ${refusedRef}: the condition of its IAM rule does not allow all of ${tier.remotePath}/. Expected it to read every secret of its tier.`
  const listed = key.listing.status === 200
  const own = { unknown: false, listed, ...(listed ? { refused: refusedRef } : {}) }
  const [problem] = keyProblems({ accessKey, model, tier }, { own, others: [] })
  return problem?.message ?? ''
}

function firstRefusal({ listing, versions, values }: KeyFacts): Refused | undefined {
  const answers: Answer<unknown>[] = [listing, ...versions.values(), ...values.values()]
  return answers.find((answer): answer is Refused => answer.status === 401 || answer.status === 403)
}

/** The first refusal of each kind: thirty of the same prove no more. */
function evidenceOf({ listing, versions, values }: KeyFacts, first: Refused): string[] {
  const told = (kind: string, answers: readonly Answer<unknown>[]) => {
    const refused = answers.filter(({ status }) => status === 401 || status === 403)
    const [one] = refused
    if (!one || answers.length < 2) return one ? [one.told] : []
    return [`${one.told}; the same for ${refused.length} of ${answers.length} ${kind}`]
  }
  if (listing.status !== 200) return [first.told]
  return [...told('versions', [...versions.values()]), ...told('values', [...values.values()])]
}
