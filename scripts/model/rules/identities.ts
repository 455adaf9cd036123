import { groupBy } from '../../lib/group.ts'
import { formatDefinition } from '../formats.ts'
import { withOrigins } from '../shared-values.ts'
import type { SecretSpec } from '../types.ts'
import { quoted, type Rule } from './rule.ts'

/** Largest payload of a version, in bytes. Source: Scaleway documentation, create a secret. */
export const payloadLimit = 64 * 1024

/** Values that change together are read with one credential. */
export const identitiesStayInOneTier: Rule = ({ catalogue }) =>
  identities(catalogue.secrets).flatMap(([identity, secrets]) => {
    const tiers = [...new Set(secrets.map((secret) => secret.tier))].sort()
    if (tiers.length < 2) return []
    return {
      code: 'IDENTITY_IN_TWO_TIERS',
      where: `catalogue identity "${identity}"`,
      message: `its values are in the tiers ${quoted(tiers)}. Expected one tier.`,
      fix: 'Give each tier an identity of its own.',
    }
  })

export const identitiesHaveOneLayout: Rule = ({ catalogue }) =>
  identities(catalogue.secrets).flatMap(([identity, secrets]) => {
    const single = secrets.filter((secret) => secret.layout !== 'bundle').map((secret) => secret.variable)
    if (single.length === 0 || single.length === secrets.length) return []
    return {
      code: 'IDENTITY_WITH_TWO_LAYOUTS',
      where: `catalogue identity "${identity}"`,
      message: `${quoted(single)} ${single.length === 1 ? 'is' : 'are'} "single" and the rest "bundle". Expected one layout for all.`,
      fix: 'Use one layout; "bundle" changes all values at once and costs one request instead of many.',
    }
  })

/** A part of an identity can't work: the workload would start with a user and without its password. */
export const identitiesAreWhollyOptionalOrNot: Rule = ({ catalogue }) =>
  identities(catalogue.secrets).flatMap(([identity, secrets]) => {
    const optional = secrets.filter((secret) => secret.optional).map((secret) => secret.variable)
    if (optional.length === 0 || optional.length === secrets.length) return []
    return {
      code: 'OPTIONAL_IN_REQUIRED_IDENTITY',
      where: `catalogue identity "${identity}"`,
      message: `${quoted(optional)} ${optional.length === 1 ? 'is' : 'are'} optional and the rest required. Expected all or none.`,
      fix: 'Make the whole identity optional or required.',
    }
  })

/** They are disabled together: an identity of which half still works is not disabled. */
export const identitiesHaveOneOverlap: Rule = ({ catalogue }) =>
  identities(withOrigins(catalogue.secrets)).flatMap(([identity, secrets]) => {
    const overlaps = [...new Set(secrets.map(({ overlap }) => overlap ?? 'none'))].sort()
    if (overlaps.length < 2) return []
    return {
      code: 'IDENTITY_WITH_TWO_OVERLAPS',
      where: `catalogue identity "${identity}"`,
      message: `its values have the overlaps ${quoted(overlaps)}. Expected one for all.`,
      fix: 'Give all entries of the identity the same overlap, or none.',
    }
  })

/**
 * Adds up the largest value each format accepts, so that a bundle that passes can't exceed the limit later. What JSON
 * escapes (quotes, backslashes, line breaks) counts once: values are never all at their largest and full of such characters.
 */
export const bundlesFit: Rule = ({ catalogue }) =>
  identities(catalogue.secrets.filter((secret) => secret.layout === 'bundle')).flatMap(([identity, secrets]) => {
    const bytes = secrets.reduce(
      (sum, secret) => sum + secret.variable.length + 6 + (formatDefinition(secret.format)?.maxBytes ?? 0),
      2,
    )
    if (bytes <= payloadLimit) return []
    return {
      code: 'BUNDLE_TOO_LARGE',
      where: `catalogue identity "${identity}"`,
      message: `its ${secrets.length} values may take ${bytes} bytes together. Expected at most ${payloadLimit}, Scaleway's limit for one version.`,
      fix: 'Split the identity, use layout "single", or give the values narrower formats.',
    }
  })

// --- internal ---

function identities(secrets: readonly SecretSpec[]): [string, SecretSpec[]][] {
  const named = secrets.filter((secret) => secret.identity !== undefined)
  return [...groupBy(named, (secret) => secret.identity ?? '')]
}
