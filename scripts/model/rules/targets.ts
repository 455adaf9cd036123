import { groupBy } from '../../lib/group.ts'
import { didYouMean } from '../../lib/nearest.ts'
import type { Problem } from '../../lib/problems.ts'
import { namesOf } from '../names.ts'
import { existsIn, keyOf } from '../specs.ts'
import { type TargetTypeDefinition, targetTypeDefinition, targetTypes } from '../target-types.ts'
import { mainTargetName, namesOfTarget, secretNames } from '../targets.ts'
import type { Catalogue, SecretSpec, TargetSpec } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { atSecret, atTier, quoted, type Rule } from './rule.ts'

/** Source: Kubernetes, pkg/apis/core/validation, `IsConfigMapKey`. `__proto__` would vanish from every JavaScript object. */
const secretKey = /^(?!\.\.|\.$|__proto__$)[-._a-zA-Z0-9]{1,253}$/

/** Its name is a part of the name of a Secret; `main` is what `reads` calls the target that has no name. */
export const targetsAreNamed: Rule = ({ catalogue }) =>
  everyTarget(catalogue).flatMap(({ tier, name, where, entries }) => {
    if (name === mainTargetName || !kubernetesName.test(name)) {
      return {
        code: 'TARGET_NAME_INVALID',
        where,
        message: `the target is named "${name}". Expected lowercase letters, digits and hyphens, with a letter or digit at both ends, and not "${mainTargetName}", which is the target of entries that name none.`,
        fix: 'Rename the target, also in the entries that name it.',
      }
    }
    const { required, optional } = namesOfTarget(tier, name)
    const secret = entries.some((entry) => entry.optional) ? optional : required
    if (secret.length <= nameLimit) return []
    return {
      code: 'NAME_TOO_LONG',
      where,
      message: `the Secret "${secret}" has ${secret.length} characters. Expected at most ${nameLimit}.`,
      fix: 'Shorten the name of the target or of the tier.',
    }
  })

/** Two ExternalSecrets that write one Secret would take its keys from each other. */
export const targetSecretsAreApart: Rule = ({ catalogue, environments }) => {
  const spec = Object.values(environments)[0]
  if (!spec) return []
  return Object.entries(catalogue.tiers).flatMap(([tier, { targets }]) => {
    const names = secretNames(tier, namesOf(catalogue, tier, spec), targets)
    const twice = [...new Set(names.filter((name, index) => names.indexOf(name) !== index))]
    return twice.map((name) => ({
      code: 'TARGET_NAMES_COLLIDE',
      where: atTier(tier),
      message: `Secret "${name}" would hold two of its targets, or a target and its Scaleway key. Expected a Secret for each, and one for its optional entries.`,
      fix: 'Rename a target.',
    }))
  })
}

export const targetTypesAreAllowed: Rule = ({ catalogue }) =>
  everyTarget(catalogue)
    .filter(({ spec: { type = 'Opaque' } }) => targetTypeDefinition(type) === undefined)
    .map(({ where, spec: { type = '' } }) => {
      const types = Object.keys(targetTypes)
      return {
        code: 'TARGET_TYPE_INVALID',
        where,
        message: `the type is "${type}".${didYouMean(type, types)} Expected one of: ${types.join(', ')}.`,
        fix: 'Use one of the types listed; others give rights, or nothing reads them.',
      }
    })

/** A target of another tier is a Secret in another namespace. */
export const entriesNameTheirTargets: Rule = ({ catalogue }) =>
  catalogue.secrets.flatMap((secret) => {
    const { tier, target } = secret
    const own = Object.keys(catalogue.tiers[tier]?.targets ?? {})
    if (target === undefined || own.includes(target) || catalogue.tiers[tier] === undefined) return []
    const expected =
      own.length === 0
        ? `Expected no target, because tier "${tier}" has only its main one.`
        : `Expected one of the targets of tier "${tier}": ${quoted(own)}, or none for the main one.`
    const owner = Object.keys(catalogue.tiers).find((name) =>
      Object.hasOwn(catalogue.tiers[name]?.targets ?? {}, target),
    )
    return {
      code: owner ? 'TARGET_OF_ANOTHER_TIER' : 'TARGET_UNKNOWN',
      where: atSecret(secret),
      message: owner
        ? `the target "${target}" belongs to tier "${owner}". ${expected}`
        : `there is no target "${target}".${didYouMean(target, own)} ${expected}`,
      fix: owner
        ? `Add a target to tier "${tier}", or move the entry to tier "${owner}".`
        : `Correct the target, or add it to the tier: targets: { ${JSON.stringify(target)}: {} }.`,
    }
  })

export const keysAreValid: Rule = ({ catalogue }) =>
  catalogue.secrets
    .filter(({ key }) => key !== undefined && !secretKey.test(key))
    .map((secret) => ({
      code: 'KEY_INVALID',
      where: atSecret(secret),
      message:
        'the key is not one that a Secret can have. Expected 1 to 253 letters, digits, dots, hyphens and underscores, and no two dots first.',
      fix: 'Correct the key, or leave it out: the key is then the variable.',
    }))

/** The second would silently win, also where one is optional: `envFrom` reads both Secrets of a target. */
export const keysAreUniquePerTarget: Rule = ({ catalogue }) =>
  [...groupBy(catalogue.secrets, (secret) => `${secret.tier} ${secret.target} ${keyOf(secret)}`).values()].flatMap(
    ([first, ...others]) =>
      others
        .filter((secret) => first !== undefined && secret.variable !== first.variable)
        .map((secret) => ({
          code: 'DUPLICATE_KEY',
          where: atSecret(secret),
          message: `its key "${keyOf(secret)}" is also that of "${first?.variable}" in the same target. Expected each key once in a target.`,
          fix: 'Give one of them another key, or another target.',
        })),
  )

/** Without its keys the API server refuses a Secret of a type, in each environment that has any entry of it. */
export const typedTargetsHaveTheirKeys: Rule = ({ catalogue, environments }) =>
  typedTargets(catalogue).flatMap(({ where, spec, type, entries }) => {
    const problems = Object.keys(environments).flatMap((environment) => {
      const here = entries.filter((secret) => existsIn(secret, environment))
      const keys = here.filter((secret) => !secret.optional).map(keyOf)
      const missing = type.keys.filter((key) => !keys.includes(key))
      const fits = type.needs === 'each' ? missing.length === 0 : missing.length < type.keys.length
      return here.length === 0 || fits ? [] : [{ environment, missing }]
    })
    const [first] = problems
    if (!first) return []
    const everywhere = problems.length === Object.keys(environments).length
    const places = everywhere ? '' : ` in ${quoted(problems.map(({ environment }) => environment))}`
    const wanted = type.keys.map((key) => `"${key}"`).join(type.needs === 'each' ? ' and ' : ' or ')
    return {
      code: 'TARGET_KEY_MISSING',
      where,
      message: `is of type ${spec.type}, and no required entry of it has the key ${first.missing.map((key) => `"${key}"`).join(' or ')}${places}. Expected required entries with the ${type.keys.length === 1 ? 'key' : 'keys'} ${wanted}, because Kubernetes refuses the Secret without.`,
      fix: `Add an entry, or name the key of one: key: '${first.missing[0]}'.`,
    }
  })

/** What reads a key of a type expects one form. */
export const typedKeysHaveTheirFormat: Rule = ({ catalogue }) =>
  typedTargets(catalogue).flatMap(({ spec, type, entries }) =>
    entries.flatMap((secret) => {
      const format = Object.hasOwn(type.formats, keyOf(secret)) ? type.formats[keyOf(secret)] : undefined
      if (format === undefined || format === secret.format) return []
      return {
        code: 'TARGET_KEY_FORMAT',
        where: atSecret(secret),
        message: `its key "${keyOf(secret)}" is in a target of type ${spec.type}, and its format is "${secret.format}". Expected the format "${format}".`,
        fix: `Use format: '${format}', or another key.`,
      }
    }),
  )

/** Such a Secret is whole or is not there at all. */
export const typedTargetsAreWhole: Rule = ({ catalogue }) =>
  typedTargets(catalogue)
    .filter(({ type }) => !type.takesOptional)
    .flatMap(({ name, spec, entries }) =>
      entries
        .filter(({ optional }) => optional)
        .map((secret) => ({
          code: 'OPTIONAL_IN_TYPED_TARGET',
          where: atSecret(secret),
          message: `is optional, and in the target "${name}" of type ${spec.type}. Expected required entries alone: such a Secret has all of its keys or is not there.`,
          fix: 'Remove optional, or name the environments that have it, or choose another target.',
        })),
    )

/** One ExternalSecret reads a bundle, and writes one Secret. */
export const bundlesLieInOneTarget: Rule = ({ catalogue }) => {
  const bundled = catalogue.secrets.filter(({ layout, identity }) => layout === 'bundle' && identity !== undefined)
  return [...groupBy(bundled, ({ tier, identity }) => `${tier} ${identity}`).values()].flatMap((secrets) => {
    const targets = [...new Set(secrets.map(({ target = mainTargetName }) => target))].sort()
    if (targets.length < 2) return []
    return {
      code: 'BUNDLE_IN_TWO_TARGETS',
      where: `catalogue identity "${secrets[0]?.identity}"`,
      message: `its bundle is for the targets ${quoted(targets)}. Expected one target for a bundle.`,
      fix: 'Give all its entries one target, or use layout "single".',
    }
  })
}

/** Nothing is made of a target without entries; most often its name is mistyped in one of the two places. */
export const targetsHaveEntries: Rule = ({ catalogue }) =>
  everyTarget(catalogue)
    .filter(({ entries }) => entries.length === 0)
    .map(({ name, where }) => ({
      code: 'TARGET_EMPTY',
      where,
      message: 'no entry names this target, so that no Secret is made of it. Expected at least one entry.',
      fix: `Name it in the entries it is for: target: '${name}'; or remove it.`,
      severity: 'warning',
    }))

// --- internal ---

interface NamedTarget {
  readonly tier: string
  readonly name: string
  readonly where: Problem['where']
  readonly spec: TargetSpec
  readonly entries: readonly SecretSpec[]
}

function everyTarget({ tiers, secrets }: Catalogue): NamedTarget[] {
  return Object.entries(tiers).flatMap(([tier, { targets = {} }]) =>
    Object.entries(targets).map(([name, spec]) => ({
      tier,
      name,
      spec,
      where: `${atTier(tier)} target "${name}"`,
      entries: secrets.filter((secret) => secret.tier === tier && secret.target === name),
    })),
  )
}

function typedTargets(catalogue: Catalogue): (NamedTarget & { readonly type: TargetTypeDefinition })[] {
  return everyTarget(catalogue).flatMap((target) => {
    const type = targetTypeDefinition(target.spec.type ?? 'Opaque')
    return type ? [{ ...target, type }] : []
  })
}
