import { groupBy } from '../../lib/group.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { periodSeconds } from '../duration.ts'
import { formatDefinition, plainFormatNames } from '../formats.ts'
import { gjsonPath, namesOf, remoteRef } from '../names.ts'
import { remoteNameOf } from '../specs.ts'
import type { Catalogue, Environments, SecretSpec } from '../types.ts'
import { atSecret, type Rule } from './rule.ts'

/** Longest path of a field in characters, with its backslashes. Admission refuses a longer one. */
const propertyLimit = 1000

/** Two entries that fill the same key: the second would silently win. */
export const variablesAreUniquePerTier: Rule = ({ catalogue }) =>
  repeated(catalogue.secrets, ({ tier, variable }) => `${tier} ${variable}`).map(({ first, secret }) => ({
    code: 'DUPLICATE_VARIABLE',
    where: atSecret(secret),
    message: `remote secret "${secret.remoteName}" fills the same variable as "${first.remoteName}". Expected one entry per variable in a tier.`,
    fix: 'Rename one variable, or move one secret to another tier.',
  }))

/** A remote secret readable by two tiers breaks the boundary. */
export const remoteRefsBelongToOneTier: Rule = ({ catalogue, environments }) =>
  byRemoteRef(catalogue, environments).flatMap(([ref, secrets]) => {
    const first = secrets[0]
    const other = secrets.find((secret) => secret.tier !== first?.tier)
    if (!first || !other) return []
    return {
      code: 'SHARED_REMOTE_REF',
      where: atSecret(other),
      message: `${ref} is also read by tier "${first.tier}" (${first.variable}). Expected each remote secret in one tier.`,
      fix: 'Store the value once for each tier, with separate credentials where the service allows it.',
    }
  })

/** Two variables that read the same value are nearly always a copied line; one remote secret can't have two shapes. */
export const remoteSecretsHaveOneShape: Rule = ({ catalogue, environments }) =>
  byRemoteRef(catalogue, environments).flatMap(([ref, secrets]) => {
    const shape = (secret: SecretSpec) =>
      secret.layout === 'bundle' ? 'a bundle' : secret.property ? 'JSON with fields' : 'a whole value'
    const first = secrets[0]
    const other = secrets.find((secret) => first && shape(secret) !== shape(first))
    if (!first) return []
    if (other) {
      return {
        code: 'REMOTE_SHAPE_CONFLICT',
        where: atSecret(other),
        message: `${ref} is ${shape(other)} here and ${shape(first)} for "${first.variable}". Expected one shape for a remote secret.`,
        fix: 'Give one of them another remote name (or its bundle another identity).',
      }
    }
    if (first.layout === 'bundle') return []
    return repeated(secrets, (secret) => gjsonPath(secret.property ?? [])).map(({ first, secret }) => ({
      code: 'REPEATED_REMOTE_REF',
      where: atSecret(secret),
      message: `reads the same value as "${first.variable}": ${ref}. Expected a separate remote secret.`,
      fix: 'Correct the remote name, unless both variables really hold one value.',
      severity: 'warning' as const,
    }))
  })

/** `bundle` needs an identity, which names the remote secret; a JSON field needs `single`. */
export const layoutsAreComplete: Rule = ({ catalogue }) =>
  catalogue.secrets.flatMap((secret) => {
    const problems: Problem[] = []
    if (secret.layout === 'bundle' && secret.identity === undefined) {
      problems.push({
        code: 'BUNDLE_WITHOUT_IDENTITY',
        where: atSecret(secret),
        message: 'the layout is "bundle" and there is no identity. Expected an identity, which names the bundle.',
        fix: 'Add identity, or use layout "single".',
      })
    }
    if (secret.layout === 'bundle' && secret.property !== undefined) {
      problems.push({
        code: 'PROPERTY_IN_BUNDLE',
        where: atSecret(secret),
        message: 'has a property and the layout "bundle". Expected one of them: a bundle has one key per variable.',
        fix: 'Remove property, or use layout "single".',
      })
    }
    if (secret.property?.length === 0 || secret.property?.includes('')) {
      problems.push({
        code: 'PROPERTY_EMPTY',
        where: atSecret(secret),
        message: 'the property has an empty segment or none. Expected the path of a JSON field, such as ["password"].',
        fix: 'Name the field, or leave property out to read the whole value.',
      })
    }
    const path = gjsonPath(secret.property ?? [])
    if (secret.property?.includes('__proto__')) {
      problems.push({
        code: 'PROPERTY_INVALID',
        where: atSecret(secret),
        message:
          'the property has a segment "__proto__", which much of what reads JSON leaves out. Expected a name that is data everywhere, such as ["password"].',
        fix: 'Rename the field in the JSON value.',
      })
    }
    if (path.length > propertyLimit || /[\p{Cc}\p{Surrogate}]/u.test(path)) {
      problems.push({
        code: 'PROPERTY_INVALID',
        where: atSecret(secret),
        message: `the property has a control character or half a character, or more than ${propertyLimit} characters. Expected the path of a JSON field, such as ["password"].`,
        fix: 'Rename the field in the JSON value.',
      })
    }
    return problems
  })

/** The compiler reports it first; this is for catalogues that are not type-checked. */
export const formatsExist: Rule = ({ catalogue }) =>
  catalogue.secrets
    .filter((secret) => formatDefinition(secret.format) === undefined)
    .map((secret) => ({
      code: 'FORMAT_UNKNOWN',
      where: atSecret(secret),
      message: `there is no format "${secret.format}".${didYouMean(secret.format, plainFormatNames())} Expected one of: ${plainFormatNames().join(', ')}, "exactly N characters", "exactly N bytes", "at least N characters".`,
      fix: 'Use one of the formats listed.',
    }))

export const tiersExist: Rule = ({ catalogue }) => {
  const tiers = Object.keys(catalogue.tiers)
  return catalogue.secrets
    .filter(({ tier }) => !tiers.includes(tier))
    .map((secret) => ({
      code: 'TIER_UNKNOWN',
      where: atSecret(secret),
      message: `there is no tier "${secret.tier}".${didYouMean(secret.tier, tiers)} Expected one of: ${tiers.join(', ')}.`,
      fix: 'Correct the tier, or add it to the tiers of the catalogue.',
    }))
}

/** An entry without an environment, or with an unknown one, is never delivered. */
export const environmentListsAreReachable: Rule = ({ catalogue, environments }) => {
  const names = Object.keys(environments)
  return catalogue.secrets.flatMap((secret) => {
    if (secret.environments === undefined) return []
    if (secret.environments.length === 0) {
      return {
        code: 'ENVIRONMENTS_EMPTY',
        where: atSecret(secret),
        message: 'the list of environments is empty. Expected at least one, or no list for all of them.',
        fix: 'Add an environment, or delete the entry.',
      }
    }
    return secret.environments
      .filter((environment) => !names.includes(environment))
      .map((environment) => ({
        code: 'ENVIRONMENT_UNKNOWN',
        where: atSecret(secret),
        message: `there is no environment "${environment}".${didYouMean(environment, names)} Expected one of: ${names.join(', ')}.`,
        fix: 'Correct the list, or add the environment to scripts/environments.ts.',
      }))
  })
}

export const rotationsArePeriods: Rule = ({ catalogue }) =>
  catalogue.secrets
    .filter(({ rotation }) => rotation !== undefined && !/^[1-9]\d*d$/.test(rotation))
    .map((secret) => ({
      code: 'ROTATION_INVALID',
      where: atSecret(secret),
      message: `the rotation is "${secret.rotation}". Expected a number of days, such as 180d.`,
      fix: 'Correct the period, or leave it out.',
    }))

/** An old value that is valid as long as the new one would make the rotation useless. */
export const overlapsArePeriods: Rule = ({ catalogue }) =>
  catalogue.secrets.flatMap((secret) => {
    const { overlap, rotation } = secret
    if (overlap === undefined) return []
    const seconds = periodSeconds(overlap)
    const longest = rotation === undefined ? undefined : periodSeconds(rotation)
    const problem = { where: atSecret(secret), fix: 'Correct the period, or leave it out.' }
    if (seconds === undefined || seconds === 0) {
      const message = `the overlap is "${overlap}". Expected days or a Go duration, such as 7d or 36h.`
      return [{ ...problem, code: 'OVERLAP_INVALID', message }]
    }
    if (longest === undefined || longest === 0 || seconds < longest) return []
    const message = `the overlap is "${overlap}" and the rotation "${rotation}". Expected an overlap that ends before the next rotation.`
    return [{ ...problem, code: 'OVERLAP_TOO_LONG', message }]
  })

// --- internal ---

/** Each entry that repeats the key of an earlier one, with the first one. */
function repeated(
  secrets: readonly SecretSpec[],
  key: (secret: SecretSpec) => string,
): { readonly first: SecretSpec; readonly secret: SecretSpec }[] {
  return [...groupBy(secrets, key).values()].flatMap(([first, ...others]) =>
    first ? others.map((secret) => ({ first, secret })) : [],
  )
}

function byRemoteRef(catalogue: Catalogue, environments: Environments): [string, SecretSpec[]][] {
  const spec = Object.values(environments)[0]
  if (!spec) return []
  const paths = new Map(Object.keys(catalogue.tiers).map((tier) => [tier, namesOf(catalogue, tier, spec).remotePath]))
  return [...groupBy(catalogue.secrets, (s) => remoteRef(paths.get(s.tier) ?? `/${s.tier}`, remoteNameOf(s)))]
}
