import { groupBy } from '../../lib/group.ts'
import { gjsonPath } from '../names.ts'
import type { SecretSpec } from '../types.ts'
import { atSecret, type Rule } from './rule.ts'

/**
 * A field inside of another one of the catalogue: each write of one would change the other, and a field that holds an
 * object can't be given as a text of its own at the same time.
 */
export const propertiesAreApart: Rule = ({ catalogue }) => {
  const withFields = catalogue.secrets.filter(({ property, layout }) => property && layout !== 'bundle')
  return [...groupBy(withFields, ({ tier, remoteName }) => `${tier} ${remoteName}`).values()].flatMap((secrets) =>
    secrets.flatMap((secret) => {
      const outer = secrets.find((other) => meet(other, secret) && isInside(secret, other))
      if (!outer) return []
      return {
        code: 'PROPERTY_OVERLAPS',
        where: atSecret(secret),
        message: `the field ${pathOf(secret)} is a part of ${pathOf(outer)}, which is "${outer.variable}". Expected fields of "${secret.remoteName}" that do not hold each other.`,
        fix: 'Read the whole field, or its parts, and not both.',
      }
    }),
  )
}

// --- internal ---

const pathOf = ({ property = [] }: SecretSpec) => gjsonPath(property)

/** Whether an environment has both. */
function meet({ environments: some }: SecretSpec, { environments: others }: SecretSpec): boolean {
  return !some || !others || some.some((environment) => others.includes(environment))
}

function isInside({ property: inner = [] }: SecretSpec, { property: outer = [] }: SecretSpec): boolean {
  return outer.length > 0 && outer.length < inner.length && outer.every((segment, index) => segment === inner[index])
}
