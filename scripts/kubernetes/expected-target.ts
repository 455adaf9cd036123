import { compare } from '../lib/problems.ts'
import { type ExternalSecretModel, targetKeys } from '../model/resolve.ts'
import type { ExternalSecretObject } from './external-secrets.ts'

/** How a list differs from what is expected; both sides sorted. */
export interface Difference {
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
}

/** Keys of a target Secret against the catalogued ones. Undefined when they are exactly these. */
export function keyDifference(expected: ExternalSecretModel, keys: readonly string[]): Difference | undefined {
  return difference(targetKeys(expected), keys)
}

/**
 * What an ExternalSecret reads from Scaleway against the catalogue, each as `<variable> <remote ref> [<property>]`, or
 * the remote ref alone for a bundle. A version of it that somebody has yet to deploy can be synced as well as the new one.
 */
export function refDifference(expected: ExternalSecretModel, object: ExternalSecretObject): Difference | undefined {
  const { data, dataFrom } = (object.spec ?? {}) as Partial<Record<string, readonly SourceEntry[]>>
  const singles = (data ?? []).map(({ secretKey, remoteRef }) => words(secretKey, remoteRef?.key, remoteRef?.property))
  const bundles = (dataFrom ?? []).map(({ extract }) => words(extract?.key, extract?.property))
  return difference(
    [
      ...expected.singles.map(({ spec, remoteRef, property }) => words(spec.variable, remoteRef, property)),
      ...expected.bundles.map(({ remoteRef }) => remoteRef),
    ],
    [...singles, ...bundles],
  )
}

// --- internal ---

interface RemoteSource {
  readonly key?: string
  readonly property?: string
}

interface SourceEntry {
  readonly secretKey?: string
  readonly remoteRef?: RemoteSource
  readonly extract?: RemoteSource
}

function words(...parts: readonly (string | undefined)[]): string {
  return parts.filter((part) => part !== undefined).join(' ')
}

function difference(expected: readonly string[], actual: readonly string[]): Difference | undefined {
  const [wanted, found] = [new Set(expected), new Set(actual)]
  const missing = [...wanted].filter((item) => !found.has(item)).sort(compare)
  const unexpected = [...found].filter((item) => !wanted.has(item)).sort(compare)
  return missing.length + unexpected.length === 0 ? undefined : { missing, unexpected }
}
