import type { EnvironmentModel } from './resolve.ts'

/** Scaleway requests one refresh of an environment costs: three a remote ref. Source: the operator's Scaleway provider. */
export function requestsPerRefresh(model: EnvironmentModel): number {
  const externalSecrets = model.tiers.flatMap((tier) => tier.externalSecrets)
  return 3 * externalSecrets.reduce((sum, { singles, bundles }) => sum + singles.length + bundles.length, 0)
}
