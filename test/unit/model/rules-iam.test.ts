import { expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import { applicationWith, environment, projects } from '../../helpers/applications.ts'
import { ruleTest } from '../../helpers/rules.ts'

const organizationId = '9b1d7c52-30f8-4e6a-b5c9-71f2a8e4d603'

ruleTest('an IAM application has a name Scaleway takes', {
  refuses: { environments: { dev: environment({ iamApplications: { web: 'shop/web' } }) } },
  telling: [
    {
      code: 'IAM_NAME_INVALID',
      where: 'environment "dev" iamApplications.web',
      message: 'the IAM application is "shop/web". Expected at most 64 letters, digits, spaces and ()._-.',
    },
  ],
  accepts: { environments: { dev: environment({ iamApplications: { web: 'Shop (web) dev' } }) } },
})

ruleTest('two tiers with one IAM application have each the rights of both', {
  refuses: { environments: { dev: environment({ iamApplications: { web: 'shop', api: 'shop' } }) } },
  telling: [
    {
      code: 'IAM_APPLICATION_SHARED',
      where: 'environment "dev"',
      message:
        'the IAM application "shop" is used by "dev/web" and "dev/api". Expected an application for each: a key has all rights of its application.',
    },
  ],
  accepts: { environments: { dev: environment({ iamApplications: { web: 'shop one', api: 'shop two' } }) } },
})

const twoEnvironments = (live: Parameters<typeof environment>[0]) => ({
  environments: {
    dev: environment({ organizationId }),
    live: environment({ kubeContext: 'shop-live', projectId: projects.other, ...live }),
  },
})

ruleTest('two environments of one organization need IAM applications of their own', {
  refuses: twoEnvironments({ organizationId, iamApplications: { web: 'shop-live-web' } }),
  telling: [
    {
      code: 'IAM_APPLICATION_SHARED',
      where: 'environment "live"',
      message:
        'the IAM application "shop-api-secrets" is used by "dev/api" and "live/api". Expected an application for each: a key has all rights of its application.',
    },
  ],
  accepts: twoEnvironments({ organizationId, iamApplications: { web: 'shop-live-web', api: 'shop-live-api' } }),
})

test('two organizations may use the same names', () => {
  const other = { organizationId: 'c3f0a961-8d27-4b14-9e5d-60b8f1a2e7d4' }
  expect(checkApplication(applicationWith(twoEnvironments(other)))).toEqual([])
})

for (const keyLifetime of ['90', '0d', '3 months', '99999d']) {
  ruleTest(`${keyLifetime} is no lifetime of a key`, {
    refuses: { environments: { dev: environment({ keyLifetime: keyLifetime as '1d' }) } },
    telling: [
      {
        code: 'KEY_LIFETIME_INVALID',
        where: 'environment "dev"',
        message: `the lifetime of its keys is "${keyLifetime}". Expected a number of days, such as 90d.`,
      },
    ],
    accepts: { environments: { dev: environment({ keyLifetime: '30d' }) } },
  })
}

for (const field of ['iamApplications', 'sealedCredentials', 'access'] as const) {
  const value = { iamApplications: 'shop-x', sealedCredentials: { accessKey: 'A', secretKey: 'B' }, access: {} }[field]
  ruleTest(`${field} names only tiers`, {
    refuses: { environments: { dev: environment({ [field]: { wep: value } }) } },
    telling: [
      {
        code: 'TIER_UNKNOWN',
        where: `environment "dev" ${field}`,
        message: 'there is no tier "wep". Did you mean "web"? Expected one of: web, api.',
      },
    ],
    accepts: { environments: { dev: environment({ [field]: { web: value } }) } },
  })
}
