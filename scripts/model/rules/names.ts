import type { Problem } from '../../lib/problems.ts'
import { namesOf, releaseNames } from '../names.ts'
import { remoteNameOf } from '../specs.ts'
import type { EnvironmentSpec } from '../types.ts'
import { atEnvironment, atSecret, atTier, type Rule } from './rule.ts'

/** A DNS-1123 label: the form of a namespace and, for safety, of every other name. */
export const kubernetesName = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/
/** Longest DNS-1123 label, in characters. */
export const nameLimit = 63
/** Longest name of a release. Source: Helm, `helm install` refuses more. */
export const releaseLimit = 53
/**
 * One segment of a Scaleway path, and a Scaleway name. Source: Scaleway documentation, Secret Manager concepts. Dots alone
 * are not a name here: a server may read `..` as the folder above.
 */
const scalewaySegment = /^(?!\.+$)[A-Za-z0-9._-]{1,255}$/
/** `__proto__` would vanish from every JavaScript object. */
const environmentVariable = /^(?!__proto__$)[A-Za-z_][A-Za-z0-9_]*$/

/** The application, tiers and environments give names to Kubernetes objects, files and IAM applications. */
export const baseNamesAreValid: Rule = ({ catalogue, environments }) => {
  const bases = [
    { where: 'catalogue', what: 'application', name: catalogue.application },
    ...Object.keys(catalogue.tiers).map((name) => ({ where: atTier(name), what: 'tier', name })),
    ...Object.keys(environments).map((name) => ({ where: atEnvironment(name), what: 'environment', name })),
  ]
  return bases
    .filter(({ name }) => !kubernetesName.test(name))
    .map(({ where, what, name }) => ({
      code: 'KUBERNETES_NAME_INVALID',
      where,
      message: `the ${what} is named "${name}". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
      fix: `Rename the ${what}.`,
    }))
}

/** Every derived Kubernetes name, in every environment: valid, and at most 63 characters. */
export const derivedNamesAreValid: Rule = ({ catalogue, environments }) => {
  const problems = [
    ...releaseName('catalogue', catalogue.application, 'application'),
    ...Object.entries(environments).flatMap(([name, spec]) => [...environmentName(name), ...baseName(name, spec)]),
  ]
  const seen = new Set<string>()
  for (const [environment, spec] of Object.entries(environments)) {
    for (const tier of Object.keys(catalogue.tiers)) {
      const { remotePath: _, ...names } = namesOf(catalogue, tier, spec)
      for (const [kind, name] of Object.entries(names)) {
        // What IAM takes is checked with its other rules.
        if (kind === 'iamApplication' && spec.iamApplications?.[tier] !== undefined) continue
        const { where, isOverridden, made } = originOf(kind, environment, spec, tier)
        if (seen.has(`${where} ${name}`)) continue
        seen.add(`${where} ${name}`)
        if (name.length > nameLimit) {
          problems.push(tooLong(where, words(kind), name, nameLimit, made))
        } else if (isOverridden && !kubernetesName.test(name)) {
          problems.push({
            code: 'KUBERNETES_NAME_INVALID',
            where,
            message: `the namespace is "${name}". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
            fix: 'Correct the name of the namespace.',
          })
        }
      }
    }
  }
  return problems
}

/** A variable is a key of the target Secret, a field of a template, and an environment variable of a process. */
export const variablesAreValid: Rule = ({ catalogue }) =>
  catalogue.secrets
    .filter(({ variable }) => !environmentVariable.test(variable) || variable.length > 253)
    .map((secret) => ({
      code: 'VARIABLE_INVALID',
      where: atSecret(secret),
      message: `the variable is not a valid key. Expected at most 253 letters, digits and underscores, and no digit first.`,
      fix: 'Rename the variable.',
    }))

/** Scaleway refuses other characters, and a `/` in a name would be read as a folder. */
export const remoteNamesAreValid: Rule = ({ catalogue }) =>
  catalogue.secrets
    .filter((secret) => !scalewaySegment.test(secret.remoteName) || !scalewaySegment.test(remoteNameOf(secret)))
    .map((secret) => ({
      code: 'REMOTE_NAME_INVALID',
      where: atSecret(secret),
      message: `the remote secret is named "${invalid(secret.remoteName, remoteNameOf(secret))}". Expected 1 to 255 letters, digits, dots, underscores and hyphens, without a slash, and not dots only.`,
      fix: 'Correct the remote name; the folder comes from the tier, not from the name.',
    }))

/** Scaleway strips a trailing slash silently, after which no reference matches; an empty segment matches nothing. */
export const remotePathsAreValid: Rule = ({ catalogue, environments }) => {
  const spec = Object.values(environments)[0]
  if (!spec) return []
  return Object.keys(catalogue.tiers).flatMap((tier) => {
    const { remotePath } = namesOf(catalogue, tier, spec)
    const [root, ...segments] = remotePath.split('/')
    const fact =
      root !== ''
        ? 'does not begin with a slash'
        : segments.length === 1 && segments[0] === ''
          ? 'is the root folder, which every tier would share'
          : segments.at(-1) === ''
            ? 'ends with a slash'
            : segments.includes('')
              ? 'has an empty segment'
              : segments.some((segment) => !scalewaySegment.test(segment))
                ? 'has a segment that is too long, is dots only, or has a character Scaleway does not allow'
                : undefined
    if (!fact) return []
    return {
      code: 'REMOTE_PATH_INVALID',
      where: atTier(tier),
      message: `the remote path "${remotePath}" ${fact}. Expected /segment/segment, each of 1 to 255 letters, digits, dots, underscores and hyphens.`,
      fix: 'Correct remotePath, or leave it out to use the convention.',
    }
  })
}

// --- internal ---

/** What a derived name is made of, and where that is written. */
function originOf(kind: string, environment: string, { namespaces, baseName }: EnvironmentSpec, tier: string) {
  const at = atEnvironment(environment)
  const isOverridden = kind === 'namespace' && namespaces?.[tier] !== undefined
  if (isOverridden) return { where: `${at} namespaces.${tier}`, isOverridden, made: 'namespace' }
  if (kind !== 'namespace' || baseName === undefined)
    return { where: atTier(tier), isOverridden, made: 'application or of the tier' }
  return { where: `${at} baseName`, isOverridden, made: 'base or of the tier' }
}

function releaseName(where: string, base: string, shorten: string): Problem[] {
  const { name } = releaseNames(base)
  return name.length <= releaseLimit ? [] : [tooLong(where, 'release', name, releaseLimit, shorten)]
}

function baseName(environment: string, { baseName }: EnvironmentSpec): Problem[] {
  if (baseName === undefined) return []
  const where = `${atEnvironment(environment)} baseName`
  if (kubernetesName.test(baseName)) return releaseName(where, baseName, 'base')
  return [
    {
      code: 'KUBERNETES_NAME_INVALID',
      where,
      message: `is "${baseName}". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
      fix: 'Correct the base of its names.',
    },
  ]
}

/** The environment is a label of every object. */
function environmentName(name: string): Problem[] {
  return name.length <= nameLimit ? [] : [tooLong(atEnvironment(name), 'environment', name, nameLimit, 'environment')]
}

function tooLong(where: string, what: string, name: string, limit: number, shorten: string): Problem {
  return {
    code: 'NAME_TOO_LONG',
    where,
    message: `the ${what} "${name}" has ${name.length} characters. Expected at most ${limit}.`,
    fix: `Shorten the name of the ${shorten}.`,
  }
}

function invalid(...names: readonly string[]): string {
  return names.find((name) => !scalewaySegment.test(name)) ?? ''
}

/** `credentialsSecret` → `credentials secret`; as users know it, where the word alone would say nothing. */
function words(key: string): string {
  const known: Partial<Record<string, string>> = {
    required: 'Secret',
    optional: 'Secret of the optional entries',
    iamApplication: 'IAM application',
  }
  return known[key] ?? key.replace(/[A-Z]/g, (letter) => ` ${letter.toLowerCase()}`)
}
