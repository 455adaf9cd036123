import { compare } from '../lib/problems.ts'
import type { ManagedFields } from './kinds.ts'

/**
 * Who last wrote a field, or any field below it, by their names as field managers; deployers of a release are left out.
 * Source: Kubernetes, reference/using-api/server-side-apply, and structured-merge-diff, `fieldpath/serialize-pe.go`.
 *
 * @param path keys of objects; an item of a list is `[name]` or `[0]`
 */
export function managersOf(managed: readonly ManagedFields[], path: readonly string[]): string[] {
  const names = managed.filter(({ fieldsV1 = {} }) => owns(fieldsV1, path)).map(({ manager = 'unknown' }) => manager)
  return [...new Set(names)].filter((name) => !deployers.includes(name)).sort(compare)
}

/** Names under a field of the metadata, such as its labels, that a deployer set by itself or from the chart. */
export function keysOfDeployers(managed: readonly ManagedFields[], field: 'labels' | 'annotations'): string[] {
  return managed
    .filter(({ manager = '' }) => deployers.includes(manager))
    .flatMap(({ fieldsV1 }) => Object.keys(below(below(fieldsV1, 'f:metadata'), `f:${field}`)))
    .flatMap((key) => (key.startsWith('f:') ? [key.slice('f:'.length)] : []))
}

/** The names under which Helm writes. Source: Helm 3 and 4, `getManagedFieldsManager`: the name of its program. */
export const helmsName = 'helm'

/** The name under which an object is restored; it owns nothing afterwards. */
export const restorersName = 'tiered-secrets-restore'

// --- internal ---

type Fields = Readonly<Record<string, unknown>>

/** Helm, Flux, Argo CD and ourselves. */
const deployers = [helmsName, restorersName, 'helm-controller', 'argocd-controller']

function owns(fields: Fields, [key, ...rest]: readonly string[]): boolean {
  if (key === undefined) return true
  const name = `f:${key}` in fields ? `f:${key}` : Object.keys(fields).find((one) => isItem(one, key))
  if (name === undefined) return false
  const next = below(fields, name)
  // Without parts: the whole is owned together, such as a list that is replaced as a whole.
  return Object.keys(next).length === 0 || owns(next, rest)
}

/** `k:{"name":"x"}` and `v:"x"` are the item `[x]`. */
function isItem(name: string, key: string): boolean {
  if (!key.startsWith('[') || !/^[kv]:/.test(name)) return false
  const value: unknown = JSON.parse(name.slice('k:'.length))
  const parts = typeof value === 'object' && value !== null ? Object.values(value) : [value]
  return parts.some((part) => `[${part}]` === key)
}

function below(fields: Fields | undefined, key: string): Fields {
  return (fields?.[key] ?? {}) as Fields
}
