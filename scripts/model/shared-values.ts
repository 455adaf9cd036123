import { groupBy } from '../lib/group.ts'
import type { SecretSpec } from './types.ts'

/** How an entry is called outside of its tier: `backend.SENTRY_DSN`. */
export function entryName({ tier, variable }: Pick<SecretSpec, 'tier' | 'variable'>): string {
  return `${tier}.${variable}`
}

/** The entry whose value an entry holds: itself, or the one that `sameAs` names. Entries with one value have one origin. */
export function originOf(spec: Pick<SecretSpec, 'tier' | 'variable' | 'sameAs'>): string {
  return spec.sameAs ?? entryName(spec)
}

/** One value, and all entries that hold it, the origin first. */
export interface SharedValue<Spec extends Pick<SecretSpec, 'tier' | 'variable' | 'sameAs'> = SecretSpec> {
  readonly origin: string
  readonly specs: readonly Spec[]
}

/** The values of several entries; what an entry has alone is left out. */
export function sharedValues<Spec extends Pick<SecretSpec, 'tier' | 'variable' | 'sameAs'>>(
  specs: readonly Spec[],
): SharedValue<Spec>[] {
  const shared = new Set<string>(specs.flatMap(({ sameAs }) => sameAs ?? []))
  if (shared.size === 0) return []
  const groups = groupBy(
    specs.filter((spec) => shared.has(originOf(spec))),
    originOf,
  )
  return [...groups].flatMap(([origin, all]) => {
    const first = all.filter((spec) => spec.sameAs === undefined)
    const others = all.filter((spec) => spec.sameAs !== undefined)
    return all.length < 2 ? [] : [{ origin, specs: [...first, ...others] }]
  })
}

/** What holds for a value and not for one entry, so that it is said once, at the origin. */
export const saidOnce = ['rotation', 'overlap', 'irreplaceable'] as const

/** Each entry with what its origin says of the value. */
export function withOrigins(secrets: readonly SecretSpec[]): readonly SecretSpec[] {
  if (secrets.every(({ sameAs }) => sameAs === undefined)) return secrets
  const byName = new Map(secrets.map((secret) => [entryName(secret), secret]))
  return secrets.map((secret) => {
    const origin = secret.sameAs === undefined ? undefined : byName.get(secret.sameAs)
    if (!origin) return secret
    const said = saidOnce.filter((field) => origin[field] !== undefined).map((field) => [field, origin[field]])
    return said.length === 0 ? secret : { ...Object.fromEntries(said), ...secret }
  })
}

/** The values of an environment that more than one tier holds: by choice, the boundary between these does not cover them. */
export function crossingValues({ tiers }: { readonly tiers: readonly TierSecrets[] }): SharedValue[] {
  const specs = tiers.flatMap(({ remoteSecrets }) => remoteSecrets.flatMap((remote) => remote.specs))
  return sharedValues(specs).filter((value) => new Set(value.specs.map(({ tier }) => tier)).size > 1)
}

// --- internal ---

interface TierSecrets {
  readonly remoteSecrets: readonly { readonly specs: readonly SecretSpec[] }[]
}
