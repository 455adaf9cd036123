import { groupBy } from '../../lib/group.ts'
import { shortList } from '../../lib/short-list.ts'
import { namesOf } from '../names.ts'
import { mayShareOrganization, type OrganizationName } from '../organizations.ts'
import type { EnvironmentSpec } from '../types.ts'
import { byRight, literal, ownIamApplications } from './own-names.ts'
import { atEnvironment, quoted, type Rule } from './rule.ts'

/** Source: Scaleway SDK, validation rules of IAM. */
const iamName = /^[a-zA-Z0-9()._\- ]{1,64}$/

export const iamApplicationNamesAreValid: Rule = ({ environments }) =>
  Object.entries(environments).flatMap(([environment, { iamApplications = {} }]) =>
    Object.entries(iamApplications)
      .filter(([, name]) => !iamName.test(name))
      .map(([tier, name]) => ({
        code: 'IAM_NAME_INVALID',
        where: `${atEnvironment(environment)} iamApplications.${tier}`,
        message: `the IAM application is "${name}". Expected at most 64 letters, digits, spaces and ()._-.`,
        fix: 'Correct the name.',
      })),
  )

/**
 * A key has all rights of its application. With one application for two tiers, or for two environments of one organization,
 * the key of one reads the secrets of the other. The policies have the names of their applications.
 */
export const iamApplicationsAreApart: Rule = ({ catalogue, environments }) => {
  const uses = byRight(environments).flatMap(([environment, spec]) =>
    Object.keys(catalogue.tiers).map((tier): ApplicationUse => {
      const { iamApplication: name } = namesOf(catalogue, tier, spec)
      return { environment, spec, tier, name }
    }),
  )
  const taken = new Set(uses.map(({ name }) => name))
  const clashes = uses.flatMap((use, index) => {
    const first = uses
      .slice(0, index)
      .find(({ name, spec }) => name === use.name && mayShareOrganization(spec, use.spec))
    return first ? [{ ...use, first }] : []
  })
  return [...groupBy(clashes, ({ environment }) => environment)].map(([environment, own]) => {
    const spec = environments[environment]
    const tiers = own.map(({ tier }) => tier)
    const names = { ...spec?.iamApplications, ...ownIamApplications(catalogue.application, environment, tiers, taken) }
    const isUnsure = own.some(({ first }) => first.environment !== environment && !isKnown(first.spec, { ...spec }))
    const shared = own.map(
      ({ tier, name, first }) => `"${name}" by ${quoted([ownerOf(first), `${environment}/${tier}`])}`,
    )
    return {
      code: 'IAM_APPLICATION_SHARED',
      where: atEnvironment(environment),
      message: `one IAM application is used twice${isUnsure ? ' in what may be one Scaleway organization' : ''}: ${shortList(shared)}. Expected an application for each: a key has all rights of its application.`,
      fix: `Set \`iamApplications: ${literal(names)}\` at environment "${environment}" in scripts/environments.ts${isUnsure ? ', or organizationId at each of them where they are in different organizations' : ''}.`,
    }
  })
}

export const keyLifetimesAreDays: Rule = ({ environments }) =>
  Object.entries(environments)
    .filter(([, { keyLifetime }]) => keyLifetime !== undefined && !/^[1-9]\d{0,3}d$/.test(keyLifetime))
    .map(([environment, { keyLifetime }]) => ({
      code: 'KEY_LIFETIME_INVALID',
      where: atEnvironment(environment),
      message: `the lifetime of its keys is "${keyLifetime}". Expected a number of days, such as 90d.`,
      fix: 'Correct keyLifetime, or leave it out: keys are then valid for 90 days.',
    }))

// --- internal ---

interface ApplicationUse {
  readonly environment: string
  readonly spec: EnvironmentSpec
  readonly tier: string
  readonly name: string
}

function ownerOf({ environment, tier }: ApplicationUse): string {
  return `${environment}/${tier}`
}

/** Whether it is certain that they are in one organization. */
function isKnown(...specs: readonly OrganizationName[]): boolean {
  return specs.every(({ organizationId }) => organizationId !== undefined)
}
