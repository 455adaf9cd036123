import { describeObject, kinds } from '../../kubernetes/kinds.ts'
import type { Cause } from './cause.ts'
import { type Fact, isSeen, seenOr } from './fact.ts'
import { isTrouble, type Observation } from './observation.ts'
import type { TierFacts } from './observe/tier.ts'

/** What could not be checked, and so has no cause even if it is wrong; sentences without their period. */
export function unexamined(
  { cluster, scaleway, admission, drift, model }: Observation,
  causes: readonly Cause[],
): string[] {
  const tiers = isTrouble(cluster) ? [] : cluster.tiers
  const facts: (Fact<unknown> | undefined)[] = [
    ...tiers.flatMap((tier) => [
      tier.namespace,
      tier.store,
      tier.credentials,
      tier.externalSecrets,
      tier.quotas,
      tier.events,
      tier.templates,
      ...seenOr(tier.externalSecrets, []).map(({ target }) => target),
    ]),
    isTrouble(cluster) ? undefined : cluster.operators,
    admission,
    drift,
    ...model.tiers.map(({ name }) => scaleway.tiers.get(name)?.remotes),
    scaleway.iam,
  ]
  const told = facts.flatMap((fact) => (fact && !isSeen(fact) ? [fact.unseen] : []))
  const { accountRefusal, hasAccount } = scaleway
  const refused = accountRefusal ? [`what only your own account can see; it was refused: ${accountRefusal.told}`] : []
  const alone = hasAccount ? [] : ['what only your own account can see: IAM, other regions, other projects']
  return [
    ...new Set([...told, ...seenOr(drift, { unseen: [] }).unseen, ...alone, ...refused, ...waiting(tiers, causes)]),
  ]
}

// --- internal ---

/** Just deployed: it is not known yet whether the operator will succeed. */
function waiting(tiers: readonly TierFacts[], causes: readonly Cause[]): string[] {
  const explained = new Set(causes.flatMap(({ explains }) => explains))
  return tiers.flatMap(({ externalSecrets }) =>
    seenOr(externalSecrets, [])
      .filter((one) => one.object && one.sync.state !== 'synced' && !explained.has(one))
      .map(({ ref, sync }) => {
        const fact = sync.state === 'failed' ? 'has just failed, and will soon be tried again' : sync.message
        return `${describeObject(kinds.externalSecret, ref)}: ${fact}; run this again in half a minute`
      }),
  )
}
