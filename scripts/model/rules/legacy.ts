import { groupBy } from '../../lib/group.ts'
import type { Problem } from '../../lib/problems.ts'
import { clusterKey } from '../clusters.ts'
import { namesOf } from '../names.ts'
import { legacyOf } from '../specs.ts'
import { secretNames } from '../targets.ts'
import type { LegacySpec } from '../types.ts'
import { kubernetesName, nameLimit } from './names.ts'
import { atEnvironment, quoted, type Rule } from './rule.ts'

/** A DNS-1123 subdomain: the allowed name of a Secret. */
const secretName = /^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/
const secretNameLimit = 253

export const legacyNamesAreValid: Rule = ({ catalogue, environments }) => {
  const own = Object.entries(environments).map(([environment, { legacy }]) => ({
    where: `${atEnvironment(environment)} legacy`,
    legacy: legacy === 'none' ? undefined : legacy,
  }))
  return [{ where: 'catalogue legacy', legacy: catalogue.legacy }, ...own].flatMap(({ where, legacy }) =>
    legacy ? nameProblems(where, legacy) : [],
  )
}

/** The old Secret would be overwritten by what the migration makes. */
export const legacySecretsAreApart: Rule = ({ catalogue, environments }) =>
  Object.entries(environments).flatMap(([environment, spec]) => {
    const legacy = legacyOf(catalogue, spec)
    if (!legacy) return []
    return Object.entries(catalogue.tiers).flatMap(([tier, { targets }]) => {
      const names = namesOf(catalogue, tier, spec)
      if (names.namespace !== legacy.namespace || !secretNames(tier, names, targets).includes(legacy.secret)) return []
      return {
        code: 'LEGACY_IS_NEW',
        where: atEnvironment(environment),
        message: `the old Secret ${legacy.namespace}/${legacy.secret} has the name of a Secret of tier "${tier}". Expected another name.`,
        fix: 'Correct legacy, or first copy the old Secret to another name and use that.',
      }
    })
  })

/** One environment would be filled with the values of another. */
export const legacySecretsAreNobodyElses: Rule = ({ catalogue, environments }) => {
  const uses = Object.entries(environments).flatMap(([environment, spec]) => {
    const legacy = legacyOf(catalogue, spec)
    return legacy ? [{ environment, place: `${legacy.namespace}/${legacy.secret}`, spec }] : []
  })
  return [
    ...groupBy(uses, ({ place, spec }) => `${place} ${clusterKey(spec, Object.values(environments))}`).values(),
  ].flatMap((users) => {
    const second = users[1]
    if (!second) return []
    return {
      code: 'LEGACY_SHARED',
      where: atEnvironment(second.environment),
      message: `the old Secret ${second.place} of kube context "${second.spec.kubeContext}" is used by ${quoted(users.map((use) => use.environment))}. Expected a separate old Secret for each.`,
      fix: "Set legacy in scripts/environments.ts, to 'none' for an environment that never had one.",
    }
  })
}

// --- internal ---

function nameProblems(where: string, { namespace, secret }: LegacySpec): Problem[] {
  const problems: Problem[] = []
  if (!kubernetesName.test(namespace) || namespace.length > nameLimit)
    problems.push({
      code: 'LEGACY_NAME_INVALID',
      where,
      message: `the namespace is "${namespace}". Expected at most ${nameLimit} lowercase letters, digits and hyphens, with a letter or digit at both ends.`,
      fix: 'Correct the name of the namespace.',
    })
  if (!secretName.test(secret) || secret.length > secretNameLimit)
    problems.push({
      code: 'LEGACY_NAME_INVALID',
      where,
      message: `the Secret is "${secret}". Expected at most ${secretNameLimit} lowercase letters, digits, dots and hyphens, with a letter or digit at both ends.`,
      fix: 'Correct the name of the Secret.',
    })
  return problems
}
