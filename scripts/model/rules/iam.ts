import { groupBy } from '../../lib/group.ts'
import { namesOf } from '../names.ts'
import type { Application } from '../types.ts'
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
 * the key of one reads the secrets of the other.
 */
export const iamApplicationsAreApart: Rule = (application) =>
  [...groupBy(applications(application), ({ account, name }) => `${account} ${name}`).values()].flatMap((uses) => {
    const second = uses[1]
    if (!second) return []
    return {
      code: 'IAM_APPLICATION_SHARED',
      where: atEnvironment(second.environment),
      message: `the IAM application "${second.name}" is used by ${quoted(uses.map(({ owner }) => owner))}. Expected an application for each: a key has all rights of its application.`,
      fix: 'Set iamApplications in scripts/environments.ts, or use an organization for each environment.',
    }
  })

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
  /** The organization, where it is known; else the environment, which may have one of its own. */
  readonly account: string
  readonly environment: string
  readonly owner: string
  readonly name: string
}

function applications({ catalogue, environments }: Application): ApplicationUse[] {
  return Object.entries(environments).flatMap(([environment, spec]) =>
    Object.keys(catalogue.tiers).map((tier) => ({
      account: spec.organizationId ?? environment,
      environment,
      owner: `${environment}/${tier}`,
      name: namesOf(catalogue, tier, spec).iamApplication,
    })),
  )
}
