import { withoutSecrets } from '../../cluster/external-secrets.ts'
import { describeObject, type Kind, kinds, type WithConditions } from '../../kubernetes/kinds.ts'
import { timeText } from './backoff.ts'
import type { ExternalSecretFacts, Told } from './observe/tier.ts'

/** What an ExternalSecret shows about its failure: its condition, and the operator's last message. */
export function failureEvidence({ ref, object, warning }: ExternalSecretFacts): string[] {
  return [...conditionEvidence(kinds.externalSecret, ref, object), ...eventEvidence(kinds.externalSecret, ref, warning)]
}

/** `condition Ready=False of SecretStore/a/b since 2026-…: InvalidProviderConfig: unable to create client` */
export function conditionEvidence(
  kind: Kind,
  ref: { readonly namespace: string; readonly name: string },
  object: WithConditions | undefined,
): string[] {
  const ready = object?.status?.conditions?.find(({ type }) => type === 'Ready')
  if (!ready) return []
  const since = ready.lastTransitionTime === undefined ? '' : ` since ${ready.lastTransitionTime}`
  const said = withoutSecrets(`${ready.reason ?? 'no reason'}: ${ready.message ?? 'no message'}`)
  return [`condition Ready=${ready.status} of ${describeObject(kind, ref)}${since}: ${said}`]
}

/** `event of ExternalSecret/a/b at 2026-…: error processing …` */
export function eventEvidence(
  kind: Kind,
  ref: { readonly namespace: string; readonly name: string },
  told: Told | undefined,
): string[] {
  return told ? [`event of ${describeObject(kind, ref)} at ${timeText(told.at)}: ${told.message}`] : []
}
