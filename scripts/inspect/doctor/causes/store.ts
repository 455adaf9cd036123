import { settingOf, storeState } from '../../../cluster/stores.ts'
import { type FieldChange, fieldChangeText } from '../../../kubernetes/difference.ts'
import { kinds } from '../../../kubernetes/kinds.ts'
import { restoreStep } from '../../../model/delivery/deploy-step.ts'
import type { EnvironmentModel, TierModel } from '../../../model/resolve.ts'
import { type Cause, type CauseParts, causeOf, placeIn } from '../cause.ts'
import { conditionEvidence, eventEvidence } from '../evidence.ts'
import { isSeen } from '../fact.ts'
import type { Observation } from '../observation.ts'
import type { TierFacts } from '../observe/tier.ts'
import { recognise } from '../operator-words.ts'
import { paste } from '../paste.ts'
import { unsynced } from '../unsynced.ts'

/**
 * Which settings of a SecretStore keep the operator from the tier's secrets. That it is ready proves nothing, and is checked
 * only when it is not.
 */
export function storeCauses({ model, apiUrl, isLocal }: StoreContext, facts: TierFacts): Cause[] {
  const { tier, store } = facts
  if (!isSeen(store) || !store.value.object) return []
  const { object, warning } = store.value
  const { differences, state } = storeState(model, tier, object)
  const ref = { namespace: tier.namespace, name: tier.secretStore }
  const where = placeIn(kinds.secretStore, tier, tier.secretStore)
  const explains = unsynced(facts)
  const of = (parts: Pick<CauseParts, 'code' | 'message' | 'fix' | 'evidence'>) =>
    causeOf({ where, explains, ...parts })
  const provider = differences.filter((one) => ['region', 'projectId'].includes(settingOf(one)))
  const others = differences.filter((one) => !provider.includes(one)).map(fieldChangeText)
  const url = object.spec?.provider?.scaleway?.apiUrl
  // An emulator on this machine may have another address where the operator is.
  if (!isLocal && url !== undefined && url.replace(/\/+$/, '') !== apiUrl)
    others.push(`apiUrl is "${url}", not "${apiUrl}"`)
  const causes = [
    ...provider.map((difference) => of(wrongScope(model, tier, difference))),
    ...(others.length > 0
      ? [
          of({
            code: 'STORE_DIFFERS',
            message: `differs from the catalogue: ${others.join(', ')}. Expected the settings of the catalogue.`,
            evidence: others.map((text) => `spec of ${where}: ${text}`),
            fix: `${restoreStep(model, 'find out who changes it')}.`,
          }),
        ]
      : []),
  ]
  if (state !== 'unready' || causes.length > 0) return causes
  const evidence = [
    ...conditionEvidence(kinds.secretStore, ref, object),
    ...eventEvidence(kinds.secretStore, ref, warning),
  ]
  // Problems of the credentials are separate causes.
  if (warning && recognise(warning.message)?.subject === 'credentials') return []
  return [
    of({
      code: 'STORE_REFUSED',
      message: `is refused by the operator: ${warning?.message ?? 'it does not say why'}. Expected settings it accepts.`,
      evidence,
      fix: warning
        ? `${restoreStep(model, 'find out who changes it')}.`
        : `${paste.forceStore(ref)} makes the operator check again, and say why.`,
    }),
  ]
}

type StoreContext = Pick<Observation, 'model' | 'apiUrl' | 'isLocal'>

// --- internal ---

function wrongScope({ region }: EnvironmentModel, tier: TierModel, change: FieldChange) {
  const ref = { namespace: tier.namespace, name: tier.secretStore }
  const where = placeIn(kinds.secretStore, tier, tier.secretStore)
  const field = settingOf(change)
  const isRegion = field === 'region'
  const found = String(change.before ?? '')
  const [what, value] = isRegion ? ['region', region] : ['project', tier.projectId]
  return {
    code: isRegion ? 'STORE_REGION' : 'STORE_PROJECT',
    message: `names ${what} "${found}". Expected "${value}", where the catalogue has the secrets of tier "${tier.name}".`,
    evidence: [`spec.provider.scaleway.${field} of ${where}: ${found}`],
    fix: `${paste.patch('secretstore', ref, { spec: { provider: { scaleway: { [field]: value } } } })}, or find out who changes it.`,
  } as const
}
