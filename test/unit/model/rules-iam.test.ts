import { describe, expect, test } from 'vitest'
import { checkApplication } from '../../../scripts/model/rules/index.ts'
import type { EnvironmentSpec, TierSpec } from '../../../scripts/model/types.ts'
import { type ApplicationParts, applicationWith, environment, projects } from '../../helpers/applications.ts'
import { pasteFix } from '../../helpers/paste-fix.ts'
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
        'one IAM application is used twice: "shop" by "dev/web" and "dev/api". Expected an application for each: a key has all rights of its application.',
    },
  ],
  accepts: { environments: { dev: environment({ iamApplications: { web: 'shop one', api: 'shop two' } }) } },
})

/** Nothing is said of its organization, and no IAM applications are made up for it. */
const unsaid = { organizationId: undefined } as unknown as Partial<EnvironmentSpec>

const twoEnvironments = (live: Partial<EnvironmentSpec>, dev: Partial<EnvironmentSpec> = { organizationId }) => ({
  environments: {
    dev: environment({ ...unsaid, ...dev }),
    live: environment({ ...unsaid, kubeContext: 'shop-live', projectId: projects.other, ...live }),
  },
})
const tooMany = 'Expected an application for each: a key has all rights of its application.'

ruleTest('two environments of one organization need IAM applications of their own', {
  refuses: twoEnvironments({ organizationId, iamApplications: { web: 'shop-live-web' } }),
  telling: [
    {
      code: 'IAM_APPLICATION_SHARED',
      where: 'environment "dev"',
      message: `one IAM application is used twice: "shop-api-secrets" by "live/api" and "dev/api". ${tooMany}`,
    },
  ],
  accepts: twoEnvironments({ organizationId, iamApplications: { web: 'shop-live-web', api: 'shop-live-api' } }),
})

for (const [which, dev] of [
  ['neither says its organization', {}],
  ['one says its organization', { organizationId }],
] as const) {
  ruleTest(`two environments may be in one organization where ${which}`, {
    refuses: twoEnvironments({}, dev),
    telling: [
      {
        code: 'IAM_APPLICATION_SHARED',
        where: 'environment "dev"',
        message: `one IAM application is used twice in what may be one Scaleway organization: "shop-web-secrets" by "live/web" and "dev/web", "shop-api-secrets" by "live/api" and "dev/api". ${tooMany}`,
      },
    ],
    accepts: twoEnvironments({}, { ...dev, iamApplications: { web: 'shop-dev-web', api: 'shop-dev-api' } }),
  })
}

test('two organizations may use the same names', () => {
  const other = { organizationId: 'c3f0a961-8d27-4b14-9e5d-60b8f1a2e7d4' }
  expect(checkApplication(applicationWith(twoEnvironments(other)))).toEqual([])
})

test('production keeps its names, wherever it is written down, and else the first', () => {
  const told = (...names: string[]) =>
    checkApplication(
      applicationWith({
        environments: Object.fromEntries(
          names.map((name, index) => [
            name,
            environment({
              ...unsaid,
              kubeContext: name,
              projectId: `${index}${projects.dev.slice(1)}`,
            }),
          ]),
        ),
      }),
    ).map(({ where }) => where)
  expect(told('staging', 'production')).toEqual(['environment "staging"'])
  expect(told('production', 'staging')).toEqual(['environment "staging"'])
  expect(told('one', 'two', 'three')).toEqual(['environment "three"', 'environment "two"'])
})

describe('what the fix shows can be pasted, and then nothing is shared', () => {
  const three = (spec: Partial<EnvironmentSpec>, ...names: string[]) =>
    Object.fromEntries(
      names.map((name, index) => [
        name,
        environment({
          ...unsaid,
          kubeContext: name,
          projectId: `${index}${projects.dev.slice(1)}`,
          ...spec,
        }),
      ]),
    )
  const tier: TierSpec = { description: 'One of many', workloads: {} }
  const long = 'night-jobs-of-the-warehouse-that-nobody-sees'
  test.each<[string, ApplicationParts]>([
    ['three environments', { environments: three({}, 'staging', 'preview', 'production') }],
    ['names that are built of the same parts', { environments: three({}, 'live', 'a', 'a-web') }],
    [
      'a name that another tier has already',
      {
        environments: {
          ...three({}, 'live', 'dev'),
          extra: environment({
            projectId: projects.other,
            kubeContext: 'x',
            iamApplications: { web: 'shop-dev-web-secrets', api: 'shop-dev-api-secrets' },
          }),
        },
      },
    ],
    [
      'a name of its own is kept',
      { environments: { ...three({}, 'live'), dev: environment({ iamApplications: { web: 'mine' } }) } },
    ],
    [
      'names at the limit',
      {
        tiers: { [`${long}-a`]: tier, [`${long}-b`]: tier },
        environments: three({}, 'production', 'a-long-name-of-staging'),
      },
    ],
    [
      'one name for all tiers of all environments',
      { environments: three({ iamApplications: { web: 'x', api: 'x' } }, 'dev', 'test', 'live') },
    ],
  ])('%s', (_, parts) => {
    const application = applicationWith(parts)
    const problems = checkApplication(application)
    expect(problems.length).toBeGreaterThan(0)
    expect(new Set(problems.map(({ code }) => code))).toEqual(new Set(['IAM_APPLICATION_SHARED']))
    const mended = problems.reduce(pasteFix, application)
    expect(checkApplication(mended)).toEqual([])
  })

  test('as one line', () => {
    const [problem] = checkApplication(applicationWith({ environments: three({}, 'staging', 'production') }))
    expect(problem?.fix).toBe(
      "Set `iamApplications: { web: 'shop-staging-web-secrets', api: 'shop-staging-api-secrets' }` at environment \"staging\" in scripts/environments.ts, or organizationId at each of them where they are in different organizations.",
    )
  })
})

for (const keyLifetime of ['90', '0d', '3 months', '99999d']) {
  ruleTest(`${keyLifetime} is not a lifetime of a key`, {
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
