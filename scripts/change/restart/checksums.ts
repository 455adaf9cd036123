import { createHash } from 'node:crypto'
import type { ExternalSecretModel } from '../../model/resolve.ts'
import { nameLimit } from '../../model/rules/names.ts'
import type { ReadTarget } from './reading-workloads.ts'

/**
 * The annotation of a pod template with the checksum of a target. Kubernetes allows 63 characters after the slash: a name that
 * is too long is cut, and a digest of all of it distinguishes it from others.
 */
export function checksumAnnotation({ name }: Pick<ExternalSecretModel, 'name'>): string {
  const whole = `checksum-${name}`
  if (whole.length <= nameLimit) return `tiered-secrets/${whole}`
  const digest = createHash('sha256').update(name).digest('hex').slice(0, digestLength)
  return `tiered-secrets/${whole.slice(0, nameLimit - digestLength - 1).replace(/-+$/, '')}-${digest}`
}

/** The annotations of a pod template with the checksums of these targets. */
export function checksums(targets: readonly ReadTarget[]): Record<string, string> {
  return Object.fromEntries(targets.map(({ target, view }) => [checksumAnnotation(target), view.version]))
}

// --- internal ---

const digestLength = 8
