import { type ExternalSecretModel, mainTarget, type TierModel, targetKeys } from '../../scripts/model/resolve.ts'

type Targets = Pick<TierModel, 'externalSecrets'> | undefined

/** The main target of a tier. */
export function requiredTarget(tier: Targets): ExternalSecretModel | undefined {
  return tier && mainTarget(tier, { optional: false })
}

/** The target of the optional entries that name none. */
export function optionalTarget(tier: Targets): ExternalSecretModel | undefined {
  return tier && mainTarget(tier, { optional: true })
}

/** The keys of the main target of a tier; none without one. */
export function requiredKeys(tier: Targets): string[] {
  const target = requiredTarget(tier)
  return target ? targetKeys(target) : []
}
