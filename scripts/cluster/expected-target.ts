import { compare } from '../lib/problems.ts'
import { type ExternalSecretModel, targetKeys } from '../model/resolve.ts'

/** How a list differs from what is expected; both sides sorted. */
export interface Difference {
  readonly missing: readonly string[]
  readonly unexpected: readonly string[]
}

/** Keys of a target Secret against the catalogued ones. Undefined when they are exactly these. */
export function keyDifference(expected: ExternalSecretModel, keys: readonly string[]): Difference | undefined {
  return difference(targetKeys(expected), keys)
}

// --- internal ---

function difference(expected: readonly string[], actual: readonly string[]): Difference | undefined {
  const [wanted, found] = [new Set(expected), new Set(actual)]
  const missing = [...wanted].filter((item) => !found.has(item)).sort(compare)
  const unexpected = [...found].filter((item) => !wanted.has(item)).sort(compare)
  return missing.length + unexpected.length === 0 ? undefined : { missing, unexpected }
}
