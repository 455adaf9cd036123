import { entriesNamed } from '../../../cluster/sync-problems.ts'
import { describeObject, kinds } from '../../../kubernetes/kinds.ts'
import { age } from '../../../lib/age.ts'
import { kubectl } from '../../../lib/command-line.ts'
import { dueText, isTriedSoon, type Tries, timeText, triesOf } from '../backoff.ts'
import { type Cause, causeOf } from '../cause.ts'
import { causeList } from '../cause-codes.ts'
import { conditionEvidence, failureEvidence } from '../evidence.ts'
import { isSeen } from '../fact.ts'
import { isTrouble, type Observation } from '../observation.ts'
import type { ExternalSecretFacts, TierFacts } from '../observe/tier.ts'
import { type OperatorWords, recognise, type Subject } from '../operator-words.ts'
import { paste } from '../paste.ts'
import { outageFix, outageMessages } from './scaleway.ts'

/**
 * For a failing ExternalSecret that nothing else explains: where what the operator complains about was checked and
 * is fine, it only waits for its next try; where it can't be checked, the operator's message is all that is known.
 */
export function unexplainedCause(
  observation: Observation,
  tier: TierFacts,
  facts: ExternalSecretFacts,
): Cause | undefined {
  const { sync, warning } = facts
  if (sync.state !== 'failed') return undefined
  const words = wordsOf(tier, facts)
  const tries = triesOf(facts)
  if (!warning || !words || !tries) return notSynced(tier, facts)
  if (words.subject === 'scaleway') return operatorOutage(facts, words)
  if (isKnown(observation, tier, facts, words.subject))
    return isTriedSoon(tries, observation.now) && !isRefused(tier)
      ? undefined
      : waiting(observation, tier, facts, tries)
  return words.code === undefined ? notSynced(tier, facts) : byWords(tier, facts, words.code)
}

// --- internal ---

/** For a store that is not ready, the store's own event says more. */
function wordsOf({ store }: TierFacts, { warning }: ExternalSecretFacts): OperatorWords | undefined {
  const words = warning && recognise(warning.message)
  if (words?.subject !== 'store' || !isSeen(store) || !store.value.warning) return words
  return recognise(store.value.warning.message) ?? words
}

/** Whether the subject of the message was checked: then it is fine by now, or it would be a separate cause. */
function isKnown(
  { scaleway, cluster }: Observation,
  { tier, credentials, store, quotas }: TierFacts,
  { target }: ExternalSecretFacts,
  subject: Subject,
): boolean {
  if (isTrouble(cluster)) return false
  const remote = scaleway.tiers.get(tier.name)
  switch (subject) {
    case 'credentials':
      return isSeen(credentials)
    case 'store':
      return isSeen(store)
    case 'key':
      return remote?.key !== undefined
    case 'remote':
    case 'value':
      return remote !== undefined && isSeen(remote.remotes)
    case 'target':
      return isSeen(target)
    case 'quota':
      return isSeen(quotas)
    // A refusal, or the network, may affect the operator alone.
    case 'admission':
    case 'scaleway':
      return false
  }
}

/** The operator relies on its last check of the store, which also waits for its next one. */
function isRefused({ store }: TierFacts): boolean {
  const { conditions = [] } = (isSeen(store) && store.value.object?.status) || {}
  return conditions.some(({ type, status }) => type === 'Ready' && status === 'False')
}

function waiting({ now }: Observation, tier: TierFacts, facts: ExternalSecretFacts, tries: Tries): Cause {
  const { ref } = facts
  const ago = age(now.getTime() - tries.last.getTime())
  const refused = isRefused(tier)
  return causeOf({
    code: 'BACKOFF',
    where: describeObject(kinds.externalSecret, ref),
    message: `waits for its next try, although the cause of its failure ${ago} ago is fixed. The operator tries again by itself ${dueText(tries, now)}, and at ${timeText(tries.latest)} at the latest. Expected it to be synced.`,
    evidence: [...(refused ? storeEvidence(tier) : []), ...failureEvidence(facts)],
    fix: `${refused ? paste.forceStoreAndSync(storeRef(tier), ref) : paste.forceSync([ref])} makes it try now.`,
    explains: [facts],
  })
}

function storeRef({ tier }: TierFacts) {
  return { namespace: tier.namespace, name: tier.secretStore }
}

function storeEvidence(tier: TierFacts): string[] {
  return conditionEvidence(kinds.secretStore, storeRef(tier), isSeen(tier.store) ? tier.store.value.object : undefined)
}

function operatorOutage(facts: ExternalSecretFacts, { code }: OperatorWords): Cause {
  const outage = code === 'SCALEWAY_BUSY' || code === 'SCALEWAY_BROKEN' ? code : 'SCALEWAY_UNREACHABLE'
  const egress = `${paste.look(kubectl`get networkpolicies --all-namespaces`)}: check that network policies, proxy and DNS of the cluster let the operator through. Scaleway answers here.`
  return causeOf({
    code: outage,
    where: 'Scaleway, as the operator sees it',
    message: outageMessages[outage],
    evidence: failureEvidence(facts),
    fix: outage === 'SCALEWAY_UNREACHABLE' ? egress : outageFix(outage),
    explains: [facts],
  })
}

function byWords(tier: TierFacts, facts: ExternalSecretFacts, code: NonNullable<OperatorWords['code']>): Cause {
  const refusers = paste.look(kubectl`get validatingadmissionpolicies,validatingwebhookconfigurations`)
  return causeOf({
    code,
    where: describeObject(kinds.externalSecret, facts.ref),
    message: `fails; the operator says: ${facts.warning?.message.replace(/\.$/, '')}. Expected it to be synced.`,
    evidence: failureEvidence(facts),
    fix:
      code === 'ADMISSION_REFUSES'
        ? `${refusers} shows what may refuse objects; the message names it and its rule.`
        : `Ask somebody with more rights to run this. How to fix it: ${causeList[code].mend}.`,
    ...about(tier, facts),
  })
}

function notSynced(tier: TierFacts, facts: ExternalSecretFacts): Cause {
  const { ref, warning, sync } = facts
  const events = kubectl`get events --namespace ${ref.namespace} --field-selector involvedObject.name=${ref.name}`
  return causeOf({
    code: 'NOT_SYNCED',
    where: describeObject(kinds.externalSecret, ref),
    message: `${(warning?.message ?? sync.message).replace(/\.$/, '')}. Expected it to be synced.`,
    evidence: failureEvidence(facts),
    fix: `${paste.look(events)} shows the operator's messages; so does its log.`,
    ...about(tier, facts),
  })
}

/** The entries the operator names, or else all that it may be about. */
function about({ tier }: TierFacts, facts: ExternalSecretFacts) {
  const named = entriesNamed(tier, facts.model, facts.warning?.message ?? '')
  return { explains: [facts], ...(named.length > 0 ? { specs: named } : {}) }
}
