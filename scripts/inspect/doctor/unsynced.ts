import { seenOr } from './fact.ts'
import type { ExternalSecretFacts, TierFacts } from './observe/tier.ts'

/** The existing ExternalSecrets of a tier that are not synced: a problem of the whole tier explains them. */
export function unsynced({ externalSecrets }: Pick<TierFacts, 'externalSecrets'>): ExternalSecretFacts[] {
  return seenOr(externalSecrets, []).filter(({ object, sync }) => object && sync.state !== 'synced')
}
