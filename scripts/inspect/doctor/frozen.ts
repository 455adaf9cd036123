import type { ExternalSecretObject } from '../../cluster/external-secrets.ts'

/** The setting in the spec that keeps the operator from reading an ExternalSecret again; undefined: none. */
export function frozenBy({ spec }: ExternalSecretObject): string | undefined {
  const { refreshPolicy, refreshInterval } = spec ?? {}
  if (refreshPolicy === 'CreatedOnce' || refreshPolicy === 'OnChange') return `refreshPolicy: ${refreshPolicy}`
  const text = refreshInterval === undefined ? undefined : String(refreshInterval)
  return text !== undefined && /^[0hmsnuµ.]+$/.test(text) ? `refreshInterval: ${text}` : undefined
}

export function isFrozen(object: ExternalSecretObject): boolean {
  return frozenBy(object) !== undefined
}
