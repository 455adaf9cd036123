import type { Catalogue, EnvironmentSpec, LegacySpec, SecretSpec } from './types.ts'

/** Whether an environment has this entry. */
export function existsIn(secret: SecretSpec, environment: string): boolean {
  return secret.environments === undefined || secret.environments.includes(environment)
}

/** Where the id of a tier's Scaleway project is written: `projectIds.api` at environment "dev" in scripts/environments.ts. */
export function projectFieldOf(
  { environment, isolation }: { readonly environment: string; readonly isolation: EnvironmentSpec['isolation'] },
  tier: string,
): string {
  const field = isolation === 'path' ? 'projectId' : `projectIds.${tier}`
  return `\`${field}\` at environment "${environment}" in scripts/environments.ts`
}

/** The Scaleway project a tier's secrets live in; empty when `projectIds` lacks the tier, which a rule reports. */
export function projectOf(spec: EnvironmentSpec, tier: string): string {
  return spec.isolation === 'path' ? spec.projectId : (spec.projectIds[tier] ?? '')
}

/** The old Secret of an environment, if it has one. */
export function legacyOf({ legacy }: Catalogue, spec: EnvironmentSpec): LegacySpec | undefined {
  return spec.legacy === 'none' ? undefined : (spec.legacy ?? legacy)
}

/** The key of an entry in its target Secret. */
export function keyOf({ key, variable }: Pick<SecretSpec, 'key' | 'variable'>): string {
  return key ?? variable
}

/** Name of the remote secret an entry is stored in: its own, or its identity's when bundled. */
export function remoteNameOf(secret: SecretSpec): string {
  return secret.layout === 'bundle' ? (secret.identity ?? secret.remoteName) : secret.remoteName
}
