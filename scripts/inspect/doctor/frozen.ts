import type { ExternalSecretObject } from '../../cluster/external-secrets.ts'

/** What keeps the operator from ever reading an ExternalSecret again, as the spec has it; undefined: nothing. */
export function frozenBy({ spec }: ExternalSecretObject): string | undefined {
  const { refreshPolicy, refreshInterval } = spec ?? {}
  if (refreshPolicy === 'CreatedOnce' || refreshPolicy === 'OnChange') return `refreshPolicy: ${refreshPolicy}`
  const text = refreshInterval === undefined ? undefined : String(refreshInterval)
  return text !== undefined && /^[0hmsnuµ.]+$/.test(text) ? `refreshInterval: ${text}` : undefined
}

export function isFrozen(object: ExternalSecretObject): boolean {
  return frozenBy(object) !== undefined
}
