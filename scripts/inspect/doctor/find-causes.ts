import { kinds } from '../../kubernetes/kinds.ts'
import { groupBy } from '../../lib/group.ts'
import { dueText, triesOf } from './backoff.ts'
import { type Cause, sortCauses } from './cause.ts'
import { kindCauses, namespaceCause, troubleCause } from './causes/api-server.ts'
import { clockCause } from './causes/clock.ts'
import { deploymentCauses, driftCauses, quotaCauses } from './causes/deployment.ts'
import { environmentCause, otherEnvironmentSeen } from './causes/environment.ts'
import { goneKeyCauses } from './causes/gone-keys.ts'
import { keyCause } from './causes/key.ts'
import { operatorCauses, operatorVersionCauses } from './causes/operator.ts'
import { payloadCauses } from './causes/payload.ts'
import { frozenCause } from './causes/refresh.ts'
import { isEmptyProject, remoteCauses } from './causes/remote.ts'
import { availabilityCauses } from './causes/scaleway.ts'
import { storeCauses } from './causes/store.ts'
import { credentialsCause } from './causes/stored-credentials.ts'
import { targetCauses } from './causes/target.ts'
import { unexplainedCause } from './causes/unexplained.ts'
import { eventEvidence } from './evidence.ts'
import { isSeen, seenOr } from './fact.ts'
import { isTrouble, type Observation } from './observation.ts'
import type { ExternalSecretFacts, TierFacts } from './observe/tier.ts'
import { recognise } from './operator-words.ts'
import { paste } from './paste.ts'

/**
 * Every cause in what was seen, those that explain others first. What another cause explains is left out: without a
 * namespace nothing is reported about its ExternalSecrets, and with a broken key nothing about what it could not read. In
 * the cluster of another environment, that is the only cause.
 */
export function causesOf(observation: Observation): Cause[] {
  const { cluster, now } = observation
  const other = isTrouble(cluster) ? undefined : otherEnvironmentSeen(observation.model, cluster)
  if (other) return [environmentCause(observation.model, other)]
  const tiers = isTrouble(cluster) ? [] : cluster.tiers
  const failing = tiers.flatMap(({ externalSecrets }) => seenOr(externalSecrets, []).filter(isOutage))
  const clock = clockCause(observation)
  const direct = [
    ...(isTrouble(cluster)
      ? [troubleCause(cluster)]
      : [
          ...kindCauses(cluster),
          ...operatorCauses(cluster, now),
          ...operatorVersionCauses(observation.model, cluster),
        ]),
    ...(clock ? [clock] : []),
    ...availabilityCauses(observation, failing),
    ...driftCauses(
      observation,
      tiers.filter((facts) => namespaceCause(observation.model, facts)),
    ),
    ...(isTrouble(cluster)
      ? observation.model.tiers.flatMap((tier) => scalewaySide(observation, { tier, externalSecrets: none }))
      : cluster.tiers.flatMap((facts) => tierCauses(observation, facts))),
  ]
  const explained = new Set(direct.flatMap(({ explains }) => explains))
  const rest = tiers.flatMap((tier) =>
    seenOr(tier.externalSecrets, []).flatMap((facts) => {
      const cause = explained.has(facts) ? undefined : unexplainedCause(observation, tier, facts)
      return cause ?? []
    }),
  )
  return sortCauses([...direct, ...rest]).map((cause) => withNextTry(cause, now))
}

// --- internal ---

const none = { value: [] }

function isOutage({ sync, warning }: ExternalSecretFacts): boolean {
  return sync.state === 'failed' && warning !== undefined && recognise(warning.message)?.subject === 'scaleway'
}

function tierCauses(observation: Observation, facts: TierFacts): Cause[] {
  const { model, cluster, admission, now } = observation
  const gone = namespaceCause(model, facts)
  if (gone) return [gone, ...scalewaySide(observation, { tier: facts.tier, externalSecrets: none })]
  const credentials = credentialsCause(model, facts)
  const withoutOperator = [...(credentials ? [credentials] : []), ...scalewaySide(observation, facts)]
  if (!isTrouble(cluster) && cluster.kinds.some(({ state }) => state !== 'served')) return withoutOperator
  return [
    ...deploymentCauses(model, facts, admission),
    ...quotaCauses(facts),
    ...storeCauses(observation, facts),
    ...withoutOperator,
    ...goneKeyCauses(facts),
    ...seenOr(facts.externalSecrets, []).flatMap((one) => {
      const frozen = frozenCause(model, one)
      return [...targetCauses(one, now), ...(frozen ? [frozen] : [])]
    }),
  ]
}

/** The key, and what it, or your own account, could see. */
function scalewaySide(
  { model, apiUrl, scaleway, now }: Observation,
  facts: Pick<TierFacts, 'tier' | 'externalSecrets'>,
): Cause[] {
  const { tier, externalSecrets } = facts
  const seen = scaleway.tiers.get(tier.name)
  if (!seen) return []
  const key = keyCause(model, facts, seen.key, scaleway.iam, now)
  const remotes = isSeen(seen.remotes) ? seen.remotes.value : []
  const all = seenOr(externalSecrets, [])
  const neighbours = model.tiers
    .filter(({ projectId }) => projectId === tier.projectId)
    .map(({ name }) => scaleway.tiers.get(name)?.remotes)
  const isProjectEmpty = neighbours.every((one) => one && isSeen(one) && isEmptyProject(one.value))
  return [
    ...(key ? [key] : []),
    ...remoteCauses({ model, apiUrl, isProjectEmpty }, tier, remotes, all),
    ...payloadCauses(model, tier, remotes, all),
  ]
}

/**
 * A fix is noticed only at the next try, unless that is forced. `npm run credentials` forces it itself; a Scaleway
 * that does not answer gains nothing from it.
 */
function withNextTry(cause: Cause, now: Date): Cause {
  const { code, explains } = cause
  const failing = explains.flatMap((facts) => {
    const tries = triesOf(facts)
    return tries ? [{ ...facts, tries }] : []
  })
  const [first] = failing.sort((a, b) => a.tries.next.getTime() - b.tries.next.getTime())
  if (!first || code === 'BACKOFF') return cause
  const words = eventEvidence(kinds.externalSecret, first.ref, first.warning).filter(
    (one) => !cause.evidence.includes(one) && !isOfAnother(one, cause),
  )
  const due = `the operator tries again by itself ${dueText(first.tries, now)}`
  const evidence = [...cause.evidence, ...words, due]
  if (/^(CREDENTIALS|KEY|OPERATOR|SCALEWAY)_/.test(code)) return { ...cause, evidence }
  const byNamespace = groupBy(failing, ({ ref }) => ref.namespace)
  const force = [...byNamespace.values()].map((members) => paste.forceSync(members.map(({ ref }) => ref))).join(' and ')
  return {
    ...cause,
    evidence,
    fix: `${cause.fix.replace(/\.$/, '')}. Then, to avoid waiting for the operator: ${force}.`,
  }
}

/** The operator stops at the first ref that fails: its message then says nothing about other remote secrets. */
function isOfAnother(words: string, { where }: Cause): boolean {
  const [, named] = /\(key: path:([^)]+)\)/.exec(words) ?? []
  if (named === undefined || !where.startsWith('/')) return false
  return !`${where} `.startsWith(`${named} `) && !named.startsWith(`${where}/`)
}
